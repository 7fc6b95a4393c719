/* Lists the threads that block a suspension in progress.
 *
 * A garbage collection that suspends the program waits for each thread in cooperative mode: it runs managed code, or a native call that stays in that
 * mode. Meanwhile, we suspend nothing, and the runtime's own functions for its threads need a lock that the collection holds. So its list of threads
 * is followed link by link, with reads that can fail, and each Thread is copied before it is used. */
#include "walk/capture.h"

#include <string.h>

static uint8_t copies[THREAD_BATCH][LAYOUT_THREAD_BYTES];

static void add_batch(capture *c, uint32_t count)
{
    static sf_thread batch[THREAD_BATCH];
    for (uint32_t i = 0; i < count; i++)
        batch[i] = (sf_thread){ .thread_id = (uintptr_t)copies[i], .name_offset = SF_NONE, .exception_type = SF_NONE, .cpu_ns = -1 };
    describe_threads(c, batch, count);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t cooperative, index;
        memcpy(&cooperative, copies[i] + c->runtime.layout.thread.cooperative, sizeof cooperative);
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
    c->runtime.layout.known &= ~((uint64_t)1 << LAYOUT_EXCEPTIONS);
    c->thread_ids_given = false;
    const layout *k = &c->runtime.layout;
    uint32_t count = 0;
    uintptr_t link;
    if (!layout_knows(k, LAYOUT_THREADS) || !layout_knows(k, LAYOUT_THREAD_LIST) || !sf_read_pointer(k->thread_list.store + k->thread_list.first, &link))
        return;
    for (uint32_t i = 0; i < c->request->max_threads && plausible(link); i++) {
        if (!sf_read((void *)(link - k->thread.link_at), copies[count], k->thread.bytes))
            break;
        memcpy(&link, copies[count] + k->thread.link, sizeof link);
        if (++count == THREAD_BATCH) {
            add_batch(c, count);
            count = 0;
        }
    }
    add_batch(c, count);
}
