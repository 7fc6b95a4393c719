/* Finds threads that keep a processor busy: samples of the processor clocks of threads that ran managed code when they were suspended.
 *
 * The samples are taken while the program runs: during the pause, no thread uses a processor, and before it, the running threads are not known.
 * Necessary work is done between the first two samples, and only the rest of the time is spent sleeping.
 *
 * A thread that shares its processor runs for a few milliseconds and is then ready to run for many. The kernel counts how often a thread has gone to
 * sleep: if that number has not changed and the thread is not asleep, it was ready whenever it did not run. (The kernel's own count of that time, in
 * schedstat, contains only periods that have ended.) So threads that have not slept are sampled until each has used some processor time.
 *
 * So are threads that have run all the time: on a busy machine, a thread that serves one request after another does not sleep for some milliseconds. */
#define _GNU_SOURCE
#include "walk/suspend.h"

#include <time.h>

/* The kernel measures a running thread's time in nanoseconds. The host needs the rest of its time to read the data. */
#define BETWEEN_NS 4000000ll
#define RESERVE_NS 100000000ll
/* For threads that may be busy: how often they are sampled, the processor time that is enough, and how long to wait for it. */
#define AGAIN_NS 2000000ll
#define ENOUGH_NS 10000000ll
#define LONGEST_NS 400000000ll

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
    int64_t sleeps; /* -1: not known */
} sample;

enum { MAX_BUSY = 64, MAX_SAMPLES = 1024 };

bool busy_map(capture *c)
{
    return sf_table_map(&c->busy, sizeof(sf_busy), MAX_BUSY, 0) && sf_table_map(&c->busy_samples, sizeof(sample), MAX_SAMPLES, 0);
}

void busy_unmap(capture *c)
{
    sf_table_unmap(&c->busy);
    sf_table_unmap(&c->busy_samples);
}

static uint32_t os_id(const capture *c, const sample *of)
{
    return ((sf_thread *)sf_table_at(&c->threads, of->thread))->os_id;
}

/* How often a thread has gone to sleep; -1 if that is not known. */
static int64_t sleeps_of(uint32_t os_id, bool *asleep)
{
    char text[4096];
    int64_t sleeps = 0;
    read_task(os_id, "status", text, sizeof text);
    const char *state = strstr(text, "\nState:\t"), *p = strstr(text, "\nvoluntary_ctxt_switches:\t");
    if (!state || !p)
        return -1;
    *asleep = state[strlen("\nState:\t")] != 'R';
    for (p += strlen("\nvoluntary_ctxt_switches:\t"); *p >= '0' && *p <= '9' && sleeps < INT64_MAX / 10 - 10; p++)
        sleeps = sleeps * 10 + (*p - '0');
    return sleeps;
}

static void sleep_until(int64_t due)
{
    for (int64_t now; (now = sf_now(CLOCK_MONOTONIC)) < due;) {
        struct timespec left = { 0, (long)(due - now) };
        nanosleep(&left, NULL);
    }
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
            *(sample *)sf_table_at(&c->busy_samples, index) = (sample){ i, certain, cpu, at, -1 };
    }
    /* Reading a file takes longer than reading a clock. */
    for (uint32_t i = 0; i < c->busy_samples.count && i < MAX_BUSY; i++) {
        sample *s = sf_table_at(&c->busy_samples, i);
        bool asleep;
        s->sleeps = sleeps_of(os_id(c, s), &asleep);
    }
}

/* Takes a further sample of a thread. Returns whether another one is needed. */
static bool sample_again(const capture *c, sample *first, sf_busy *to, bool is_second)
{
    uint32_t id = os_id(c, first);
    int64_t cpu = thread_cpu_ns(id), now = sf_now(CLOCK_MONOTONIC), used = cpu - first->cpu_ns, elapsed = now - first->at_ns;
    if (used < 0) {
        to->wall_ns = 0; /* it has ended, and its id may be reused */
        return false;
    }
    *to = (sf_busy){ first->thread, 0, used, elapsed, 0 };
    if (used >= elapsed - elapsed / 10)
        return first->sleeps >= 0 && used < ENOUGH_NS;
    if (first->sleeps < 0)
        return false;
    bool asleep = true;
    int64_t sleeps = sleeps_of(id, &asleep);
    if (sleeps < 0 || asleep)
        return false;
    if (sleeps != first->sleeps) {
        /* When the runtime resumes, many threads wake at once and wait for each other for a moment. */
        if (is_second)
            *first = (sample){ first->thread, first->certain, cpu, now, sleeps };
        return is_second;
    }
    to->ready_ns = elapsed - used;
    return used < ENOUGH_NS;
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
    int64_t due = samples[count - 1].at_ns + BETWEEN_NS, last = samples[0].at_ns + LONGEST_NS;
    if (due > c->host_deadline - RESERVE_NS)
        return;
    for (uint32_t i = 0; i < count; i++)
        *(sf_busy *)sf_table_at(&c->busy, sf_table_add(&c->busy)) = (sf_busy){ .thread = samples[i].thread };
    bool more = true, open[MAX_BUSY];
    for (bool is_second = true; more; is_second = false) {
        sleep_until(due);
        more = false;
        for (uint32_t i = 0; i < count; i++) {
            if (is_second || open[i])
                open[i] = sample_again(c, &samples[i], sf_table_at(&c->busy, i), is_second);
            more = more || open[i];
        }
        due = sf_now(CLOCK_MONOTONIC) + AGAIN_NS;
        more = more && due < last && due < c->host_deadline - RESERVE_NS;
    }
    sf_busy *busy = sf_table_at(&c->busy, 0);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < count; i++)
        if (busy[i].wall_ns > 0)
            busy[kept++] = busy[i];
    c->busy.count = kept;
}
