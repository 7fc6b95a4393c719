/* What the runtime knows of its threads, through the data contract, while it stands still: ids, states, names, the exception
 * that is being handled.
 *
 * A ThreadID is the address of the runtime's Thread, which it has just handed out: its fields are plain loads. Whatever they
 * lead to is read by calls that can fail, a batch of threads at a time, because each call is a part of the pause. */
#include "capture.h"

enum { MAX_NAME_BYTES = 2048, MIN_STRING_BYTES = 24 };

static uintptr_t load_pointer(clr_id thread, uint32_t offset)
{
    uintptr_t value;
    memcpy(&value, (void *)(thread + offset), sizeof value);
    return value;
}

static void read_fields(const contract *k, sf_thread *thread)
{
    memcpy(&thread->managed_id, (void *)(thread->thread_id + k->thread_id), sizeof thread->managed_id);
    memcpy(&thread->state, (void *)(thread->thread_id + k->thread_state), sizeof thread->state);
    thread->os_id = (uint32_t)load_pointer(thread->thread_id, k->thread_os_id);
    thread->flags |= SF_THREAD_STATE_KNOWN;
}

/* A string of which the first `have` bytes have been read; what is missing of a longer one is read now. */
static void take_name(capture *c, uintptr_t address, const uintptr_t *string, uint32_t have, sf_thread *thread)
{
    const contract *k = &c->contract;
    if (have < MIN_STRING_BYTES || type_of(string[0]) != k->string_type || k->string_chars > MIN_STRING_BYTES
        || k->string_length > MIN_STRING_BYTES - sizeof(int32_t))
        return;
    int32_t length;
    memcpy(&length, (const uint8_t *)string + k->string_length, sizeof length);
    if (length < 0)
        return;
    uint32_t bytes = length > MAX_NAME_BYTES / 2 ? MAX_NAME_BYTES : (uint32_t)length * 2;
    if (bytes <= have - k->string_chars) {
        thread->name_offset = blob_add(c, (const uint8_t *)string + k->string_chars, bytes);
    } else {
        thread->name_offset = sf_table_add_many(&c->blob, bytes);
        if (thread->name_offset != SF_NONE
            && !sf_read((void *)(address + k->string_chars), sf_table_at(&c->blob, thread->name_offset), bytes))
            thread->name_offset = SF_NONE;
    }
    thread->name_length = thread->name_offset == SF_NONE ? 0 : bytes;
}

/* The contract names no fields of managed objects. System.Threading.Thread has one field that is a string, its name: the first word
 * that points to an object of type String is it. */
static void find_name_field(capture *c, const thread_words *words)
{
    uintptr_t first_word;
    for (uint32_t i = 1; i < OBJECT_WORDS && c->contract.name_offset == 0; i++)
        if (words->object_words[i] != 0 && words->object_words[i] % sizeof first_word == 0
            && sf_read_pointer(words->object_words[i], &first_word) && type_of(first_word) == c->contract.string_type)
            c->contract.name_offset = i;
}

/* Whether there is a type at an address, before the runtime is asked about it: it leads to its class, and the class back. A type that
 * shares its class with another leads to that one, with the lowest bit set. */
bool is_type(const contract *k, uintptr_t type)
{
    uintptr_t owner = type, class, back;
    if (!k->class_type || !sf_read_pointer(type + k->type_class, &class))
        return false;
    if (class & 1) {
        owner = class & ~(uintptr_t)1;
        if (!sf_read_pointer(owner + k->type_class, &class))
            return false;
    }
    return sf_read_pointer(class + k->class_type, &back) && back == owner;
}

static void describe_exception(capture *c, uintptr_t tracker, sf_thread *thread)
{
    uintptr_t handle, object, type;
    if (sf_read_pointer(tracker + c->contract.exception_object, &handle) && handle != 0
        && sf_read_pointer(handle, &object) && object != 0 && sf_read_pointer(object, &type) && is_type(&c->contract, type_of(type)))
        /* GetClassFromObject does not answer here. For all but arrays, which cannot be thrown, it would say what is said here. */
        thread->exception_type = describe_type(c, type_of(type), 0);
}

