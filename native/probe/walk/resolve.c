/* After the pause: addresses to IL offsets, modules to ids and images, names that only the runtime's metadata contains. */
#define _GNU_SOURCE
#include "runtime/image.h"
#include "walk/capture.h"

enum { MAX_BODIES = 32, MAX_RANGES = 8, MAX_MAP = 1 << 14, MAX_PLACES = 1 << 12, MAX_NAME = 1024, MAX_NESTING = 16 };

/* The runtime's marks for places without IL. */
enum { IL_NO_MAPPING = -1, IL_PROLOG = -2, IL_EPILOG = -3 };

static const guid iid_metadata_import = { 0x7DAC8207, 0xD3AE, 0x4C75, { 0x9B, 0x67, 0x92, 0x80, 0x1A, 0x49, 0x7D, 0x44 } };

/* The compiled body that contains an address (a method has one for each tier), and the offset in it. Offsets in parts that the compiler moved away
 * (cold code) continue after its end. */
static bool find_body(capture *c, clr_id function, clr_id rejit, uintptr_t address, uintptr_t *start, uint32_t *offset)
{
    uintptr_t starts[MAX_BODIES];
    code_range ranges[MAX_RANGES];
    uint32_t bodies = 0, count = 0;
    if (FAILED(info_bodies(c->runtime.info, function, rejit, MAX_BODIES, &bodies, starts)))
        return false;
    for (uint32_t i = 0; i < bodies && i < MAX_BODIES; i++) {
        if (FAILED(info_code_ranges(c->runtime.info, starts[i], MAX_RANGES, &count, ranges)))
            continue;
        size_t before = 0;
        for (uint32_t k = 0; k < count && k < MAX_RANGES; k++) {
            if (address >= ranges[k].start && address - ranges[k].start < ranges[k].size) {
                *start = starts[i];
                *offset = (uint32_t)(before + (address - ranges[k].start));
                return true;
            }
            before += ranges[k].size;
        }
    }
    return false;
}

static il_native_map map[MAX_MAP]; /* captures never overlap: the runtime attaches one profiler at a time */

/* The IL offset of a native offset: that of its range. A range without IL belongs to the preceding one, the prolog to the start of the method. */
static int32_t il_offset(uint32_t count, uint32_t offset)
{
    int32_t best = -1;
    uint32_t best_start = 0;
    for (uint32_t i = 0; i < count; i++) {
        int32_t il = (int32_t)map[i].il_offset;
        if (map[i].native_start > offset || (il < 0 && il != IL_PROLOG))
            continue;
        if (offset < map[i].native_end)
            return il == IL_PROLOG ? 0 : il;
        if (best < 0 || map[i].native_start >= best_start) {
            best = il == IL_PROLOG ? 0 : il;
            best_start = map[i].native_start;
        }
    }
    return best;
}

/* The IL offsets that a compiled body has places for, once for each body. The number of the list from 1; 0 if it is too long, or if there is no
 * room. */
static uint32_t il_places(capture *c, uintptr_t start, uint32_t count)
{
    uint32_t *known = sf_index_find(&c->body_index, start);
    if (*known != 0)
        return *known;
    uint32_t places = 0;
    for (uint32_t i = 0; i < count; i++)
        places += (int32_t)map[i].il_offset >= 0;
    uint32_t first = places > MAX_PLACES ? SF_NONE : sf_table_add_many(&c->il_places, 1 + places);
    if (first == SF_NONE)
        return 0;
    uint32_t *list = sf_table_at(&c->il_places, first);
    *list++ = places;
    for (uint32_t i = 0; i < count; i++)
        if ((int32_t)map[i].il_offset >= 0)
            *list++ = map[i].il_offset;
    return *known = first + 1;
}

/* The IL offset of the code after the range of a native offset; -1 if there is none. */
static int32_t next_il(uint32_t count, uint32_t offset)
{
    int32_t best = -1;
    uint32_t best_start = UINT32_MAX;
    for (uint32_t i = 0; i < count; i++)
        if (map[i].native_start > offset && map[i].native_start < best_start && (int32_t)map[i].il_offset >= 0) {
            best = (int32_t)map[i].il_offset;
            best_start = map[i].native_start;
        }
    return best;
}

static void find_il(capture *c, uintptr_t start, sf_frame *frame)
{
    uint32_t count = 0;
    hresult hr = info_il_map(c->runtime.info, start, MAX_MAP, &count, map);
    if (hr == CORPROF_E_DEBUGGING_DISABLED)
        c->result.flags |= SF_INFO_DEBUG_INFO_OFF;
    if (FAILED(hr) || count > MAX_MAP)
        return;
    frame->il_offset = il_offset(count, frame->native_offset);
    if (frame->il_offset < 0)
        return;
    frame->il_places = il_places(c, start, count);
    frame->il_next = (uint32_t)(next_il(count, frame->native_offset) + 1);
}

