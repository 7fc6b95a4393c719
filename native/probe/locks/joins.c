/* Threads that wait for another thread's end. The runtime does not record it. They wait in a method of Thread that refers to the other thread. */
#include "locks/objects.h"
#include "locks/locks.h"

/* Whether a frame is a method of Thread, or a stub without a type. */
static bool is_of_thread(const capture *c, const raw_frame *frame, bool *method)
{
    if (frame->function == SF_NONE)
        return true;
    const sf_function *f = sf_table_at(&c->functions, frame->function);
    bool of_thread = f->declaring_type != SF_NONE
        && ((sf_type *)sf_table_at(&c->types, f->declaring_type))->class_id == core_class_of(&c->runtime, CORE_THREAD);
    *method = *method || of_thread;
    return of_thread || f->flags & SF_FUNCTION_DYNAMIC;
}

/* How many of the innermost frames of a waiting thread are methods of Thread; 0 for none. */
static uint32_t frames_of_thread(const capture *c, const sf_thread *thread)
{
    bool method = false;
    uint32_t i = 0;
    while (i < thread->frame_count && is_of_thread(c, frame_at(c, thread, i), &method))
        i++;
    return method ? i : 0;
}

uint32_t wait_from(const capture *c, uint32_t wait, uint32_t thread)
{
    while (wait < c->waits.count && ((sf_wait *)sf_table_at(&c->waits, wait))->thread < thread)
        wait++;
    return wait;
}

void add_join(capture *c, uint32_t at, uint32_t thread, uint32_t other)
{
    bool waits = at < c->waits.count && ((sf_wait *)sf_table_at(&c->waits, at))->thread == thread;
    if (waits || sf_table_add(&c->waits) == SF_NONE)
        return;
    sf_wait *place = sf_table_at(&c->waits, at);
    memmove(place + 1, place, (c->waits.count - 1 - at) * sizeof *place);
    *place = (sf_wait){ thread, SF_WAIT_JOIN, SF_NONE, other, SF_WAIT_TIMEOUT_UNKNOWN, 0 };
}

/* The only thread to which those frames refer; none if they refer to several. */
void find_joins(capture *c)
{
    uint32_t wait = 0, end;
    for (uint32_t i = 0; i < c->thread_work.count; i++) {
        uint32_t object = sf_index_get(&c->object_index, ((thread_work *)sf_table_at(&c->thread_work, i))->object);
        if (object != SF_NONE)
            ((sf_object *)sf_table_at(&c->objects, object))->owner = i;
    }
    for (uint32_t first = 0; first < c->references.count; first = end) {
        uint32_t thread = ((sf_reference *)sf_table_at(&c->references, first))->thread, other = SF_NONE;
        uint32_t frames = frames_of_thread(c, sf_table_at(&c->threads, thread));
        bool several = false;
        for (end = first; end < c->references.count && ((sf_reference *)sf_table_at(&c->references, end))->thread == thread; end++) {
            const sf_reference *r = sf_table_at(&c->references, end);
            const sf_object *o = sf_table_at(&c->objects, r->object);
            if (o->kind != KIND_THREAD || r->frame >= frames)
                continue;
            several = several || (other != SF_NONE && other != o->owner);
            other = o->owner;
        }
        wait = wait_from(c, wait, thread);
        if (other != SF_NONE && !several)
            add_join(c, wait, thread, other);
    }
}
