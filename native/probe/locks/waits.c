/* What threads wait for, while the runtime is suspended.
 *
 * The runtime records it for debuggers: each thread that waits to enter a lock or for a pulse has a record on its stack, CoreLib's
 * ThreadBlockingInfo, and the address of the newest one is among the thread's statics. The record of a monitor refers to its sync block, the record
 * of a System.Threading.Lock to the object. Other waits have no such record (objects.c). */
#include "locks/locks.h"

enum { BLOCKING_BYTES_MOST = 64 };

/* How many words of a thread's statics are needed. */
static uint32_t statics_words(const capture *c)
{
    const layout *k = &c->runtime.layout;
    const thread_variable *v = &c->runtime.blocking;
    uint32_t end = k->statics.thread * (uint32_t)sizeof(uintptr_t), at = v->where == VARIABLE_DIRECT ? v->offset : 0;
    if (v->where == VARIABLE_IN_ARRAY)
        at = k->variables.array > k->variables.array_count ? k->variables.array : k->variables.array_count;
    return (end > at ? end : at) / (uint32_t)sizeof(uintptr_t) + 1;
}

/* Where a Thread has the address of its statics: the contract of .NET 10 contains the offset. On .NET 9, it is the only word that points to something
 * that points back. */
enum { STATICS_WORDS = 16, THREAD_WORDS = 160, THREADS_SEARCHED = 16 };
bool find_statics(capture *c)
{
    layout *k = &c->runtime.layout;
    uintptr_t words[THREAD_WORDS], back;
    if (!layout_knows(k, LAYOUT_STATICS) || !layout_knows(k, LAYOUT_BLOCKING) || c->runtime.blocking.where == VARIABLE_UNKNOWN
        || statics_words(c) > STATICS_WORDS || k->blocking.bytes > BLOCKING_BYTES_MOST)
        return false;
    for (uint32_t i = 0; i < c->threads.count && i < THREADS_SEARCHED && k->thread.statics == 0; i++) {
        clr_id id = ((sf_thread *)sf_table_at(&c->threads, i))->thread_id;
        if (!sf_read((void *)id, words, sizeof words))
            return false;
        for (uint32_t w = THREAD_WORDS; w-- > 0 && k->thread.statics == 0;)
            if (plausible(words[w]) && sf_read_pointer(words[w] + k->statics.thread * sizeof back, &back) && back == id)
                k->thread.statics = w * (uint32_t)sizeof *words, k->thread.statics_searched = true;
    }
    return k->thread.statics != 0;
}

/* A thread that has just stopped waiting may not have removed its record yet. */
void add_wait(capture *c, uint32_t thread, uint32_t kind, uint32_t lock, int32_t timeout)
{
    if (lock == SF_NONE || ((sf_lock *)sf_table_at(&c->locks, lock))->owner == thread)
        return;
    uint32_t index = sf_table_add(&c->waits);
    if (index != SF_NONE)
        *(sf_wait *)sf_table_at(&c->waits, index) = (sf_wait){ thread, kind, lock, SF_NONE, timeout, 0 };
}

static void take_wait(capture *c, uintptr_t table, uint32_t thread, const blocking_record *record)
{
    const layout *k = &c->runtime.layout;
    uint32_t wait;
    if (record->kind == k->blocking.enter)
        wait = SF_WAIT_MONITOR_ENTER;
    else if (record->kind == k->blocking.wait)
        wait = SF_WAIT_MONITOR_WAIT;
    else if (record->kind == k->blocking.lock)
        wait = SF_WAIT_LOCK_ENTER;
    else
        return;
    uint32_t lock = wait == SF_WAIT_LOCK_ENTER ? add_waited_lock(c, record->object) : add_waited_monitor(c, table, record->object);
    add_wait(c, thread, wait, lock, record->timeout);
}

