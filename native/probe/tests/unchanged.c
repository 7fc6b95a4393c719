/* Tests which threads of a sample are taken not to have run since the last one: real threads, with the kernel's clocks. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "walk/walk.h"

#define CHECK(condition) \
    do { \
        if (!(condition)) { \
            fprintf(stderr, "unchanged: line %d: " #condition "\n", __LINE__); \
            exit(1); \
        } \
    } while (0)

enum { WAITS, RUNS, ENDS, OTHER_CLOCK, BEFORE_TIME, THREADS };

typedef struct worker { pthread_t thread; int ask[2], answer[2]; uint32_t os_id; } worker;
static worker workers[THREADS];

/* Does one step whenever it is asked, and then waits again. */
static void *work(void *state)
{
    worker *w = state;
    char step;
    w->os_id = (uint32_t)syscall(SYS_gettid);
    do
        CHECK(write(w->answer[1], "", 1) == 1);
    while (read(w->ask[0], &step, 1) == 1);
    return NULL;
}

/* Until the clock of a thread stands still: after its answer, it still has to begin its wait. */
static int64_t clock_of(const worker *w)
{
    int64_t before, now = thread_cpu_ns(w->os_id);
    do {
        struct timespec pause = { 0, 20000000 };
        before = now;
        nanosleep(&pause, NULL);
        now = thread_cpu_ns(w->os_id);
    } while (now != before);
    return now;
}

static capture c;
static sf_request request = { .flags = SF_REQUEST_SAMPLE, .seen_count = THREADS };
static sf_seen seen[THREADS];

static clr_id id_of(uint32_t i) { return 100 + 10 * i; }

int main(void)
{
    char answer;
    alarm(300); /* ends a test that hangs; no test depends on this time */
    c = (capture){ .request = &request, .seen = seen };
    CHECK(sf_table_map(&c.threads, sizeof(sf_thread), THREADS, 0) && sf_table_map(&c.thread_work, sizeof(thread_work), THREADS, 0));
    for (uint32_t i = 0; i < THREADS; i++) {
        worker *w = &workers[i];
        CHECK(pipe(w->ask) == 0 && pipe(w->answer) == 0 && pthread_create(&w->thread, NULL, work, w) == 0 && read(w->answer[0], &answer, 1) == 1);
    }
    for (uint32_t i = 0; i < THREADS; i++)
        seen[i] = (sf_seen){ .thread_id = id_of(i), .os_id = workers[i].os_id, .cpu_ns = clock_of(&workers[i]) / SF_SEEN_UNIT_NS * SF_SEEN_UNIT_NS };
    CHECK(write(workers[RUNS].ask[1], "", 1) == 1 && read(workers[RUNS].answer[0], &answer, 1) == 1);
    close(workers[ENDS].ask[1]);
    CHECK(pthread_join(workers[ENDS].thread, NULL) == 0);
    seen[BEFORE_TIME].cpu_ns = INT64_MIN;
    seen[OTHER_CLOCK].cpu_ns += SF_SEEN_UNIT_NS; /* as if its id had belonged to another thread */

    unchanged_find(&c);
    unchanged_find(&c); /* as for a second attempt */
    clr_id ids[] = { 1, id_of(OTHER_CLOCK), id_of(WAITS), id_of(ENDS), id_of(RUNS), id_of(BEFORE_TIME), 105, 1000 };
    CHECK(unchanged_take(&c, ids, 8) == 7);
    const clr_id others[] = { 1, id_of(OTHER_CLOCK), id_of(ENDS), id_of(RUNS), id_of(BEFORE_TIME), 105, 1000 };
    CHECK(memcmp(ids, others, sizeof others) == 0);
    CHECK(c.threads.count == 1 && c.thread_work.count == 1 && c.result.thread_total == 1);
    const sf_thread *thread = sf_table_at(&c.threads, 0);
    CHECK(thread->thread_id == id_of(WAITS) && thread->os_id == workers[WAITS].os_id && thread->flags == SF_THREAD_HAS_NOT_RUN && thread->frame_count == 0);
    CHECK(thread->cpu_ns == seen[WAITS].cpu_ns && thread->name_offset == SF_NONE && thread->exception_type == SF_NONE);

    /* A whole dump walks every thread. */
    request.seen_count = 0;
    CHECK(unchanged_take(&c, ids, 6) == 6 && c.threads.count == 1);
    return 0;
}
