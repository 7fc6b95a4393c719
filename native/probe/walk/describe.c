/* Resolves ids to tokens, types and modules, while the runtime is suspended.
 *
 * A FunctionID is a pointer into the runtime. It is valid while the frame is on its stack, and that is certain only during the pause: afterwards, a
 * dynamic method can be collected and a collectible load context unloaded. So everything that needs only the pointer is read here; these calls only
 * read the runtime's structures. Calls that take the runtime's locks (IL maps, metadata) wait until after the resume, while the code is kept alive
 * (hold.c). */
#include "walk/capture.h"

enum { MAX_ARGS = 32, MAX_TYPE_DEPTH = 32, MAX_NAME = 512 };

uint32_t blob_add(capture *c, const void *bytes, uint32_t length)
{
    uint32_t offset = sf_table_add_many(&c->blob, length);
    if (offset != SF_NONE)
        memcpy(sf_table_at(&c->blob, offset), bytes, length);
    return offset;
}

/* Called for each frame of the walk: only looks up the function, to keep the walk short. */
uint32_t describe_function(capture *c, clr_id function)
{
    uint32_t *known = sf_index_find(&c->function_index, function);
    if (*known != 0)
        return *known - 1;
    uint32_t index = sf_table_add(&c->functions);
    if (index == SF_NONE)
        return SF_NONE;
    sf_table_add(&c->function_work);
    ((sf_function *)sf_table_at(&c->functions, index))->function_id = function;
    *known = index + 1;
    return index;
}

static uint32_t describe_module(capture *c, clr_id module)
{
    if (module == 0)
        return SF_NONE;
    uint32_t *known = sf_index_find(&c->module_index, module);
    if (*known != 0)
        return *known - 1;
    uint32_t index = sf_table_add(&c->modules);
    if (index == SF_NONE)
        return SF_NONE;
    sf_table_add(&c->module_work);
    *known = index + 1;

    sf_module *m = sf_table_at(&c->modules, index);
    m->module_id = module;
    m->path_offset = m->image_offset = m->symbols_offset = SF_NONE;
    static clr_char path[4096];
    uint32_t length = 0, flags = 0;
    uintptr_t base = 0;
    clr_id assembly = 0;
    if (FAILED(info_module(c->runtime.info, module, &base, sizeof path / sizeof *path, &length, path, &assembly, &flags)))
        return index;
    m->base_address = base;
    m->assembly_id = assembly;
    m->flags = (flags & COR_PRF_MODULE_DISK ? SF_MODULE_ON_DISK : 0)
             | (flags & COR_PRF_MODULE_DYNAMIC ? SF_MODULE_DYNAMIC : 0)
             | (flags & COR_PRF_MODULE_COLLECTIBLE ? SF_MODULE_COLLECTIBLE : 0)
             | (flags & COR_PRF_MODULE_FLAT_LAYOUT ? SF_MODULE_FLAT : 0);
    if (length > 1 && length <= sizeof path / sizeof *path) {
        m->path_length = (length - 1) * 2;
        m->path_offset = blob_add(c, path, m->path_length);
    }
    return index;
}

/* The types are a tree, but the ids come from the runtime's memory and are not trusted: the depth is limited. What is left out is marked, because
 * code with unknown types may be freed (hold.c). */
static uint32_t describe_types(capture *c, const clr_id *ids, uint32_t count, int depth, bool *incomplete)
{
    uint32_t start = sf_table_add_many(&c->type_args, count);
    *incomplete |= start == SF_NONE;
    if (start == SF_NONE)
        return SF_NONE;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t type = describe_type(c, ids[i], depth + 1);
        *incomplete |= type == SF_NONE;
        *(uint32_t *)sf_table_at(&c->type_args, start + i) = type;
    }
    return start;
}