/* The IL offset at exactly this native offset: the runtime marks in this way where it suspends methods. The code around it performs the suspension
 * and belongs to no place in the method. */
static int32_t il_offset_at(capture *c, uintptr_t start, uint32_t offset)
{
    uint32_t count = 0;
    if (FAILED(info_il_map(c->runtime.info, start, MAX_MAP, &count, map)))
        return -1;
    for (uint32_t i = 0; i < count && i < MAX_MAP; i++)
        if (map[i].native_start == offset && (int32_t)map[i].il_offset >= 0)
            return (int32_t)map[i].il_offset;
    return -1;
}

static void resolve_frame(capture *c, sf_frame *frame)
{
    const sf_function *f = sf_table_at(&c->functions, frame->function);
    if (((function_work *)sf_table_at(&c->function_work, frame->function))->transient) {
        frame->flags |= SF_FRAME_OFFSET_LOST;
        return;
    }
    /* A return address is the instruction after the call, which can belong to the next line or be past the end of the method. */
    uintptr_t address = frame->flags & SF_FRAME_EXACT ? frame->address : frame->address - 1;
    clr_id function = 0, rejit = 0;
    if (FAILED(info_function_at(c->runtime.info, address, &function, &rejit)))
        rejit = 0;
    if (rejit != 0)
        frame->flags |= SF_FRAME_REJIT;
    uintptr_t start;
    if (!find_body(c, f->function_id, rejit, address, &start, &frame->native_offset))
        return;
    if (frame->flags & SF_FRAME_AWAIT)
        frame->il_offset = il_offset_at(c, start, frame->native_offset);
    else
        find_il(c, start, frame);
}

/* The key of the frame of a method that has no code on the stack: no code is at the address of its MethodDesc. */
static uint64_t key_of_call(const capture *c, uint32_t function) { return ((const sf_function *)sf_table_at(&c->functions, function))->function_id * 2; }

static uint32_t frame_of(capture *c, const raw_frame *raw)
{
    bool native = raw->function == SF_NONE;
    /* In a catch or finally block, the place in the block tells more than that in the try block. */
    uint64_t handler = raw->ip + (uint64_t)(int64_t)raw->handler;
    bool in_handler = !native && !raw->call && handler != raw->ip && follows_call(handler) && resolve_same_code(c, raw->function, raw->ip - 1, handler - 1);
    uint64_t ip = in_handler ? handler : raw->ip, key = native ? 0 : ip == 0 ? key_of_call(c, raw->function) : ip * 2 + (raw->exact != 0);
    uint32_t *known = sf_index_find(&c->frame_index, key);
    if (*known != 0)
        return *known - 1;
    uint32_t index = sf_table_add(&c->frames);
    if (index == SF_NONE)
        return SF_NONE;
    *known = index + 1;
    sf_frame *frame = sf_table_at(&c->frames, index);
    frame->function = raw->function;
    frame->il_offset = -1;
    if (native) {
        frame->flags = SF_FRAME_NATIVE;
        return index;
    }
    frame->address = ip;
    if (raw->call) {
        frame->flags = SF_FRAME_CALL;
        return index;
    }
    frame->flags = raw->exact ? SF_FRAME_EXACT : 0;
    resolve_frame(c, frame);
    return index;
}

uint32_t resolve_await(capture *c, uint64_t address, uint32_t function)
{
    uint32_t index = sf_table_add(&c->frames);
    if (index == SF_NONE)
        return SF_NONE;
    sf_frame *frame = sf_table_at(&c->frames, index);
    *frame = (sf_frame){ .address = address, .function = function, .il_offset = -1, .flags = SF_FRAME_EXACT | SF_FRAME_AWAIT };
    resolve_frame(c, frame);
    return index;
}

/* Do not ask the runtime about an arbitrary address: inside of its code heaps, it treats any address as one in a method, and faults. */
bool resolve_same_code(capture *c, uint32_t function, uint64_t address, uint64_t other)
{
    const sf_function *f = sf_table_at(&c->functions, function);
    code_range ranges[MAX_RANGES];
    clr_id of, rejit = 0;
    uintptr_t start;
    uint32_t offset, count = 0;
    if (((function_work *)sf_table_at(&c->function_work, function))->transient || FAILED(info_function_at(c->runtime.info, address, &of, &rejit))
        || !find_body(c, f->function_id, rejit, address, &start, &offset) || FAILED(info_code_ranges(c->runtime.info, start, MAX_RANGES, &count, ranges)))
        return false;
    for (uint32_t i = 0; i < count && i < MAX_RANGES; i++)
        if (other >= ranges[i].start && other - ranges[i].start < ranges[i].size)
            return true;
    return false;
}

