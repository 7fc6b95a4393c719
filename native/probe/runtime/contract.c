/* The runtime's data contract: offsets and addresses that the runtime publishes for debuggers (.NET 9 and later).
 *
 * Every number comes from the descriptor of the runtime that the probe is in; there is none of ours but one, which is checked in each
 * capture before it is used (describe.c). What is found with them is
 * read through sf_read, so that a number that means something else than we think costs a name and not the process. */
#define _GNU_SOURCE
#include "capture.h"

#include <dlfcn.h>
#include <stdlib.h>

/* glibc 2.34 moved these from libdl into libc, under new versions. The old ones are still there, and are the only ones that the older
 * systems have which .NET runs on; they find them in libdl, which the runtime has loaded. */
#if defined(__GLIBC__) && (defined(__x86_64__) || defined(__aarch64__))
#ifdef __x86_64__
#define FIRST_VERSION "GLIBC_2.2.5"
#else
#define FIRST_VERSION "GLIBC_2.17"
#endif
__asm__(".symver dladdr,dladdr@" FIRST_VERSION);
__asm__(".symver dlclose,dlclose@" FIRST_VERSION);
__asm__(".symver dlopen,dlopen@" FIRST_VERSION);
__asm__(".symver dlsym,dlsym@" FIRST_VERSION);
#endif

#define CONTRACT_MAGIC 0x0043414443434E44ull /* "DNCCDAC" */

typedef struct descriptor {
    uint64_t magic;
    uint32_t flags;
    uint32_t size;
    const char *json;
    uint32_t pointer_count;
    uint32_t pad;
    const uintptr_t *pointers;
} descriptor;

static const descriptor *find_descriptor(void *info)
{
    static const char name[] = "DotNetRuntimeContractDescriptor";
    /* A single-file executable has the runtime linked in and exports the symbol itself; otherwise it is the library that the
     * profiling interface's code is in. */
    const descriptor *d = dlsym(RTLD_DEFAULT, name);
    Dl_info where, found;
    if (!dladdr(**(void ***)info, &where))
        return NULL;
    if (!d && where.dli_fname) {
        void *library = dlopen(where.dli_fname, RTLD_LAZY | RTLD_NOLOAD);
        if (library) {
            d = dlsym(library, name);
            dlclose(library);
        }
    }
    /* There may be another runtime in the process, whose offsets are not this one's. */
    if (!d || !dladdr(d, &found) || found.dli_fbase != where.dli_fbase)
        return NULL;
    return d->magic == CONTRACT_MAGIC && d->size > 0 ? d : NULL;
}

/* The descriptor is JSON in its compact form: "types":{"Thread":{"Id":16,"GCHandle":[304,"GCHandle"],…},…},"globals":{…}. */
static const char *after_key(const char *in, const char *end, const char *key)
{
    size_t n = strlen(key);
    for (const char *p = in; p && (p = memchr(p, '"', (size_t)(end - p))); p++)
        if ((size_t)(end - p) > n + 3 && !memcmp(p + 1, key, n) && p[n + 1] == '"' && p[n + 2] == ':')
            return p + n + 3;
    return NULL;
}

static const char *object_end(const char *p, const char *end)
{
    int depth = 0;
    for (; p < end; p++) {
        depth += (*p == '{') - (*p == '}');
        if (depth == 0)
            return p;
    }
    return end;
}

static bool number(const char *p, const char *end, uint32_t *value)
{
    while (p < end && (*p == '[' || *p == '"' || *p == ' ')) /* a number of its own is a string: "0x8" */
        p++;
    if (p >= end || *p < '0' || *p > '9')
        return false;
    *value = (uint32_t)strtoul(p, NULL, 0);
    return *value < 1 << 16;
}

/* The value of a variable that a global of the contract is the address of. */
static bool variable(const descriptor *d, const char *globals, const char *end, const char *name, uintptr_t *value)
{
    uint32_t index;
    const char *at = globals ? after_key(globals, end, name) : NULL;
    return at && number(at, end, &index) && index < d->pointer_count && sf_read_pointer(d->pointers[index], value);
}

static bool field(const char *types, const char *end, const char *type, const char *name, uint32_t *offset)
{
    /* A field of another type may have the type's name. */
    const char *in = types;
    do
        in = in ? after_key(in, end, type) : NULL;
    while (in && *in != '{');
    if (!in)
        return false;
    const char *close = object_end(in, end);
    const char *value = after_key(in, close, name);
    return value && number(value, close, offset);
}

