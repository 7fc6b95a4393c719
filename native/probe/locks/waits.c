/* What threads wait for, while the runtime stands still.
 *
 * The runtime itself says it: for debuggers it keeps a record on the stack of each thread that waits to enter a lock or for a pulse, CoreLib's
 * ThreadBlockingInfo, and the newest one's address among the thread's statics. The record of a monitor leads to its sync block, the one
 * of a System.Threading.Lock to the object. Waits for anything else have no such record (objects.c). */
#include "locks/locks.h"

enum { BLOCKING_BYTES_MOST = 64 };

/* Where a Thread has the address of its statics: the contract of .NET 10 says it, and in .NET 9 it is the one word that leads to
 * something that leads back. */
enum { STATICS_WORDS = 16, THREAD_WORDS = 160, THREADS_SEARCHED = 16 };
bool find_statics(capture *c)
{
    layout *k = &c->runtime.layout;
    uintptr_t words[THREAD_WORDS], back;
    if (!layout_knows(k, LAYOUT_STATICS) || !layout_knows(k, LAYOUT_BLOCKING) || k->statics.thread >= STATICS_WORDS || k->statics.blocking >= STATICS_WORDS
        || k->blocking.bytes > BLOCKING_BYTES_MOST)
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

static void add_wait(capture *c, sf_wait wait)
{
    uint32_t index = sf_table_add(&c->waits);
    if (index != SF_NONE)
        *(sf_wait *)sf_table_at(&c->waits, index) = wait;
}

static void take_wait(capture *c, uintptr_t table, uint32_t thread, const uint8_t *info)
{
    const layout *k = &c->runtime.layout;
    uintptr_t object;
    uint32_t kind, wait;
    int32_t timeout;
    memcpy(&object, info + k->blocking.object, sizeof object);
    memcpy(&kind, info + k->blocking.kind, sizeof kind);
    memcpy(&timeout, info + k->blocking.timeout, sizeof timeout);
    if (kind == k->blocking.enter)
        wait = SF_WAIT_MONITOR_ENTER;
    else if (kind == k->blocking.wait)
        wait = SF_WAIT_MONITOR_WAIT;
    else if (kind == k->blocking.lock)
        wait = SF_WAIT_LOCK_ENTER;
    else
        return;
    uint32_t lock = wait == SF_WAIT_LOCK_ENTER ? add_waited_lock(c, object) : add_waited_monitor(c, table, object);
    /* A thread that has just got what it waited for has not yet taken its record away. */
    if (lock != SF_NONE && ((sf_lock *)sf_table_at(&c->locks, lock))->owner != thread)
        add_wait(c, (sf_wait){ thread, wait, lock, SF_NONE, timeout, 0 });
}

/* Whether the statics of a thread were found where they should be. */
bool read_waits(capture *c, uintptr_t table)
{
    sf_read_item items[THREAD_BATCH];
    const layout *k = &c->runtime.layout;
    uintptr_t statics[THREAD_BATCH][STATICS_WORDS];
    uint8_t infos[THREAD_BATCH][BLOCKING_BYTES_MOST];
    uint32_t words = (k->statics.thread > k->statics.blocking ? k->statics.thread : k->statics.blocking) + 1;
    bool found = false, none = !k->thread.statics_searched; /* where the place is certain, threads without variables are no contradiction */
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
            if (!k->thread.statics_searched) /* then the Thread was copied as far as that */
                memcpy(&work->statics, (void *)place, sizeof work->statics);
            else if (!sf_read_pointer(place, &work->statics)) /* as far as that goes the runtime's threads may not be alike */
                work->statics = 0;
            items[i] = (sf_read_item){ plausible(work->statics) ? work->statics : 0, statics[i], words * sizeof **statics, false };
        }
        sf_read_many(items, count);
        for (uint32_t i = 0; i < count; i++) {
            bool own = items[i].ok && statics[i][k->statics.thread] == ((sf_thread *)sf_table_at(&c->threads, first + i))->thread_id;
            uintptr_t info = own ? statics[i][k->statics.blocking] : 0;
            found = found || own;
            none = none && ((thread_work *)sf_table_at(&c->thread_work, first + i))->statics == 0;
            items[i] = (sf_read_item){ plausible(info) ? info : 0, infos[i], k->blocking.bytes, false };
        }
        sf_read_many(items, count);
        for (uint32_t i = 0; i < count; i++)
            if (items[i].ok)
                take_wait(c, table, first + i, infos[i]);
    }
    return found || none;
}