void describe_threads(capture *c, sf_thread *threads, uint32_t count)
{
    const contract *k = &c->contract;
    sf_read_item items[2 * THREAD_BATCH];
    if (!k->present)
        return;
    /* Each thread's managed object, by its handle, and the frame object that its Thread points to. */
    for (uint32_t i = 0; i < count; i++) {
        clr_id id = threads[i].thread_id;
        thread_words *w = &c->batch[i];
        read_fields(k, &threads[i]);
        uintptr_t frame = load_pointer(id, k->thread_frame);
        w->frame_known = frame != 0;
        items[i] = (sf_read_item){ load_pointer(id, k->thread_handle), &w->object, sizeof w->object, false };
        items[count + i] = (sf_read_item){ frame == UINTPTR_MAX ? 0 : frame, w->frame, sizeof w->frame, false };
    }
    sf_read_many(items, 2 * count);
    for (uint32_t i = 0; i < count; i++) {
        thread_words *w = &c->batch[i];
        w->has_frame = items[count + i].ok;
        if (!items[i].ok)
            w->object = 0;
    }

    for (uint32_t i = 0; i < count; i++)
        items[i] = (sf_read_item){ c->batch[i].object, c->batch[i].object_words, sizeof c->batch[i].object_words, false };
    sf_read_many(items, count);
    for (uint32_t i = 0; i < count; i++) {
        thread_words *w = &c->batch[i];
        bool have = items[i].ok;
        if (have)
            find_name_field(c, w);
        items[i] = (sf_read_item){ have && k->name_offset ? w->object_words[k->name_offset] : 0, w->string, sizeof w->string, false };
    }
    sf_read_many(items, count);
    for (uint32_t i = 0; i < count; i++) {
        uintptr_t tracker = k->thread_exception ? load_pointer(threads[i].thread_id, k->thread_exception) : 0;
        uintptr_t *string = c->batch[i].string, address = items[i].address;
        uint32_t have = items[i].ok ? sizeof c->batch[i].string : 0;
        /* A short string may be the last object before memory that is not there. */
        if (address != 0 && have == 0 && sf_read((void *)address, string, MIN_STRING_BYTES))
            have = MIN_STRING_BYTES;
        take_name(c, address, string, have, &threads[i]);
        if (tracker != 0)
            describe_exception(c, tracker, &threads[i]);
    }
}

/* Whether the instruction before an address is a call, as far as its bytes tell. */
static bool follows_call(uint64_t ip)
{
#if defined(__x86_64__)
    uint8_t code[8];
    if (!sf_read((void *)(uintptr_t)(ip - sizeof code), code, sizeof code))
        return false;
    if (code[3] == 0xE8) /* call rel32 */
        return true;
    for (uint32_t length = 2; length <= 7; length++) { /* FF /2: its ModRM byte tells how long it is */
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

/* Whether the innermost address of a thread of the batch is where the thread stands. A thread that is in a call out of managed
 * code has left a frame object for the runtime, with the address to return to among its first words; then it is a return address
 * like those of the frames below. In .NET 9 the frame of a call into the runtime itself, to wait for a lock say, does not yet have
 * that address; but code that was interrupted seldom stands right behind a call. Where there is no contract it is taken for a
 * return address, which is right for every thread that waits. */
bool stands_at(const capture *c, uint32_t in_batch, uint64_t ip)
{
    const thread_words *w = &c->batch[in_batch];
    if (!c->contract.present || !w->frame_known)
        return false;
    for (int i = 0; w->has_frame && i < FRAME_WORDS; i++)
        if (w->frame[i] == ip)
            return false;
    return !(w->has_frame && follows_call(ip));
}

/* Whether a thread of the batch was running managed code when it was stopped, where the contract names the frame objects that the
 * runtime leaves for such a thread (.NET 10). Its kernel state is no help: by the time it is read, it is that of the pause. */
bool was_interrupted(const capture *c, uint32_t in_batch)
{
    const thread_words *w = &c->batch[in_batch];
    for (int i = 0; w->has_frame && i < INTERRUPTED_KINDS; i++)
        if (c->contract.interrupted[i] != 0 && w->frame[0] == c->contract.interrupted[i])
            return true;
    return false;
}