static void resolve_stack(capture *c, sf_thread *thread)
{
    uint32_t first = c->stacks.count;
    for (uint32_t i = 0; i < thread->frame_count; i++) {
        uint32_t frame = frame_of(c, sf_table_at(&c->raw, thread->first_frame + i));
        uint32_t slot = frame == SF_NONE ? SF_NONE : sf_table_add(&c->stacks);
        if (slot == SF_NONE) {
            thread->flags |= SF_THREAD_TRUNCATED;
            break;
        }
        *(uint32_t *)sf_table_at(&c->stacks, slot) = frame;
    }
    thread->first_frame = first;
    thread->frame_count = c->stacks.count - first;
    if (!is_sample(c))
        thread->cpu_ns = thread_cpu_ns(thread->os_id);
}

/* A PDB that the program passed with the assembly's bytes. */
static void copy_symbols(capture *c, sf_module *module)
{
    const layout *k = &c->runtime.layout;
    uintptr_t stream, buffer;
    uint32_t size;
    if (!layout_knows(k, LAYOUT_SYMBOLS) || !image_in_memory(module) || !sf_read_pointer(module->module_id + k->module.symbols, &stream) || stream == 0
        || !sf_read_pointer(stream + k->symbols.buffer, &buffer) || buffer == 0
        || !sf_read((void *)(stream + k->symbols.size), &size, sizeof size) || size == 0
        || (uint64_t)c->blob.count + size > c->request->max_image_bytes)
        return;
    uint32_t offset = sf_table_add_many(&c->blob, size);
    if (offset != SF_NONE && sf_read((void *)buffer, sf_table_at(&c->blob, offset), size)) {
        module->symbols_offset = offset;
        module->symbols_length = size;
    }
}

static void resolve_module(capture *c, uint32_t index)
{
    sf_module *module = sf_table_at(&c->modules, index);
    if (((module_work *)sf_table_at(&c->module_work, index))->transient)
        return; /* identified during the pause */
    image_identify(module);
    image_copy(c, module, false);
    copy_symbols(c, module);
}

/* Full name of a type, with its enclosing types before it. */
static uint32_t type_name(void *metadata, uint32_t token, clr_char *out, uint32_t cap)
{
    uint32_t chain[MAX_NESTING], depth = 0, length = 0, count = 0, flags, base;
    while (depth < MAX_NESTING) {
        chain[depth++] = token;
        if (FAILED(meta_nested(metadata, token, &token)) || token == 0)
            break;
    }
    while (depth-- > 0 && length + 2 < cap) {
        if (FAILED(meta_type(metadata, chain[depth], out + length, cap - length - 1, &count, &flags, &base)) || count == 0)
            break;
        length += (count > cap - length - 1 ? cap - length - 1 : count) - 1;
        if (depth > 0)
            out[length++] = '+';
    }
    return length;
}

/* A module made by Reflection.Emit has no image from which the host could read names. */
static void name_function(capture *c, sf_function *f)
{
    static clr_char text[MAX_NAME];
    void *metadata = NULL;
    uint32_t type = 0, length = 0, attributes, size = 0, rva, impl;
    const uint8_t *signature = NULL;
    const sf_module *module = sf_table_at(&c->modules, f->module);
    if (FAILED(info_module_metadata(c->runtime.info, module->module_id, 0, &iid_metadata_import, &metadata)) || !metadata)
        return;
    if (!FAILED(meta_method(metadata, f->token, &type, text, MAX_NAME, &length, &attributes, &signature, &size, &rva, &impl))
        && length > 1 && length <= MAX_NAME) {
        f->name_length = (length - 1) * 2;
        f->name_offset = blob_add(c, text, f->name_length);
        if (signature && size > 0 && size <= MAX_NAME) {
            f->signature_offset = blob_add(c, signature, size);
            f->signature_length = f->signature_offset == SF_NONE ? 0 : size;
        }
        f->type_name_length = type_name(metadata, type, text, MAX_NAME) * 2;
        f->type_name_offset = blob_add(c, text, f->type_name_length);
        f->flags |= SF_FUNCTION_NAMED;
    }
    clr_release(metadata);
}

void resolve(capture *c)
{
    for (uint32_t i = 0; i < c->modules.count; i++)
        resolve_module(c, i);
    for (uint32_t i = 0; i < c->threads.count; i++)
        resolve_stack(c, sf_table_at(&c->threads, i));
    for (uint32_t i = 0; i < c->functions.count; i++) {
        sf_function *f = sf_table_at(&c->functions, i);
        if (f->module != SF_NONE && !((function_work *)sf_table_at(&c->function_work, i))->transient
            && ((sf_module *)sf_table_at(&c->modules, f->module))->flags & SF_MODULE_DYNAMIC)
            name_function(c, f);
    }
    const sf_table *tables[] = { &c->functions, &c->types, &c->type_args, &c->modules, &c->frames, &c->blob };
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        if (tables[i]->full)
            c->result.flags |= SF_INFO_TABLES_TRUNCATED;
}
