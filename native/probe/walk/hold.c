/* Keeps collectible code alive from the pause until it is resolved.
 *
 * The code of a collectible load context lives as long as a managed object, its LoaderAllocator, is reachable. A frame on a stack keeps it reachable,
 * so it exists during the pause. A strong handle that is created during the pause keeps it alive until the IL offsets are read. The runtime's Module
 * refers to its native LoaderAllocator, which has a weak handle of the managed one at an offset that is not in the contract. It is found by its
 * properties: it is the handle of an object that has a field that points back to the native LoaderAllocator. Code that cannot be held (.NET 8 has no
 * contract) is marked transient. It keeps its names but gets no IL offset. */
#include "runtime/image.h"
#include "walk/capture.h"

enum { MAX_SCOUT_WORDS = 8, MAX_SEARCHES = 8, MAX_TYPE_DEPTH = 64 };

/* The managed object refers to a "scout", whose only field is the address of the native LoaderAllocator. */
static uintptr_t object_of_handle(const layout *k, uintptr_t handle, clr_id loader)
{
    uintptr_t object, fields[MAX_SCOUT_WORDS], back;
    if (!plausible(handle) || !sf_read_pointer(handle, &object) || !plausible(object)
        || k->loader.scout_words > MAX_SCOUT_WORDS
        || !sf_read((void *)(object + sizeof object), fields, k->loader.scout_words * sizeof *fields))
        return 0;
    for (uint32_t i = 0; i < k->loader.scout_words; i++)
        if (plausible(fields[i]) && sf_read_pointer(fields[i] + k->loader.scout_loader, &back) && back == loader)
            return object;
    return 0;
}

static uintptr_t managed_loader(capture *c, clr_id loader)
{
    uintptr_t words[64], object;
    if (c->loader_handle_offset != 0 && sf_read_pointer(loader + c->loader_handle_offset, words)
        && (object = object_of_handle(&c->runtime.layout, words[0], loader)) != 0)
        return object;
    /* The program is paused: if the offset is not found, do not search a thousand loaders for it. */
    if (c->searches++ >= MAX_SEARCHES)
        return 0;
    for (uint32_t at = 0; at < c->runtime.layout.loader.bytes; at += sizeof words) {
        if (!sf_read((void *)(loader + at), words, sizeof words))
            return 0;
        for (uint32_t i = 0; i < sizeof words / sizeof *words; i++) {
            if ((object = object_of_handle(&c->runtime.layout, words[i], loader)) != 0) {
                c->loader_handle_offset = at + i * (uint32_t)sizeof *words;
                return object;
            }
        }
    }
    return 0;
}

static bool hold(capture *c, clr_id loader)
{
    for (uint32_t i = 0; i < c->held_count; i++)
        if (c->held_loaders[i] == loader)
            return true;
    if (!c->runtime.handles || c->held_count == MAX_HELD)
        return false;
    uintptr_t object = managed_loader(c, loader);
    void *handle = NULL;
    if (object == 0 || FAILED(info_create_handle(c->runtime.handles, object, COR_PRF_HANDLE_TYPE_STRONG, &handle)) || !handle)
        return false;
    c->held_loaders[c->held_count] = loader;
    c->held[c->held_count++] = handle;
    return true;
}

/* Each type is checked once: a small number of types can form a tree with very many paths. */
bool type_transient(capture *c, uint32_t index, int depth)
{
    if (index == SF_NONE)
        return false;
    const sf_type *type = sf_table_at(&c->types, index);
    type_work *work = sf_table_at(&c->type_work, index);
    if (work->state != TYPE_UNSEEN)
        return work->state == TYPE_TRANSIENT;
    work->state = TYPE_TRANSIENT; /* until all of its types are known to stay */
    if (work->incomplete || depth > MAX_TYPE_DEPTH
        || (type->module != SF_NONE && ((module_work *)sf_table_at(&c->module_work, type->module))->transient))
        return true;
    for (uint32_t i = 0; i < type->arg_count; i++)
        if (type_transient(c, *(uint32_t *)sf_table_at(&c->type_args, type->arg_start + i), depth + 1))
            return true;
    work->state = TYPE_LASTS;
    return false;
}

/* An instantiation is in the load context of one of its types, so all of them must be held. */
static bool function_transient(capture *c, uint32_t index)
{
    const sf_function *f = sf_table_at(&c->functions, index);
    const function_work *work = sf_table_at(&c->function_work, index);
    if (f->flags & SF_FUNCTION_DYNAMIC || f->module == SF_NONE || work->incomplete)
        return true;
    if (((module_work *)sf_table_at(&c->module_work, f->module))->transient || type_transient(c, f->declaring_type, 0)
        || type_transient(c, work->owner, 0))
        return true;
    for (uint32_t i = 0; i < f->type_arg_count; i++)
        if (type_transient(c, *(uint32_t *)sf_table_at(&c->type_args, f->type_arg_start + i), 0))
            return true;
    return false;
}

void hold_collectible(capture *c)
{
    for (uint32_t i = 0; i < c->modules.count; i++) {
        sf_module *module = sf_table_at(&c->modules, i);
        if (!(module->flags & SF_MODULE_COLLECTIBLE))
            continue;
        clr_id loader = 0;
        if (layout_knows(&c->runtime.layout, LAYOUT_COLLECTIBLE) && sf_read_pointer(module->module_id + c->runtime.layout.module.loader, &loader)
            && plausible(loader) && hold(c, loader))
            continue;
        ((module_work *)sf_table_at(&c->module_work, i))->transient = true;
        image_identify(module);
        if (is_late(c))
            module->flags |= SF_MODULE_IMAGE_TRUNCATED;
        else
            image_copy(c, module, true);
    }
    for (uint32_t i = 0; i < c->functions.count; i++)
        ((function_work *)sf_table_at(&c->function_work, i))->transient = function_transient(c, i);
}

void hold_release(capture *c)
{
    while (c->held_count > 0)
        info_destroy_handle(c->runtime.handles, c->held[--c->held_count]);
}
