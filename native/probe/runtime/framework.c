/* See framework.h. */
#include "runtime/framework.h"

#include "memory/memory.h"

enum { MAX_MODULES = 1 << 14, AT_ONCE = 16, PATH = 1024 };

static const char sockets[] = "System.Net.Sockets.dll", primitives[] = "System.Net.Primitives.dll", kestrel[] = "Microsoft.AspNetCore.Server.Kestrel.Core.dll",
    channels[] = "System.Threading.Channels.dll", of_channels[] = "System.Threading.Channels", hosting[] = "Microsoft.AspNetCore.Hosting.dll";

#define WAITERS { "_blockedReadersHead", "_blockedWritersHead", "_waitingReadersHead", "_waitingWritersHead" }

/* Those of one library are adjacent. */
static const framework_type known_types[FRAMEWORK_CLASSES] = {
    { .library = sockets, .space = "System.Net.Sockets", .name = "SocketAsyncEventArgs", .links = { "_currentSocket", "_remoteEndPoint" } },
    { .library = sockets, .space = "System.Net.Sockets", .name = "Socket", .links = { "_remoteEndPoint" } },
    { .library = sockets, .space = "System.Net.Sockets", .name = "UnixDomainSocketEndPoint", .texts = { "_path" } },
    { .library = primitives, .space = "System.Net", .name = "IPEndPoint", .links = { "_address" } },
    { .library = primitives, .space = "System.Net", .name = "IPAddress", .texts = { "_numbers" } },
    { .library = primitives, .space = "System.Net", .name = "DnsEndPoint", .texts = { "_host" } },
    /* A connection keeps these objects from one request to the next. */
    { .library = "Microsoft.AspNetCore.Http.dll", .space = "Microsoft.AspNetCore.Http", .name = "DefaultHttpContext", .in_use = "_active", .all_links = true, .walked = true },
    { .library = kestrel, .space = "Microsoft.AspNetCore.Server.Kestrel.Core.Internal.Http", .name = "HttpProtocol",
      .texts = { "<PathBase>k__BackingField", "<Path>k__BackingField", "_methodText" }, .all_links = true, .walked = true },
    { .library = hosting, .space = "", .name = "Context", .links = { "HttpActivityFeature" }, .walked = true },
    { .library = hosting, .space = "Microsoft.AspNetCore.Hosting", .name = "HttpActivityFeature", .links = { "<Activity>k__BackingField" } },
    { .library = "System.Threading.Tasks.Parallel.dll", .space = "", .name = "ForEachAsyncState`1", .of_methods = true, .walked = true },
    /* Before .NET 10, other objects than the operations are between a channel and who waits for it. */
    { .library = channels, .space = "System.Collections.Generic", .name = "Deque`1" },
    { .library = channels, .space = of_channels, .name = "BoundedChannel`1", .links = { "_items" }, .users = WAITERS, .walked = true },
    { .library = channels, .space = of_channels, .name = "RendezvousChannel`1", .users = WAITERS, .walked = true },
    { .library = channels, .space = of_channels, .name = "UnboundedChannel`1", .users = WAITERS, .walked = true },
    { .library = channels, .space = of_channels, .name = "UnboundedPrioritizedChannel`1", .users = WAITERS, .walked = true },
    { .library = channels, .space = of_channels, .name = "SingleConsumerUnboundedChannel`1", .users = { "_blockedReader", "_waitingReader" }, .walked = true },
    { .library = "System.Diagnostics.DiagnosticSource.dll", .space = "System.Diagnostics", .name = "Activity", .texts = { "_traceId" } },
};

static bool ends_with(const clr_char *path, uint32_t length, const char *name)
{
    uint32_t n = (uint32_t)strlen(name);
    if (length < n || (length > n && path[length - n - 1] != '/'))
        return false;
    for (uint32_t i = 0; i < n; i++)
        if (path[length - n + i] != (clr_char)name[i])
            return false;
    return true;
}

static uint32_t offset_of(const core_lib *library, const core_type *type, const char *name)
{
    core_field field = { .name = name };
    return name && core_find_field(library, type, &field) && field.offset != SF_NONE ? field.offset : 0;
}

static void find_in(const layout *k, void *info, clr_id module, framework_type *types, uint32_t count)
{
    core_lib library;
    core_type names[FRAMEWORK_CLASSES];
    /* The file may have been overwritten. */
    if (!module_open(k, info, module, &library) || library.type_count == 0
        || !sf_readable((uintptr_t)library.types, (uintptr_t)library.fields + (uintptr_t)library.field_count * library.field_bytes)
        || !sf_readable((uintptr_t)library.strings, (uintptr_t)library.strings + library.strings_size))
        return;
    for (uint32_t i = 0; i < count; i++)
        names[i] = (core_type){ .space = types[i].space, .name = types[i].name };
    core_find_types(&library, names, count);
    for (uint32_t i = 0; i < count; i++) {
        framework_type *type = &types[i];
        type->module = module;
        type->token = names[i].token;
        type->class = names[i].class;
        type->in_use_at = offset_of(&library, &names[i], type->in_use);
        for (int n = 0; n < FRAMEWORK_USERS; n++)
            type->users_at[n] = offset_of(&library, &names[i], type->users[n]);
        for (int n = 0; n < FRAMEWORK_TEXTS; n++)
            type->text_at[n] = offset_of(&library, &names[i], type->texts[n]);
        for (int n = 0; n < FRAMEWORK_LINKS; n++)
            type->link_at[n] = offset_of(&library, &names[i], type->links[n]);
    }
}

static void find_by_path(const layout *k, void *info, clr_id module, framework_type *types)
{
    clr_char path[PATH];
    clr_id assembly;
    uintptr_t base;
    uint32_t length = 0, flags = 0;
    if (FAILED(info_module(info, module, &base, PATH, &length, path, &assembly, &flags)) || length < 2 || length > PATH
        || flags & (COR_PRF_MODULE_COLLECTIBLE | COR_PRF_MODULE_DYNAMIC))
        return;
    for (uint32_t first = 0, next; first < FRAMEWORK_CLASSES; first = next) {
        for (next = first + 1; next < FRAMEWORK_CLASSES && types[next].library == types[first].library; next++)
            ;
        if (types[first].module == 0 && ends_with(path, length - 1, types[first].library)) /* the length includes the end */
            find_in(k, info, module, &types[first], next - first);
    }
}

/* The list of modules keeps none of them alive, and the runtime reads a module to tell whether it can be unloaded. One that cannot be belongs to the
 * same allocator as CoreLib; the memory of one that has gone says something else, or cannot be read. */
void framework_find(const layout *k, void *info, clr_id core, framework_type types[FRAMEWORK_CLASSES])
{
    void *modules = NULL;
    clr_id some[AT_ONCE];
    uintptr_t lasting, loader;
    uint32_t count = 0;
    memcpy(types, known_types, sizeof known_types);
    if (!layout_knows(k, LAYOUT_TYPE_MAP) || !layout_knows(k, LAYOUT_COLLECTIBLE) || !sf_read_pointer(core + k->module.loader, &lasting)
        || FAILED(info_modules(info, &modules)))
        return;
    for (uint32_t seen = 0; seen < MAX_MODULES && !FAILED(modules_next(modules, AT_ONCE, some, &count)) && count > 0; seen += count)
        for (uint32_t i = 0; i < count && i < AT_ONCE; i++)
            if (sf_read_pointer(some[i] + k->module.loader, &loader) && loader == lasting)
                find_by_path(k, info, some[i], types);
    clr_release(modules);
}
