/* What threads wait for, while the runtime stands still.
 *
 * The runtime itself says it: for debuggers it keeps a record on the stack of each thread that waits to enter a lock or for a pulse, CoreLib's
 * ThreadBlockingInfo, and the newest one's address among the thread's statics. The record of a monitor leads to its sync block, the one
 * of a System.Threading.Lock to the object. A thread that waits for another's end has no such record; it waits in a method of
 * Thread that refers to that thread. */
#include "locks.h"

enum {
    THREAD_WAITS = 0x02000000, /* of the runtime's thread states */
    JOIN_WORDS = 128,          /* of the stack, that are looked at for the thread that is joined */
};

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
enum { STATICS_THREAD = 3, STATICS_BLOCKING = 5, STATICS_WORDS = 6, THREAD_WORDS = 160 };
bool find_statics(capture *c)
{
    uintptr_t words[THREAD_WORDS], back;
    for (uint32_t i = 0; i < c->threads.count && c->contract.thread_local_data == 0; i++) {
        clr_id id = ((sf_thread *)sf_table_at(&c->threads, i))->thread_id;
        if (!sf_read((void *)id, words, sizeof words))
            return false;
        for (uint32_t w = THREAD_WORDS; w-- > 0 && c->contract.thread_local_data == 0;)
            if (plausible(words[w]) && sf_read_pointer(words[w] + STATICS_THREAD * sizeof back, &back) && back == id)
                c->contract.thread_local_data = w * (uint32_t)sizeof *words;
    }
    return c->contract.thread_local_data != 0;
}

/* Whether a frame is one of a method of Thread, or of a stub that has no type. */
static bool is_of_thread(const capture *c, const raw_frame *frame, bool *method)
{
    if (frame->function == SF_NONE)
        return true;
    const sf_function *f = sf_table_at(&c->functions, frame->function);
    bool of_thread = f->declaring_type != SF_NONE && ((sf_type *)sf_table_at(&c->types, f->declaring_type))->class_id == c->thread_type;
    *method = *method || of_thread;
    return of_thread || f->flags & SF_FUNCTION_DYNAMIC;
}

/* The thread that another waits for in a method of Thread: the one, besides itself, that the frames of that method refer to. */
static uint32_t joined_thread(const capture *c, uint32_t index)
{
    const sf_thread *thread = sf_table_at(&c->threads, index);
    uintptr_t words[JOIN_WORDS], from = 0, to = 0;
    bool method = false;
    if (!(thread->state & THREAD_WAITS))
        return SF_NONE;
    for (uint32_t i = 0; i < thread->frame_count && to == 0; i++) {
        const raw_frame *frame = frame_at(c, thread, i);
        if (!is_of_thread(c, frame, &method))
            to = frame->sp;
        else if (from == 0)
            from = frame->sp;
    }
    if (!method || from == 0 || to <= from)
        return SF_NONE;
    size_t bytes = to - from < sizeof words ? to - from : sizeof words;
    if (!sf_read((void *)from, words, bytes))
        return SF_NONE;
    uint32_t found = SF_NONE;
    for (size_t w = 0; w < bytes / sizeof *words; w++)
        for (uint32_t i = 0; plausible(words[w]) && i < c->thread_work.count; i++)
            if (((thread_work *)sf_table_at(&c->thread_work, i))->object == words[w] && i != index) {
                if (found != SF_NONE && found != i)
                    return SF_NONE;
                found = i;
            }
    return found;
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
    bool found = false;
    for (uint32_t first = 0; first < c->threads.count; first += THREAD_BATCH) {
        uint32_t count = c->threads.count - first < THREAD_BATCH ? c->threads.count - first : THREAD_BATCH;
        for (uint32_t i = 0; i < count; i++) {
            const sf_thread *thread = sf_table_at(&c->threads, first + i);
            thread_work *work = sf_table_at(&c->thread_work, first + i);
            memcpy(&work->statics, (void *)(thread->thread_id + c->contract.thread_local_data), sizeof work->statics);
            items[i] = (sf_read_item){ plausible(work->statics) ? work->statics : 0, statics[i], sizeof statics[i], false };
        }
        sf_read_many(items, count);
        for (uint32_t i = 0; i < count; i++) {
            bool own = items[i].ok && statics[i][STATICS_THREAD] == ((sf_thread *)sf_table_at(&c->threads, first + i))->thread_id;
            uintptr_t info = own ? statics[i][STATICS_BLOCKING] : 0;
            found = found || own;
            items[i] = (sf_read_item){ plausible(info) ? info : 0, &infos[i], sizeof infos[i], false };
        }
        sf_read_many(items, count);
        for (uint32_t i = 0; i < count; i++) {
            if (items[i].ok)
                take_wait(c, table, first + i, &infos[i]);
            uint32_t joined = items[i].address == 0 ? joined_thread(c, first + i) : SF_NONE;
            if (joined != SF_NONE)
                add_wait(c, (sf_wait){ first + i, SF_WAIT_JOIN, SF_NONE, joined, SF_WAIT_TIMEOUT_UNKNOWN, 0 });
        }
    }
    return found;
}
