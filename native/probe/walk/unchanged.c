/* The threads that have not run since the last sample of a recording: they are not walked, and nothing is read about them in the pause.
 *
 * Their clocks are read right before each attempt to suspend, because the program need not stand still for that. A thread that wakes up later had the stack of the last
 * sample a moment ago, and its clock shows it to the next one. */
#define _GNU_SOURCE
#include "walk/walk.h"

enum { HAS_RUN = -1 };

void unchanged_find(capture *c)
{
    for (uint32_t i = 0; i < c->request->seen_count; i++) {
        sf_seen *seen = &c->seen[i];
        int64_t now = seen->cpu_ns < 0 ? -1 : thread_cpu_ns(seen->os_id);
        if (now < seen->cpu_ns || now - seen->cpu_ns >= SF_SEEN_UNIT_NS || now < 0)
            seen->cpu_ns = HAS_RUN;
    }
}

/* As long as a thread has not run, it has not ended, and its id belongs to it. */
static const sf_seen *find(const capture *c, clr_id id)
{
    uint32_t from = 0, to = c->request->seen_count;
    while (from < to) {
        uint32_t middle = from + (to - from) / 2;
        if (c->seen[middle].thread_id == id)
            return c->seen[middle].cpu_ns == HAS_RUN ? NULL : &c->seen[middle];
        if (c->seen[middle].thread_id < id)
            from = middle + 1;
        else
            to = middle;
    }
    return NULL;
}

uint32_t unchanged_take(capture *c, clr_id *ids, uint32_t count)
{
    uint32_t others = 0;
    for (uint32_t i = 0; i < count; i++) {
        const sf_seen *seen = find(c, ids[i]);
        uint32_t index = seen ? sf_table_add(&c->threads) : SF_NONE;
        if (index == SF_NONE) {
            ids[others++] = ids[i];
            continue;
        }
        c->result.thread_total++;
        *(sf_thread *)sf_table_at(&c->threads, index) = (sf_thread){ .thread_id = ids[i], .os_id = seen->os_id, .flags = SF_THREAD_HAS_NOT_RUN,
                                                                     .name_offset = SF_NONE, .exception_type = SF_NONE, .cpu_ns = seen->cpu_ns };
        *(thread_work *)sf_table_at(&c->thread_work, sf_table_add(&c->thread_work)) = (thread_work){ .first_lock = SF_NONE };
    }
    return others;
}
