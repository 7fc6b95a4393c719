/* The runtime's data of its threads while it is suspended: ids, states, names, the exception that is being handled.
 *
 * A ThreadID is the address of the runtime's Thread. Each Thread of a batch is copied first, by a call that can fail, and so is everything that it
 * refers to. Threads are read in batches, because each call makes the pause longer. */
#include "walk/walk.h"

enum { MAX_NAME_BYTES = 2048, MIN_STRING_BYTES = 24 };

static const uint8_t *copy_of(const capture *c, uint32_t in_batch) { return c->thread_copies.base + (size_t)in_batch * c->runtime.layout.thread.bytes; }

static uintptr_t pointer_at(const uint8_t *copy, uint32_t offset)
{
    uintptr_t value;
    memcpy(&value, copy + offset, sizeof value);
    return value;
}

static uint32_t half_at(const uint8_t *copy, uint32_t offset)
{
    uint32_t value;
    memcpy(&value, copy + offset, sizeof value);
    return value;
}

/* The layout is not the expected one. */
static void distrust(capture *c, sf_thread *threads, uint32_t count)
{
    c->runtime.layout.known &= ~((uint64_t)1 << LAYOUT_THREADS);
    c->result.lacking |= SF_PART_THREADS;
    c->result.flags &= ~(uint32_t)SF_INFO_CONTRACT;
    for (uint32_t i = 0; i < count; i++) {
        c->batch[i].object = 0;
        c->batch[i].frame_known = false;
        threads[i].managed_id = threads[i].os_id = threads[i].state = threads[i].flags = 0;
    }
}

/* Copies the Threads of a batch. The profiling interface knows one of their numbers too: if one differs, all are discarded. */
static bool read_threads(capture *c, sf_thread *threads, uint32_t count)
{
    const layout *k = &c->runtime.layout;
    sf_read_item items[THREAD_BATCH];
    for (uint32_t i = 0; i < count; i++)
        items[i] = (sf_read_item){ threads[i].thread_id, (void *)copy_of(c, i), k->thread.bytes, false };
    sf_read_many(items, count);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t os_id = 0;
        if (!items[i].ok)
            return false;
        threads[i].managed_id = half_at(copy_of(c, i), k->thread.id);
        threads[i].state = half_at(copy_of(c, i), k->thread.state);
        threads[i].os_id = half_at(copy_of(c, i), k->thread.os_id);
        threads[i].flags |= SF_THREAD_STATE_KNOWN;
        if (c->thread_ids_given && !FAILED(info_thread(c->runtime.info, threads[i].thread_id, &os_id)) && os_id != threads[i].os_id)
            return false;
    }
    return true;
}

/* A string whose first `have` bytes have been read. The rest of a longer one is read now. */
static void take_name(capture *c, uintptr_t address, const uintptr_t *string, uint32_t have, sf_thread *thread)
{
    const layout *k = &c->runtime.layout;
    if (have < MIN_STRING_BYTES || !layout_knows(k, LAYOUT_STRINGS) || type_of(string[0]) != k->string.type || k->string.chars > MIN_STRING_BYTES
        || k->string.length > MIN_STRING_BYTES - sizeof(int32_t))
        return;
    int32_t length;
    memcpy(&length, (const uint8_t *)string + k->string.length, sizeof length);
    if (length < 0)
        return;
    uint32_t bytes = length > MAX_NAME_BYTES / 2 ? MAX_NAME_BYTES : (uint32_t)length * 2;
    if (bytes <= have - k->string.chars) {
        thread->name_offset = blob_add(c, (const uint8_t *)string + k->string.chars, bytes);
    } else {
        thread->name_offset = sf_table_add_many(&c->blob, bytes);
        if (thread->name_offset != SF_NONE
            && !sf_read((void *)(address + k->string.chars), sf_table_at(&c->blob, thread->name_offset), bytes))
            thread->name_offset = SF_NONE;
    }
    thread->name_length = thread->name_offset == SF_NONE ? 0 : bytes;
}

static void describe_exception(capture *c, uintptr_t tracker, sf_thread *thread, uintptr_t *found)
{
    const layout *k = &c->runtime.layout;
    uintptr_t object, type;
    if (sf_read_pointer(tracker + k->exception.object, &object) && object != 0
        && (!k->exception.is_handle || sf_read_pointer(object, &object)) && plausible(object)
        && sf_read_pointer(object, &type) && is_type(k, type_of(type)))
        /* GetClassFromObject does not work here. This gives the same result for everything except arrays, which cannot be thrown. */
        thread->exception_type = describe_type(c, type_of(type), 0), *found = object;
}