uint32_t describe_type(capture *c, clr_id cls, int depth)
{
    if (cls == 0 || depth > MAX_TYPE_DEPTH)
        return SF_NONE;
    uint32_t *known = sf_index_find(&c->type_index, cls);
    if (*known != 0)
        return *known - 1;
    uint32_t index = sf_table_add(&c->types);
    if (index == SF_NONE)
        return SF_NONE;
    *known = index + 1;
    type_work *work = sf_table_at(&c->type_work, sf_table_add(&c->type_work));

    sf_type type = { .class_id = cls, .module = SF_NONE };
    clr_id module = 0, parent = 0, element = 0, args[MAX_ARGS];
    uint32_t count = 0, kind = 0;
    if (info_array_class(c->runtime.info, cls, &kind, &element, &type.rank) == S_OK) {
        type.flags = SF_TYPE_ARRAY;
        type.arg_start = describe_types(c, &element, 1, depth, &work->incomplete);
        type.arg_count = type.arg_start == SF_NONE ? 0 : 1;
    } else if (FAILED(info_class(c->runtime.info, cls, &module, &type.token, &parent, MAX_ARGS, &count, args))) {
        type.flags = SF_TYPE_UNKNOWN;
        work->incomplete = true;
    } else {
        type.module = describe_module(c, module);
        work->incomplete = count > MAX_ARGS || type.module == SF_NONE;
        if (count > MAX_ARGS)
            count = MAX_ARGS;
        type.arg_start = describe_types(c, args, count, depth, &work->incomplete);
        type.arg_count = type.arg_start == SF_NONE ? 0 : count;
    }
    *(sf_type *)sf_table_at(&c->types, index) = type;
    return index;
}

static void describe_dynamic(capture *c, sf_function *f)
{
    static clr_char name[MAX_NAME];
    const uint8_t *signature = NULL;
    uint32_t size = 0, length = 0;
    clr_id module = 0;
    f->flags |= SF_FUNCTION_DYNAMIC;
    if (FAILED(info_dynamic(c->runtime.info, f->function_id, &module, &signature, &size, MAX_NAME, &length, name)))
        return;
    if (length > MAX_NAME)
        length = MAX_NAME;
    if (length > 1) {
        f->name_length = (length - 1) * 2;
        f->name_offset = blob_add(c, name, f->name_length);
    }
    if (signature && size > 0 && size <= MAX_NAME && (f->signature_offset = sf_table_add_many(&c->blob, size)) != SF_NONE
        && sf_read(signature, sf_table_at(&c->blob, f->signature_offset), size))
        f->signature_length = size;
    else
        f->signature_offset = SF_NONE;
}

/* The type for which a method was compiled: its MethodDesc is in a chunk, at a distance that the MethodDesc contains, and the chunk begins with the
 * type. */
static void types_of_methods(const capture *c, uint32_t first, uint32_t count, uintptr_t *types)
{
    const layout *k = &c->runtime.layout;
    const sf_function *functions = sf_table_at(&c->functions, first);
    uint8_t indexes[SF_READ_MANY];
    sf_read_item items[SF_READ_MANY];
    for (uint32_t i = 0; i < count; i++)
        items[i] = (sf_read_item){ functions[i].function_id + k->method.index, &indexes[i], sizeof *indexes, false };
    sf_read_many(items, count);
    for (uint32_t i = 0; i < count; i++) {
        uintptr_t chunk = functions[i].function_id - k->method.chunk_bytes - indexes[i] * sizeof *types;
        items[i] = (sf_read_item){ items[i].ok ? chunk + k->method.chunk_type : 0, &types[i], sizeof *types, false };
    }
    sf_read_many(items, count);
    for (uint32_t i = 0; i < count; i++)
        types[i] = items[i].ok ? types[i] : 0;
}

