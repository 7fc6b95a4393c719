/* What the managed wait subsystem of .NET 11 knows. Threads that wait for another thread's end wait for an event that the first waiter creates in the
 * other Thread. The subsystem knows what a thread waits for, so no stack frame has to refer to the other thread. And a Mutex has an owner there. */
#include "locks/objects.h"
#include "locks/locks.h"

enum { MAX_JOINED = 256 };

static struct joined { uint32_t thread; uintptr_t event; } joined[MAX_JOINED]; /* captures never overlap */

/* One step for each of a batch: from an object to the target of one of its fields; 0 if there is none. */
static void step(uintptr_t *at, uint32_t count, uint32_t offset)
{
    sf_read_item items[THREAD_BATCH];
    uintptr_t next[THREAD_BATCH];
    for (uint32_t i = 0; i < count; i++)
        items[i] = (sf_read_item){ plausible(at[i]) ? at[i] + offset : 0, &next[i], sizeof *next, false };
    sf_read_many(items, count);
    for (uint32_t i = 0; i < count; i++)
        at[i] = items[i].ok ? next[i] : 0;
}

static uint32_t batch_of(const capture *c, uint32_t first)
{
    uint32_t left = c->thread_work.count - first;
    return left < THREAD_BATCH ? left : THREAD_BATCH;
}

/* The threads for whose end others wait, with their event objects. */
static uint32_t find_joined(capture *c)
{
    const layout *k = &c->runtime.layout;
    uint32_t n = 0;
    uintptr_t at[THREAD_BATCH];
    for (uint32_t first = 0; first < c->thread_work.count && !is_late(c); first += THREAD_BATCH) {
        uint32_t count = batch_of(c, first), joins = 0, of[THREAD_BATCH];
        for (uint32_t i = 0; i < count; i++)
            at[i] = ((thread_work *)sf_table_at(&c->thread_work, first + i))->object;
        step(at, count, k->join.event);
        for (uint32_t i = 0; i < count; i++) {
            if (at[i] == 0)
                continue;
            of[joins] = first + i;
            at[joins++] = at[i];
        }
        if (joins == 0)
            continue;
        step(at, joins, k->join.handle);
        step(at, joins, k->join.address);
        step(at, joins, 0); /* the target of the handle */
        for (uint32_t i = 0; i < joins; i++) {
            if (at[i] == 0)
                continue;
            if (n == MAX_JOINED) {
                c->result.flags |= SF_INFO_LOCKS_TRUNCATED;
                return n;
            }
            joined[n++] = (struct joined){ of[i], at[i] };
        }
    }
    return n;
}

/* What each of a batch of threads waits for, if it is exactly one object. */
static void find_waited(const capture *c, uint32_t first, uint32_t count, uintptr_t *at)
{
    const layout *k = &c->runtime.layout;
    sf_read_item items[THREAD_BATCH];
    uint32_t counts[THREAD_BATCH];
    for (uint32_t i = 0; i < count; i++) {
        bool waits = ((sf_thread *)sf_table_at(&c->threads, first + i))->state & k->thread.waits;
        at[i] = waits ? ((thread_work *)sf_table_at(&c->thread_work, first + i))->object : 0;
    }
    step(at, count, k->join.waiting);
    for (uint32_t i = 0; i < count; i++)
        items[i] = (sf_read_item){ plausible(at[i]) ? at[i] + k->join.count : 0, &counts[i], sizeof *counts, false };
    sf_read_many(items, count);
    step(at, count, k->join.objects);
    step(at, count, k->array.items);
    for (uint32_t i = 0; i < count; i++)
        at[i] = items[i].ok && counts[i] == 1 ? at[i] : 0;
}

void find_event_joins(capture *c)
{
    uint32_t wait = 0, joined_count = layout_knows(&c->runtime.layout, LAYOUT_JOINS) ? find_joined(c) : 0;
    uintptr_t at[THREAD_BATCH];
    for (uint32_t first = 0; first < c->thread_work.count && joined_count > 0; first += THREAD_BATCH) {
        uint32_t count = batch_of(c, first);
        if (is_late(c)) {
            c->result.flags |= SF_INFO_LOCKS_TRUNCATED;
            return;
        }
        find_waited(c, first, count, at);
        for (uint32_t i = 0; i < count; i++) {
            uint32_t other = SF_NONE;
            for (uint32_t j = 0; at[i] != 0 && j < joined_count; j++)
                if (joined[j].event == at[i])
                    other = joined[j].thread;
            wait = wait_from(c, wait, first + i);
            if (other != SF_NONE)
                add_join(c, wait, first + i, other);
        }
    }
}

/* One step of a chain: from an object, of a certain type if there is one, to the target of its field. */
static bool follow(const capture *c, uintptr_t *at, uint32_t offset, enum core_class type)
{
    uintptr_t word;
    return plausible(*at) && (type == CORE_CLASSES || (sf_read_pointer(*at, &word) && type_of(word) == core_class_of(&c->runtime, type)))
        && sf_read_pointer(*at + offset, at) && plausible(*at);
}

/* The object of the wait subsystem that a thread waits for, if it is exactly one; 0. */
static uintptr_t waited_by(const capture *c, uint32_t thread)
{
    const layout *k = &c->runtime.layout;
    uintptr_t at = ((thread_work *)sf_table_at(&c->thread_work, thread))->object;
    uint32_t count;
    bool waits = ((sf_thread *)sf_table_at(&c->threads, thread))->state & k->thread.waits;
    return waits && follow(c, &at, k->join.waiting, CORE_CLASSES) && sf_read((void *)(at + k->join.count), &count, sizeof count) && count == 1
            && follow(c, &at, k->join.objects, CORE_CLASSES) && follow(c, &at, k->array.items, CORE_CLASSES) ? at : 0;
}

/* Which of the wait handles that a thread refers to it waits for: the one whose handle refers to the object of the wait subsystem. A Mutex has an
 * owner there. */
void find_waited_handles(capture *c)
{
    enum { MAX_HANDLES = 1024 };
    const layout *k = &c->runtime.layout;
    uint32_t thread = SF_NONE, looked = 0;
    uintptr_t waited = 0;
    if (!layout_knows(k, LAYOUT_MUTEXES) || !layout_knows(k, LAYOUT_JOINS))
        return;
    for (uint32_t i = 0; i < c->references.count && looked < MAX_HANDLES; i++) {
        sf_reference *r = sf_table_at(&c->references, i);
        sf_object *o = sf_table_at(&c->objects, r->object);
        if (o->kind != SF_OBJECT_WAIT_HANDLE)
            continue;
        if (is_late(c))
            break;
        looked++;
        if (r->thread != thread)
            waited = waited_by(c, thread = r->thread);
        uintptr_t at = o->address, owner;
        if (waited == 0 || !follow(c, &at, k->join.handle, CORE_CLASSES) || !follow(c, &at, k->join.address, CORE_CLASSES) || !follow(c, &at, 0, CORE_CLASSES)
            || at != waited)
            continue;
        r->flags |= SF_REFERENCE_PROVEN;
        owner = at;
        if (!follow(c, &owner, k->mutex.ownership, CORE_WAITABLE) || !follow(c, &owner, k->mutex.thread, CORE_OWNERSHIP))
            continue;
        for (uint32_t t = 0; t < c->thread_work.count; t++)
            if (((thread_work *)sf_table_at(&c->thread_work, t))->object == owner)
                o->owner = t;
    }
}