/* The newest record of each of a batch of threads, from their statics; 0 if there is none. */
static void find_records(const capture *c, uintptr_t statics[][STATICS_WORDS], const bool *own, uint32_t count, uintptr_t *at)
{
    const layout *k = &c->runtime.layout;
    const thread_variable *v = &c->runtime.blocking;
    sf_read_item items[THREAD_BATCH];
    for (uint32_t i = 0; i < count; i++) {
        uintptr_t array = 0;
        uint32_t length = 0;
        at[i] = 0;
        if (own[i] && v->where == VARIABLE_DIRECT)
            memcpy(&at[i], (const uint8_t *)statics[i] + v->offset, sizeof *at);
        if (own[i] && v->where == VARIABLE_IN_ARRAY) {
            memcpy(&array, (const uint8_t *)statics[i] + k->variables.array, sizeof array);
            memcpy(&length, (const uint8_t *)statics[i] + k->variables.array_count, sizeof length);
        }
        bool has = plausible(array) && length > v->index + k->variables.left_out;
        items[i] = (sf_read_item){ has ? array + k->array.items + v->index * sizeof array : 0, &at[i], sizeof *at, false };
    }
    if (v->where != VARIABLE_IN_ARRAY)
        return;
    sf_read_many(items, count);
    for (uint32_t i = 0; i < count; i++)
        items[i] = (sf_read_item){ items[i].ok && plausible(at[i]) ? at[i] + v->offset : 0, &at[i], sizeof *at, false };
    sf_read_many(items, count);
    for (uint32_t i = 0; i < count; i++)
        if (!items[i].ok)
            at[i] = 0;
}

/* Whether the statics of a thread were found at the expected place. */
bool read_waits(capture *c, uintptr_t table)
{
    sf_read_item items[THREAD_BATCH];
    const layout *k = &c->runtime.layout;
    uintptr_t statics[THREAD_BATCH][STATICS_WORDS], at[THREAD_BATCH];
    uint8_t infos[THREAD_BATCH][BLOCKING_BYTES_MOST];
    blocking_record records[THREAD_BATCH];
    bool own[THREAD_BATCH], managed = layout_knows(k, LAYOUT_MANAGED_MONITORS);
    uint32_t words = statics_words(c);
    bool found = false, none = !k->thread.statics_searched; /* if the offset is known, threads without statics are normal */
    for (uint32_t first = 0; first < c->threads.count; first += THREAD_BATCH) {
        if (is_late(c)) {
            c->result.flags |= SF_INFO_LOCKS_TRUNCATED;
            break;
        }
        uint32_t count = c->threads.count - first < THREAD_BATCH ? c->threads.count - first : THREAD_BATCH;
        for (uint32_t i = 0; i < count; i++) {
            const sf_thread *thread = sf_table_at(&c->threads, first + i);
            thread_work *work = sf_table_at(&c->thread_work, first + i);
            uintptr_t place = thread->thread_id + k->thread.statics;
            if (!k->thread.statics_searched) /* then this part of the Thread was copied */
                memcpy(&work->statics, (void *)place, sizeof work->statics);
            else if (!sf_read_pointer(place, &work->statics)) /* the runtime's threads may have no memory that far */
                work->statics = 0;
            items[i] = (sf_read_item){ plausible(work->statics) ? work->statics : 0, statics[i], words * sizeof **statics, false };
        }
        sf_read_many(items, count);
        for (uint32_t i = 0; i < count; i++) {
            own[i] = items[i].ok && statics[i][k->statics.thread] == ((sf_thread *)sf_table_at(&c->threads, first + i))->thread_id;
            found = found || own[i];
            none = none && ((thread_work *)sf_table_at(&c->thread_work, first + i))->statics == 0;
        }
        find_records(c, statics, own, count, at);
        for (uint32_t i = 0; i < count; i++)
            items[i] = (sf_read_item){ plausible(at[i]) ? at[i] : 0, infos[i], k->blocking.bytes, false };
        sf_read_many(items, count);
        for (uint32_t i = 0; i < count; i++) {
            records[i] = (blocking_record){ 0 };
            if (!items[i].ok)
                continue;
            memcpy(&records[i].object, infos[i] + k->blocking.object, sizeof records[i].object);
            memcpy(&records[i].kind, infos[i] + k->blocking.kind, sizeof records[i].kind);
            memcpy(&records[i].timeout, infos[i] + k->blocking.timeout, sizeof records[i].timeout);
            if (!managed)
                take_wait(c, table, first + i, &records[i]);
        }
        if (managed)
            take_managed_waits(c, first, count, records);
    }
    return found || none;
}