uintptr_t type_of_method(const capture *c, uintptr_t method)
{
    const layout *k = &c->runtime.layout;
    uintptr_t type;
    uint8_t index;
    return layout_knows(k, LAYOUT_METHODS) && plausible(method) && sf_read((const void *)(method + k->method.index), &index, sizeof index)
        && sf_read_pointer(method - k->method.chunk_bytes - index * sizeof method + k->method.chunk_type, &type) && plausible(type) && is_type(k, type)
        ? type : 0;
}

/* For code that instantiations share, the profiling API of .NET 8 and 9 returns no type. But if one of its types is collectible, so is the code, so
 * the type must be known. The runtime's memory contains it. It is used only if it is right for every method whose type the API returns. */
static void find_owners(capture *c)
{
    uintptr_t types[SF_READ_MANY];
    uint32_t shared = 0, right = 0;
    function_work *work = sf_table_at(&c->function_work, 0);
    for (uint32_t i = 0; i < c->functions.count; i++)
        shared += work[i].incomplete && work[i].type == 0;
    if (shared == 0 || !layout_knows(&c->runtime.layout, LAYOUT_METHODS))
        return;
    for (uint32_t first = 0; first < c->functions.count; first += SF_READ_MANY) {
        uint32_t count = c->functions.count - first < SF_READ_MANY ? c->functions.count - first : SF_READ_MANY;
        if (is_late(c)) {
            c->result.flags |= SF_INFO_TABLES_TRUNCATED;
            return;
        }
        types_of_methods(c, first, count, types);
        for (uint32_t i = 0; i < count; i++) {
            if (work[first + i].type != 0 && work[first + i].type != types[i])
                return;
            right += work[first + i].type != 0;
            work[first + i].compiled_for = types[i];
        }
    }
    for (uint32_t i = 0; i < c->functions.count && right > 0; i++) {
        if (!work[i].incomplete || work[i].type != 0)
            continue;
        if (is_late(c)) {
            c->result.flags |= SF_INFO_TABLES_TRUNCATED;
            return;
        }
        work[i].owner = describe_type(c, work[i].compiled_for, 0);
        work[i].incomplete = work[i].args_incomplete || work[i].owner == SF_NONE;
    }
}

void describe_functions(capture *c)
{
    enum { LOOK_AT_CLOCK = 64 };
    bool late = false;
    for (uint32_t i = 0; i < c->functions.count; i++) {
        sf_function *f = sf_table_at(&c->functions, i);
        function_work *work = sf_table_at(&c->function_work, i);
        if (work->described)
            continue;
        work->described = true;
        work->owner = SF_NONE;
        f->module = f->declaring_type = f->name_offset = f->type_name_offset = f->signature_offset = SF_NONE;
        if (i % LOOK_AT_CLOCK == LOOK_AT_CLOCK - 1)
            late = late || is_late(c);
        if (late) {
            work->incomplete = true;
            c->result.flags |= SF_INFO_TABLES_TRUNCATED;
            continue;
        }
        int32_t dynamic = 0;
        if (!FAILED(info_is_dynamic(c->runtime.info, f->function_id, &dynamic)) && dynamic) {
            describe_dynamic(c, f);
            continue;
        }
        clr_id cls = 0, module = 0, args[MAX_ARGS];
        uint32_t count = 0;
        if (FAILED(info_function(c->runtime.info, f->function_id, &cls, &module, &f->token, MAX_ARGS, &count, args)))
            continue;
        f->module = describe_module(c, module);
        f->declaring_type = describe_type(c, cls, 0);
        work->type = cls;
        if (count > MAX_ARGS) {
            f->flags |= SF_FUNCTION_ARGS_TRUNCATED;
            count = MAX_ARGS;
            work->args_incomplete = true;
        }
        f->type_arg_start = describe_types(c, args, count, 0, &work->args_incomplete);
        f->type_arg_count = f->type_arg_start == SF_NONE ? 0 : count;
        if (f->type_arg_start == SF_NONE)
            f->type_arg_start = 0;
        work->incomplete = work->args_incomplete || f->declaring_type == SF_NONE;
    }
    find_owners(c);
}
