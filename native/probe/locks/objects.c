/* The objects that threads wait for besides locks: semaphores, events, tasks, threads and such.
 *
 * The runtime does not say what they are. But a method that waits needs its object when the wait is over, so that the innermost part of the
 * waiter's stack refers to it: the frames of CoreLib there, or the one that called them. The words of that part that lead to an object of one
 * of these types are recorded with their frames; which is the one is for the name of the waiting method to say. Where the runtime has the
 * monitor that such an object waits with in the end, it is proven. */
#include "locks/objects.h"
#include "locks/locks.h"

enum {
    CALL_BYTES = 2048,   /* of the stack between a call into the runtime and the record of it */
    PROTECTED_BYTES = 64, /* before the record, where the call keeps the objects that it was given */
    MAX_BASES = 16,      /* types that a type is derived from */
};

static const struct { enum core_class class; uint32_t kind; } kinds[] = {
    { CORE_SEMAPHORE, SF_OBJECT_SEMAPHORE_SLIM }, { CORE_EVENT, SF_OBJECT_EVENT_SLIM }, { CORE_RW_LOCK, SF_OBJECT_READER_WRITER_LOCK_SLIM },
    { CORE_TASK, SF_OBJECT_TASK }, { CORE_WAIT_HANDLE, SF_OBJECT_WAIT_HANDLE }, { CORE_THREAD, KIND_THREAD },
};
enum { KINDS = sizeof kinds / sizeof *kinds };

known_objects known;

void objects_open(void) { known = (known_objects){ .threading_module = SF_NONE }; }

/* CountdownEvent and Barrier are not in CoreLib but in an assembly beside it. */
static bool is_threading_module(const capture *c, uint32_t index)
{
    static const char name[] = "System.Threading.dll";
    enum { LENGTH = sizeof name - 1 };
    for (; known.modules_seen < c->modules.count; known.modules_seen++) {
        const sf_module *m = sf_table_at(&c->modules, known.modules_seen);
        clr_char end[LENGTH];
        bool is = !(m->flags & SF_MODULE_COLLECTIBLE) && m->path_offset != SF_NONE && m->path_length >= sizeof end;
        if (is)
            memcpy(end, sf_table_at(&c->blob, m->path_offset + m->path_length - (uint32_t)sizeof end), sizeof end);
        for (int i = 0; is && i < LENGTH; i++)
            is = end[i] == (clr_char)name[i];
        if (is && m->path_length > sizeof end) {
            memcpy(end, sf_table_at(&c->blob, m->path_offset + m->path_length - (uint32_t)(sizeof end + sizeof *end)), sizeof *end);
            is = *end == '/';
        }
        if (is)
            known.threading_module = known.modules_seen;
    }
    return index != SF_NONE && index == known.threading_module;
}

static bool is_of_runtime(const capture *c, const raw_frame *frame)
{
    if (frame->function == SF_NONE)
        return true;
    const sf_function *f = sf_table_at(&c->functions, frame->function);
    return f->module == SF_NONE || ((sf_module *)sf_table_at(&c->modules, f->module))->module_id == c->runtime.core.module || is_threading_module(c, f->module);
}

/* From the innermost managed frame to the end of the frame that called into CoreLib. In .NET 9 some calls into the runtime itself have no such
 * frame that keeps their object (Thread.Join); then it is beside the record that the runtime has of the call, right below. */
void find_waiting_part(capture *c, uint32_t index)
{
    const sf_thread *thread = sf_table_at(&c->threads, index);
    thread_work *work = sf_table_at(&c->thread_work, index);
    uintptr_t frame;
    uint32_t i = 0;
    if (!(thread->state & c->runtime.layout.thread.waits) || !c->runtime.has_core)
        return;
    while (i < thread->frame_count && frame_at(c, thread, i)->sp == 0)
        i++;
    if (i == thread->frame_count)
        return;
    work->waits_from = frame_at(c, thread, i)->sp;
    memcpy(&frame, (void *)(thread->thread_id + c->runtime.layout.thread.frame), sizeof frame);
    if (plausible(frame) && frame < work->waits_from && work->waits_from - frame <= CALL_BYTES)
        work->waits_from = frame - PROTECTED_BYTES;
    while (i < thread->frame_count && is_of_runtime(c, frame_at(c, thread, i)))
        i++;
    for (i++; i < thread->frame_count && frame_at(c, thread, i)->sp == 0; i++)
        ;
    work->waits_to = i < thread->frame_count ? frame_at(c, thread, i)->sp : work->stack_end;
}

bool add_waiting_word(capture *c, uint32_t thread, uintptr_t at, uintptr_t word)
{
    uint32_t index = sf_table_add(&c->waiting_words);
    if (index == SF_NONE) {
        c->result.flags |= SF_INFO_LOCKS_TRUNCATED;
        return false;
    }
    *(waiting_word *)sf_table_at(&c->waiting_words, index) = (waiting_word){ at, word, thread, 0 };
    return true;
}

/* What a type is or is derived from; 0 for none of these. */
static uint32_t kind_of(const capture *c, uintptr_t type)
{
    uint32_t place = (uint32_t)(type * 0x9E3779B97F4A7C15ull >> 56), kind = 0;
    if (known.verdicts[place].type == type)
        return known.verdicts[place].kind;
    uintptr_t base = type;
    for (int depth = 0; depth < MAX_BASES && kind == 0 && plausible(base) && base != c->runtime.layout.type.object; depth++) {
        for (uint32_t i = 0; i < KINDS; i++)
            if (core_class_of(&c->runtime, kinds[i].class) == base)
                kind = kinds[i].kind;
        if (kind == 0 && !sf_read_pointer(base + c->runtime.layout.type.parent, &base))
            break;
    }
    /* A type of another module is one that a frame's method belongs to. */
    uint32_t index = kind == 0 ? sf_index_get(&c->type_index, type) : SF_NONE;
    if (index != SF_NONE && is_threading_module(c, ((sf_type *)sf_table_at(&c->types, index))->module))
        kind = KIND_UNNAMED;
    if (kind != 0 && !is_type(&c->runtime.layout, type))
        kind = 0;
    known.verdicts[place].type = type;
    known.verdicts[place].kind = kind;
    return kind;
}

void add_waited_object(capture *c, uintptr_t address, uintptr_t type)
{
    uint32_t kind = plausible(type) ? kind_of(c, type) : 0, *place, index;
    if (kind == 0 || *(place = sf_index_find(&c->object_index, address)) != 0)
        return;
    if ((index = sf_table_add(&c->objects)) == SF_NONE) {
        c->result.flags |= SF_INFO_LOCKS_TRUNCATED;
        return;
    }
    *place = index + 1;
    *(object_work *)sf_table_at(&c->object_work, sf_table_add(&c->object_work)) = (object_work){ .class = type };
    *(sf_object *)sf_table_at(&c->objects, index) = (sf_object){
        address, kind, lasting_type_index(c, type), SF_NONE, SF_NONE, SF_COUNT_UNKNOWN, 0,
    };
}