/* The managed Thread of each, through its handle, and the frame object to which its Thread points. */
static void read_objects(capture *c, uint32_t count)
{
    const layout *k = &c->runtime.layout;
    sf_read_item items[2 * THREAD_BATCH];
    for (uint32_t i = 0; i < count; i++) {
        thread_words *w = &c->batch[i];
        uintptr_t frame = pointer_at(copy_of(c, i), k->thread.frame);
        w->frame_known = frame != 0;
        items[i] = (sf_read_item){ pointer_at(copy_of(c, i), k->thread.object), &w->object, sizeof w->object, false };
        items[count + i] = (sf_read_item){ frame == UINTPTR_MAX ? 0 : frame, w->frame, sizeof w->frame, false };
    }
    sf_read_many(items, 2 * count);
    for (uint32_t i = 0; i < count; i++) {
        c->batch[i].has_frame = items[count + i].ok;
        c->batch[i].frame_known &= items[count + i].ok || items[count + i].address == 0;
        if (!items[i].ok)
            c->batch[i].object = 0;
    }
}

/* False if a managed Thread is not valid, or has a different id from the runtime's own; or if no thread has one. */
static bool read_names(capture *c, sf_thread *threads, uint32_t count)
{
    const layout *k = &c->runtime.layout;
    sf_read_item items[3 * THREAD_BATCH];
    uint32_t right = 0;
    for (uint32_t i = 0; i < count; i++) {
        thread_words *w = &c->batch[i];
        w->name = 0;
        items[i] = (sf_read_item){ w->object ? w->object + k->managed_thread.name : 0, &w->name, sizeof w->name, false };
        items[count + i] = (sf_read_item){ w->object ? w->object + k->managed_thread.id : 0, &w->id, sizeof w->id, false };
        items[2 * count + i] = (sf_read_item){ w->object, &w->type, sizeof w->type, false };
    }
    sf_read_many(items, 3 * count);
    for (uint32_t i = 0; i < count; i++) {
        const thread_words *w = &c->batch[i];
        if (w->object != 0 && (!items[count + i].ok || !items[2 * count + i].ok || w->id != threads[i].managed_id
            || type_of(w->type) != core_class_of(&c->runtime, CORE_THREAD)))
            return false;
        right += w->object != 0;
    }
    if (right == 0 && c->threads.count == 0)
        return false;
    for (uint32_t i = 0; i < count; i++) {
        thread_words *w = &c->batch[i];
        items[i] = (sf_read_item){ items[i].ok && plausible(w->name) ? w->name : 0, w->string, sizeof w->string, false };
    }
    sf_read_many(items, count);
    for (uint32_t i = 0; i < count; i++) {
        uintptr_t *string = c->batch[i].string, address = items[i].address;
        uint32_t have = items[i].ok ? sizeof c->batch[i].string : 0;
        /* A short string may be the last object before unmapped memory. */
        if (address != 0 && have == 0 && sf_read((void *)address, string, MIN_STRING_BYTES))
            have = MIN_STRING_BYTES;
        take_name(c, address, string, have, &threads[i]);
    }
    return true;
}

void describe_threads(capture *c, sf_thread *threads, uint32_t count)
{
    const layout *k = &c->runtime.layout;
    memset(c->batch, 0, count * sizeof *c->batch);
    if (!layout_knows(k, LAYOUT_THREADS))
        return;
    if (!read_threads(c, threads, count)) {
        distrust(c, threads, count);
        return;
    }
    read_objects(c, count);
    if (layout_knows(k, LAYOUT_NAMES) && !read_names(c, threads, count)) {
        distrust(c, threads, count);
        return;
    }
    for (uint32_t i = 0; layout_knows(k, LAYOUT_EXCEPTIONS) && i < count; i++) {
        uintptr_t tracker = pointer_at(copy_of(c, i), k->thread.exception);
        if (tracker != 0)
            describe_exception(c, tracker, &threads[i], &c->batch[i].exception);
    }
}

/* Whether the instruction before an address is a call, as far as its bytes show. */
bool follows_call(uint64_t ip)
{
#if defined(__x86_64__)
    uint8_t code[8];
    if (!sf_read((void *)(uintptr_t)(ip - sizeof code), code, sizeof code))
        return false;
    if (code[3] == 0xE8) /* call rel32 */
        return true;
    for (uint32_t length = 2; length <= 7; length++) { /* FF /2: its ModRM byte determines its length */
        const uint8_t *at = code + sizeof code - length;
        uint8_t mode = at[1] >> 6, rm = at[1] & 7;
        bool sib = mode != 3 && rm == 4;
        uint32_t displacement = mode == 1 ? 1 : mode == 2 || (mode == 0 && rm == 5) ? 4 : 0;
        if (at[0] == 0xFF && (at[1] >> 3 & 7) == 2 && length == 2u + sib + displacement)
            return true;
    }
#elif defined(__aarch64__)
    uint32_t code;
    return sf_read((void *)(uintptr_t)(ip - sizeof code), &code, sizeof code)
        && ((code & 0xFC000000) == 0x94000000      /* BL */
            || (code & 0xFFFFFC1F) == 0xD63F0000); /* BLR */
#else
    (void)ip;
#endif
    return false;
}

