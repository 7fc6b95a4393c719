/* What threads wait for, while the runtime stands still.
 *
 * The runtime itself says it: for debuggers it keeps a record on the stack of each thread that waits to enter a lock or for a pulse, CoreLib's
 * ThreadBlockingInfo, and the newest one's address among the thread's statics. The record of a monitor leads to its sync block, the one
 * of a System.Threading.Lock to the object. Waits for anything else have no such record (objects.c). */
#include "locks.h"

/* ThreadBlockingInfo and its ObjectKind. */
enum { BLOCKED_ENTER = 0, BLOCKED_WAIT = 1, BLOCKED_LOCK = 2 };
typedef struct blocking_info {
    uintptr_t object;
    uint32_t kind;
    int32_t timeout;
    uintptr_t next;
} blocking_info;

_Static_assert(sizeof(blocking_info) == 24, "as the runtime has it");

/* Where a Thread has the address of its statics: the contract of .NET 10 says it, and in .NET 9 it is the one word that leads to
 * something that leads back. */
enum { STATICS_THREAD = 3, STATICS_BLOCKING = 5, STATICS_WORDS = 6, THREAD_WORDS = 160, THREADS_SEARCHED = 16 };
bool find_statics(capture *c)
{
    uintptr_t words[THREAD_WORDS], back;
    for (uint32_t i = 0; i < c->threads.count && i < THREADS_SEARCHED && c->contract.thread_local_data == 0; i++) {
        clr_id id = ((sf_thread *)sf_table_at(&c->threads, i))->thread_id;
        if (!sf_read((void *)id, words, sizeof words))
            return false;
        for (uint32_t w = THREAD_WORDS; w-- > 0 && c->contract.thread_local_data == 0;)
            if (plausible(words[w]) && sf_read_pointer(words[w] + STATICS_THREAD * sizeof back, &back) && back == id)
                c->contract.thread_local_data = w * (uint32_t)sizeof *words, c->contract.thread_local_data_found = true;
    }
    return c->contract.thread_local_data != 0;
}

static void add_wait(capture *c, sf_wait wait)
{
    uint32_t index = sf_table_add(&c->waits);
    if (index != SF_NONE)
        *(sf_wait *)sf_table_at(&c->waits, index) = wait;
}

static void take_wait(capture *c, uintptr_t table, uint32_t thread, const blocking_info *info)
{
    static const uint32_t kinds[] = { SF_WAIT_MONITOR_ENTER, SF_WAIT_MONITOR_WAIT, SF_WAIT_LOCK_ENTER };
    if (info->kind > BLOCKED_LOCK)
        return;
    uint32_t lock = info->kind == BLOCKED_LOCK ? add_waited_lock(c, info->object) : add_waited_monitor(c, table, info->object);
    /* A thread that has just got what it waited for has not yet taken its record away. */
    if (lock != SF_NONE && ((sf_lock *)sf_table_at(&c->locks, lock))->owner != thread)
        add_wait(c, (sf_wait){ thread, kinds[info->kind], lock, SF_NONE, info->timeout, 0 });
}

/* Whether the statics of a thread were found where they should be. */
bool read_waits(capture *c, uintptr_t table)
{
    sf_read_item items[THREAD_BATCH];
    uintptr_t statics[THREAD_BATCH][STATICS_WORDS];
    blocking_info infos[THREAD_BATCH];
    bool found = false, none = !c->contract.thread_local_data_found; /* where the place is certain, threads without variables are no contradiction */
    for (uint32_t first = 0; first < c->threads.count && !is_late(c); first += THREAD_BATCH) {
        uint32_t count = c->threads.count - first < THREAD_BATCH ? c->threads.count - first : THREAD_BATCH;
        for (uint32_t i = 0; i < count; i++) {
            const sf_thread *thread = sf_table_at(&c->threads, first + i);
            thread_work *work = sf_table_at(&c->thread_work, first + i);
            uintptr_t place = thread->thread_id + c->contract.thread_local_data;
            if (!c->contract.thread_local_data_found)
                memcpy(&work->statics, (void *)place, sizeof work->statics);
            else if (!sf_read_pointer(place, &work->statics)) /* as far as that goes the runtime's threads may not be alike */
                work->statics = 0;
            items[i] = (sf_read_item){ plausible(work->statics) ? work->statics : 0, statics[i], sizeof statics[i], false };
        }
        sf_read_many(items, count);
        for (uint32_t i = 0; i < count; i++) {
            bool own = items[i].ok && statics[i][STATICS_THREAD] == ((sf_thread *)sf_table_at(&c->threads, first + i))->thread_id;
            uintptr_t info = own ? statics[i][STATICS_BLOCKING] : 0;
            found = found || own;
            none = none && ((thread_work *)sf_table_at(&c->thread_work, first + i))->statics == 0;
            items[i] = (sf_read_item){ plausible(info) ? info : 0, &infos[i], sizeof infos[i], false };
        }
        sf_read_many(items, count);
        for (uint32_t i = 0; i < count; i++)
            if (items[i].ok)
                take_wait(c, table, first + i, &infos[i]);
    }
    return found || none;
}
