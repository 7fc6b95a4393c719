/* Suspends the runtime, unless that would freeze the program. */
#define _GNU_SOURCE
#include "walk/suspend.h"

#include "memory/memory.h"
#include <time.h>

static blockers blocking;

/* If a GC is suspending at that moment, the runtime refuses. In a program that allocates a lot, this is normal, so we retry until the deadline. */
suspension suspend(capture *c, int64_t *begin)
{
    int64_t deadline = sf_now(CLOCK_MONOTONIC) + (int64_t)c->request->suspend_timeout_ms * 1000000;
    for (;;) {
        if (!look_before_suspend(c, deadline, &blocking)) {
            c->result.hresult = E_ABORT;
            c->result.flags |= SF_INFO_SUSPEND_REFUSED;
            return SUSPEND_REFUSED;
        }
        /* Only after at least one retry. */
        if (c->result.suspend_retries > 0 && sf_now(CLOCK_MONOTONIC) > deadline)
            return SUSPEND_FAILED;
        unchanged_find(c);
        watch_arm();
        *begin = sf_now(CLOCK_MONOTONIC);
        hresult hr = info_suspend(c->runtime.info);
        bool called_off = watch_disarm(&blocking);
        if (!FAILED(hr) && called_off) {
            info_resume(c->runtime.info);
            c->result.pause_ns = sf_now(CLOCK_MONOTONIC) - *begin;
            c->result.hresult = E_ABORT;
            c->result.flags |= SF_INFO_SUSPEND_CALLED_OFF;
            return SUSPEND_CALLED_OFF;
        }
        if (!FAILED(hr))
            return SUSPENDED;
        c->result.hresult = hr;
        if (hr != CORPROF_E_SUSPENSION_IN_PROGRESS)
            return SUSPEND_FAILED;
        c->result.suspend_retries++;
        struct timespec pause = { 0, 100000 };
        nanosleep(&pause, NULL);
    }
}

static uint32_t thread_of(capture *c, uint32_t os_id)
{
    for (uint32_t i = 0; i < c->threads.count; i++)
        if (((sf_thread *)sf_table_at(&c->threads, i))->os_id == os_id)
            return i;
    uint32_t index = sf_table_add(&c->threads);
    if (index != SF_NONE)
        *(sf_thread *)sf_table_at(&c->threads, index) = (sf_thread){ .os_id = os_id, .flags = SF_THREAD_NOT_WALKED | SF_THREAD_COOPERATIVE,
                                                                     .name_offset = SF_NONE, .exception_type = SF_NONE, .cpu_ns = -1 };
    return index;
}

void describe_blockers(capture *c)
{
    int64_t now = sf_now(CLOCK_MONOTONIC);
    for (uint32_t i = 0; i < blocking.count; i++) {
        const blocker *b = &blocking.found[i];
        uint32_t thread = thread_of(c, b->os_id), index = sf_table_add(&c->blockers);
        if (thread == SF_NONE || index == SF_NONE)
            continue;
        *(sf_blocker *)sf_table_at(&c->blockers, index) = (sf_blocker){
            .thread = thread, .call = b->call < 0 ? -1 : b->call, .seen_ns = now - b->since,
            .flags = (b->call == CALL_RUNNING ? SF_BLOCKER_RUNNING : 0) | (b->call == CALL_STOPPED ? SF_BLOCKER_STOPPED : 0),
        };
    }
}