/* How a thread of the batch was suspended, from the frame object that the runtime creates if it ran managed code, if the contract names those (.NET
 * 10). LAYOUT_STOPPED_KINDS: it did not run managed code, or it is not known. */
static int how_stopped(const capture *c, uint32_t in_batch)
{
    const thread_words *w = &c->batch[in_batch];
    const layout *k = &c->runtime.layout;
    for (int i = 0; w->has_frame && layout_knows(k, LAYOUT_STOPPED) && i < LAYOUT_STOPPED_KINDS; i++)
        if (k->stopped[i] != 0 && w->frame[0] == k->stopped[i])
            return i;
    return LAYOUT_STOPPED_KINDS;
}

/* Whether the innermost address of a thread of the batch is its next instruction. A thread in a call out of managed code has a frame object of the
 * runtime with the return address among its first words. Then the address is a return address, like those of the outer frames. On .NET 9, the frame
 * object of a call into the runtime itself, for example to wait for a lock, does not yet contain that address; but interrupted code is rarely right
 * after a call. Without a contract, this is the only criterion: an address that does not follow a call is not a return address. If the frame object
 * has the kind of an interrupted thread, the answer is certain. */
bool stands_at(const capture *c, uint32_t in_batch, uint64_t ip)
{
    const thread_words *w = &c->batch[in_batch];
    int how = how_stopped(c, in_batch);
    if (how == LAYOUT_RESUMABLE || how == LAYOUT_REDIRECTED)
        return true;
    for (int i = 0; w->frame_known && w->has_frame && i < FRAME_WORDS; i++)
        if (w->frame[i] == ip)
            return false;
    return !((w->has_frame || !w->frame_known) && follows_call(ip));
}

/* Whether a thread of the batch was running managed code when it was suspended. Its kernel state does not help: when it is read, it is already that
 * of the pause. */
bool was_interrupted(const capture *c, uint32_t in_batch) { return how_stopped(c, in_batch) != LAYOUT_STOPPED_KINDS; }

/* Where a thread of the batch called a method that the runtime first had to find or to compile. */
static bool transition_of(const capture *c, uint32_t in_batch, stopped_place *place)
{
    const layout *k = &c->runtime.layout;
    const thread_words *w = &c->batch[in_batch];
    *place = (stopped_place){ .exact = false };
    for (int i = 0; w->has_frame && layout_knows(k, LAYOUT_TRANSITIONS) && i < LAYOUT_TRANSITION_KINDS; i++) {
        if (k->transitions[i] == 0 || w->frame[0] != k->transitions[i])
            continue;
        uintptr_t block = w->frame[k->transition.block / sizeof *w->frame];
        return plausible(block) && sf_read_pointer(block + k->transition.address, &place->ip)
            && sf_read_pointer(block + k->transition.registers + k->transition.fp, &place->fp);
    }
    return false;
}

bool stopped_place_of(const capture *c, uint32_t in_batch, stopped_place *place)
{
    const layout *k = &c->runtime.layout;
    const uintptr_t *words = c->batch[in_batch].frame;
    int how = how_stopped(c, in_batch);
    if (how == LAYOUT_STOPPED_KINDS)
        return transition_of(c, in_batch, place);
    *place = (stopped_place){ .exact = how != LAYOUT_HIJACKED };
    if (how == LAYOUT_HIJACKED) {
        if (!layout_knows(k, LAYOUT_HIJACKS))
            return false;
        uintptr_t saved = words[k->hijack.saved / sizeof *words];
        place->ip = words[k->hijack.address / sizeof *words];
        return plausible(saved) && sf_read_pointer(saved + k->hijack.registers + k->hijack.fp, &place->fp);
    }
    if (!layout_knows(k, LAYOUT_REGISTERS))
        return false;
    uintptr_t context = words[k->stopped_registers / sizeof *words];
    return plausible(context) && sf_read_pointer(context + CONTEXT_PC, &place->ip) && sf_read_pointer(context + CONTEXT_FP, &place->fp);
}
