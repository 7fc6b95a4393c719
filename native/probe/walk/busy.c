/* Finds threads that keep a processor busy: two samples of the processor clocks of threads that ran managed code when they were suspended.
 *
 * Both samples are taken while the program runs: during the pause, no thread uses a processor, and before it, the running threads are not known.
 * Necessary work is done between the samples, and only the rest of the time is spent sleeping. */
#define _GNU_SOURCE
#include "walk/capture.h"

#include <time.h>

/* The kernel measures a running thread's time in nanoseconds, but a thread that shares its processor alternates between running and waiting for some
 * milliseconds each. The host needs the rest of its time to read the data. */
#define BETWEEN_NS 4000000ll
#define RESERVE_NS 100000000ll

int64_t thread_cpu_ns(uint32_t os_id)
{
    /* The kernel's encoding of clock ids for other threads of the same process. */
    struct timespec cpu;
    if (os_id == 0 || clock_gettime((clockid_t)(~os_id << 3 | 6), &cpu) != 0)
        return -1;
    return (int64_t)cpu.tv_sec * 1000000000 + cpu.tv_nsec;
}

/* A first sample. */
typedef struct sample {
    uint32_t thread; /* index */
    bool certain;
    int64_t cpu_ns, at_ns;
} sample;

enum { MAX_BUSY = 64, MAX_SAMPLES = 1024 };

bool busy_map(capture *c)
{
    return sf_table_map(&c->busy, sizeof(sf_busy), MAX_BUSY, 0) && sf_table_map(&c->busy_samples, sizeof(sample), MAX_SAMPLES, 0);
}

static uint32_t os_id(const capture *c, const sample *of)
{
    return ((sf_thread *)sf_table_at(&c->threads, of->thread))->os_id;
}

void busy_begin(capture *c)
{
    /* If the runtime does not name the frames of interrupted threads (before .NET 10), a thread that was suspended at the return from a call looks
     * like one that waits in that call. */
    bool told = layout_knows(&c->runtime.layout, LAYOUT_THREADS) && layout_knows(&c->runtime.layout, LAYOUT_STOPPED);
    for (uint32_t i = 0; i < c->threads.count; i++) {
        const sf_thread *thread = sf_table_at(&c->threads, i);
        const raw_frame *innermost = thread->frame_count > 0 ? sf_table_at(&c->raw, thread->first_frame) : NULL;
        bool certain = thread->flags & SF_THREAD_INTERRUPTED || (innermost && innermost->exact);
        if (!certain && (told || !innermost || innermost->function == SF_NONE))
            continue;
        /* The wall time is read before the processor time here, and after it in the second sample, so that a thread never used more than the elapsed
         * time. */
        int64_t at = sf_now(CLOCK_MONOTONIC), cpu = thread_cpu_ns(thread->os_id);
        uint32_t index = cpu >= 0 ? sf_table_add(&c->busy_samples) : SF_NONE;
        if (index != SF_NONE)
            *(sample *)sf_table_at(&c->busy_samples, index) = (sample){ i, certain, cpu, at };
    }
}

void busy_end(capture *c)
{
    sample *samples = sf_table_at(&c->busy_samples, 0);
    uint32_t count = 0;
    for (uint32_t i = 0; i < c->busy_samples.count && count < MAX_BUSY; i++)
        if (samples[i].certain || thread_cpu_ns(os_id(c, &samples[i])) > samples[i].cpu_ns)
            samples[count++] = samples[i];
    if (count == 0)
        return;
    int64_t due = samples[count - 1].at_ns + BETWEEN_NS;
    if (due > c->host_deadline - RESERVE_NS)
        return;
    for (int64_t now; (now = sf_now(CLOCK_MONOTONIC)) < due;) {
        struct timespec left = { 0, (long)(due - now) };
        nanosleep(&left, NULL);
    }
    for (uint32_t i = 0; i < count; i++) {
        int64_t cpu = thread_cpu_ns(os_id(c, &samples[i])), now = sf_now(CLOCK_MONOTONIC);
        if (cpu < samples[i].cpu_ns)
            continue; /* it has ended, and its id may be reused */
        *(sf_busy *)sf_table_at(&c->busy, sf_table_add(&c->busy)) =
            (sf_busy){ samples[i].thread, 0, cpu - samples[i].cpu_ns, now - samples[i].at_ns };
    }
}
