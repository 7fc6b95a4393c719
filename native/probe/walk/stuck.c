/* Who keeps the runtime from coming to a stop.
 *
 * A garbage collection that suspends the program waits for each thread that is in cooperative mode: that runs managed code, or a native call that
 * was made without leaving it. While it waits nothing is paused by us, and the runtime's own ways to its threads are behind a lock that the collection
 * holds. So its list of threads is followed link by link, with reads that can fail, and each Thread is copied before it is looked at. */
#include "capture.h"

#include <string.h>

enum { THREAD_BYTES = 1024 };

static uint8_t copies[THREAD_BATCH][THREAD_BYTES];

static uint32_t most(uint32_t a, uint32_t b) { return a > b ? a : b; }

/* How much of a Thread has what is read of it; 0: more than is copied. */
static uint32_t bytes_of_thread(const contract *k)
{
    uint32_t end = most(most(most(k->thread_id, k->thread_os_id), most(k->thread_state, k->thread_handle)),
                        most(most(k->thread_exception, k->thread_frame), most(k->thread_cooperative, k->thread_link)));
    return end + sizeof(uintptr_t) <= THREAD_BYTES ? end + (uint32_t)sizeof(uintptr_t) : 0;
}

static void add_batch(capture *c, uint32_t count)
{
    static sf_thread batch[THREAD_BATCH];
    for (uint32_t i = 0; i < count; i++)
        batch[i] = (sf_thread){ .thread_id = (uintptr_t)copies[i], .name_offset = SF_NONE, .exception_type = SF_NONE, .cpu_ns = -1 };
    describe_threads(c, batch, count);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t cooperative, index;
        memcpy(&cooperative, copies[i] + c->contract.thread_cooperative, sizeof cooperative);
        batch[i].thread_id = 0;
        batch[i].exception_type = SF_NONE;
        batch[i].flags |= SF_THREAD_NOT_WALKED | (cooperative != 0 ? SF_THREAD_COOPERATIVE : 0);
        if (batch[i].os_id != 0 && (index = sf_table_add(&c->threads)) != SF_NONE)
            *(sf_thread *)sf_table_at(&c->threads, index) = batch[i];
    }
}

void describe_stuck(capture *c)
{
    /* The program runs: an exception's type can be unloaded while the runtime is asked about it. */
    c->contract.thread_exception = 0;
    const contract *k = &c->contract;
    uint32_t bytes = bytes_of_thread(k), count = 0;
    uintptr_t link;
    if (!k->present || k->first_thread == 0 || bytes == 0 || !sf_read_pointer(k->first_thread, &link))
        return;
    for (uint32_t i = 0; i < c->request->max_threads && plausible(link); i++) {
        if (!sf_read((void *)(link - k->thread_link), copies[count], bytes))
            break;
        memcpy(&link, copies[count] + k->thread_link, sizeof link);
        if (++count == THREAD_BATCH) {
            add_batch(c, count);
            count = 0;
        }
    }
    add_batch(c, count);
}