void contract_find(capture *c)
{
    contract *k = &c->contract;
    /* As in .NET 8, which does not say. Describing functions begins with a check of these. */
    k->method_chunk_index = 2;
    k->chunk_bytes = 24;
    k->chunk_type = 0;
    const descriptor *d = find_descriptor(c->info);
    if (!d)
        return;
    const char *end = d->json + d->size;
    const char *types = after_key(d->json, end, "types");
    const char *globals = after_key(d->json, end, "globals");
    k->present = field(types, end, "Thread", "Id", &k->thread_id)
        && field(types, end, "Thread", "OSId", &k->thread_os_id)
        && field(types, end, "Thread", "State", &k->thread_state)
        && field(types, end, "Thread", "GCHandle", &k->thread_handle)
        && field(types, end, "Thread", "Frame", &k->thread_frame)
        && field(types, end, "String", "m_FirstChar", &k->string_chars)
        && field(types, end, "String", "m_StringLength", &k->string_length)
        && variable(d, globals, end, "StringMethodTable", &k->string_type);
    if (!k->present)
        return;
    c->result.flags |= SF_INFO_CONTRACT;
    /* Zero is no valid offset for these: it stands for "this runtime does not say". */
    if (!field(types, end, "Thread", "ExceptionTracker", &k->thread_exception)
        || !field(types, end, "ExceptionInfo", "ThrownObject", &k->exception_object))
        k->thread_exception = 0;
    if (!field(types, end, "Module", "LoaderAllocator", &k->module_loader))
        k->module_loader = 0;
    if (!field(types, end, "Module", "GrowableSymbolStream", &k->module_symbols)
        || !field(types, end, "CGrowableSymbolStream", "Buffer", &k->symbols_buffer)
        || !field(types, end, "CGrowableSymbolStream", "Size", &k->symbols_size))
        k->module_symbols = 0;
    if (!field(types, end, "MethodTable", "EEClassOrCanonMT", &k->type_class) || !field(types, end, "EEClass", "MethodTable", &k->class_type))
        k->class_type = 0;
    static const char *const interrupted[INTERRUPTED_KINDS] = { "ResumableFrameIdentifier", "RedirectedThreadFrameIdentifier", "HijackFrameIdentifier" };
    for (int i = 0; i < INTERRUPTED_KINDS; i++) {
        const char *value = after_key(globals, end, interrupted[i]);
        if (!value || !number(value, end, &k->interrupted[i]))
            k->interrupted[i] = 0;
    }
    uint32_t index, bytes, type, entry;
    const char *table = after_key(globals, end, "SyncTableEntries");
    if (table && number(table, end, &index) && index < d->pointer_count && field(types, end, "SyncTableEntry", "!", &entry)
        && entry == SYNC_ENTRY_BYTES && variable(d, globals, end, "ObjectMethodTable", &k->object_type)
        && field(types, end, "MethodTable", "BaseSize", &k->type_size) && field(types, end, "MethodTable", "ParentMethodTable", &k->type_parent)
        && field(types, end, "MethodTable", "Module", &k->type_module) && field(types, end, "MethodTable", "MTFlags", &k->type_flags))
        k->sync_table = d->pointers[index];
    uintptr_t store;
    uint32_t first;
    if (field(types, end, "Thread", "PreemptiveGCDisabled", &k->thread_cooperative) && field(types, end, "Thread", "LinkNext", &k->thread_link)
        && field(types, end, "ThreadStore", "FirstThreadLink", &first) && variable(d, globals, end, "ThreadStore", &store))
        k->first_thread = store + first;
    if (!field(types, end, "Module", "TypeDefToMethodTableMap", &k->module_types) || !field(types, end, "ModuleLookupMap", "TableData", &k->map_table)
        || !field(types, end, "MethodTable", "MTFlags2", &k->type_flags2) || !variable(d, globals, end, "AppDomain", &k->app_domain))
        k->module_types = 0;
    if (!field(types, end, "MethodTable", "NumInterfaces", &k->type_interfaces))
        k->type_interfaces = 0;
    if (!field(types, end, "Thread", "ThreadLocalDataPtr", &k->thread_local_data))
        k->thread_local_data = 0;
    if (field(types, end, "MethodDesc", "ChunkIndex", &index) && field(types, end, "MethodDescChunk", "!", &bytes)
        && field(types, end, "MethodDescChunk", "MethodTable", &type)) {
        k->method_chunk_index = index;
        k->chunk_bytes = bytes;
        k->chunk_type = type;
    }
}
