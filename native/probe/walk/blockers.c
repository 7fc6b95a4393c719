/* Finds the threads that would prevent a suspension.
 *
 * The runtime waits for each thread in cooperative mode, without a time limit. A thread that runs managed code leaves that mode when it is asked to.
 * A thread in a native call that stays in that mode (SuppressGCTransition) leaves it when the call returns. If the call waits for another thread, it
 * never returns, and the program freezes forever. The runtime's list of threads shows which threads are in that mode, and the kernel shows which of
 * them are off the processor, and in which system call. Both are read here while the program runs, so each value is checked before use. */
#define _GNU_SOURCE
#include "walk/suspend.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { LIST_TRIES = 3, MOST_THREADS = 1 << 20, LEAST_WAIT_NS = 1000000, LOOK_NS = 100000000, STUCK_NS = 40000000 };

static char *digits(char *to, uint32_t n)
{
    char reversed[10];
    int count = 0;
    do
        reversed[count++] = (char)('0' + n % 10);
    while ((n /= 10) != 0);
    while (count > 0)
        *to++ = reversed[--count];
    return to;
}

void read_task(uint32_t os_id, const char *file, char *to, size_t size)
{
    char path[64] = "/proc/self/task/";
    char *end = digits(path + strlen(path), os_id);
    *end++ = '/';
    memcpy(end, file, strlen(file) + 1);
    to[0] = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    ssize_t got = read(fd, to, size - 1);
    to[got > 0 ? got : 0] = 0;
    close(fd);
}

/* "running", "-1 …" for a thread that waits outside of a system call, or the number of a call. */
static int32_t call_of(const char *text)
{
    if (text[0] == '-')
        return CALL_STOPPED;
    if (text[0] < '0' || text[0] > '9')
        return text[0] == 'r' ? CALL_RUNNING : CALL_UNKNOWN;
    int32_t call = 0;
    for (; *text >= '0' && *text <= '9' && call < 100000; text++)
        call = call * 10 + (*text - '0');
    return call;
}

int32_t call_of_thread(uint32_t os_id)
{
    char text[CALL_BYTES];
    read_task(os_id, "syscall", text, sizeof text);
    return call_of(text);
}

/* The third field of "id (name) state …"; a name can contain anything. */
static char state_of(uint32_t os_id)
{
    char stat[256];
    read_task(os_id, "stat", stat, sizeof stat);
    const char *name_end = NULL;
    for (const char *p = stat; *p; p++)
        if (*p == ')')
            name_end = p;
    return name_end && name_end[1] == ' ' ? name_end[2] : 0;
}

void look_at(blocker *b)
{
    read_task(b->os_id, "schedstat", b->switches, sizeof b->switches);
    read_task(b->os_id, "syscall", b->text, sizeof b->text);
    b->call = call_of(b->text);
    /* On a busy machine, a thread that is ready to run can still be in the call in which it was interrupted. */
    if (b->call >= 0 && state_of(b->os_id) == 'R')
        b->call = CALL_RUNNING;
    if (b->call != CALL_STOPPED && b->call != CALL_UNKNOWN)
        return;
    /* Off the processor and in no system call: a page fault will complete; a thread that a tracer holds may not continue. If the kernel does not show
     * calls, sleeping threads are in one. */
    char state = state_of(b->os_id);
    bool stopped = state == 't' || state == 'T';
    if (b->call == CALL_STOPPED ? !stopped : state != 'S' && !stopped)
        b->call = CALL_RUNNING;
    else if (stopped)
        b->call = CALL_STOPPED;
}

/* False if the list changed during the reading, or is not valid. */
static bool find(const capture *c, uint32_t own_id, bool running, blockers *b)
{
    const layout *k = &c->runtime.layout;
    uint8_t copy[LAYOUT_THREAD_BYTES];
    uintptr_t link;
    uint32_t threads = 0, count;
    b->count = 0;
    b->whole = true;
    if (!sf_read_pointer(k->thread_list.store + k->thread_list.first, &link))
        return false;
    for (; threads < MOST_THREADS && plausible(link); threads++) {
        uintptr_t thread = link - k->thread.link_at;
        uint32_t os_id, cooperative;
        if (!sf_read((void *)thread, copy, k->thread.bytes))
            return false;
        memcpy(&link, copy + k->thread.link, sizeof link);
        memcpy(&os_id, copy + k->thread.os_id, sizeof os_id);
        memcpy(&cooperative, copy + k->thread.cooperative, sizeof cooperative);
        if (cooperative == 0 || os_id == 0 || os_id == own_id)
            continue;
        b->whole = b->whole && b->count < MAX_BLOCKERS;
        if (b->count == MAX_BLOCKERS)
            continue;
        blocker *found = &b->found[b->count];
        found->thread = thread;
        found->os_id = os_id;
        found->since = sf_now(CLOCK_MONOTONIC);
        look_at(found);
        /* It may have left that mode before it entered the call. */
        if ((found->call != CALL_RUNNING || running)
            && sf_read((void *)(thread + k->thread.cooperative), &cooperative, sizeof cooperative) && cooperative != 0)
            b->count++;
    }
    return link == 0 && sf_read((void *)(k->thread_list.store + k->thread_list.count), &count, sizeof count) && count == threads;
}

void find_blockers(const capture *c, uint32_t own_id, bool running, blockers *b)
{
    bool read = false;
    for (int i = 0; i < LIST_TRIES && !read && layout_knows(&c->runtime.layout, LAYOUT_THREAD_LIST); i++)
        read = find(c, own_id, running, b);
    if (!read) {
        b->count = 0;
        b->whole = false;
    }
}

/* Copies the times of threads that were already seen and have not run since. */
static void keep_times(const blockers *before, blockers *now)
{
    for (uint32_t i = 0; i < now->count; i++)
        for (uint32_t j = 0; j < before->count; j++)
            if (now->found[i].thread == before->found[j].thread && !strcmp(now->found[i].text, before->found[j].text)
                && !strcmp(now->found[i].switches, before->found[j].switches))
                now->found[i].since = before->found[j].since;
}

/* The second to last word of the kernel's line is the thread's stack pointer. */
static uintptr_t stack_of(const char *text)
{
    uintptr_t numbers[2] = { 0, 0 };
    for (const char *p = text; *p; p++) {
        if (p[0] != '0' || p[1] != 'x')
            continue;
        uintptr_t n = 0;
        for (p += 2; (*p >= '0' && *p <= '9') || (*p >= 'a' && *p <= 'f'); p++)
            n = n << 4 | (uintptr_t)(*p <= '9' ? *p - '0' : *p - 'a' + 10);
        numbers[0] = numbers[1];
        numbers[1] = n;
        p--;
    }
    return numbers[0];
}

/* Whether the runtime itself waits: a thread that collects garbage waits in cooperative mode, and so does one that waits for the first part of a
 * background collection. These waits end. Their innermost code outside of libc belongs to the runtime; for the program's native call, it belongs to
 * the program, or is managed. */
static bool is_runtimes_own_wait(const capture *c, const blocker *b)
{
    enum { WORDS = 64, PIECES = 8 };
    uintptr_t words[WORDS], at = stack_of(b->text);
    for (int piece = 0; piece < PIECES && plausible(at) && sf_read((const void *)at, words, sizeof words); piece++, at += sizeof words)
        for (int i = 0; i < WORDS; i++) {
            enum code_owner owner = follows_call(words[i]) ? owner_of_code(&c->runtime, words[i]) : CODE_OF_LIBC;
            if (owner != CODE_OF_LIBC)
                return owner == CODE_OF_RUNTIME;
        }
    return false;
}

bool look_before_suspend(const capture *c, int64_t deadline, blockers *b)
{
    static blockers before;
    uint32_t own_id = (uint32_t)syscall(SYS_gettid);
    int64_t begin = sf_now(CLOCK_MONOTONIC), now = begin;
    int64_t limit = (int64_t)c->request->suspend_timeout_ms * 1000000 / 4;
    if (limit > LOOK_NS)
        limit = LOOK_NS;
    if (limit > deadline - begin)
        limit = deadline - begin;
    find_blockers(c, own_id, false, b);
    for (int64_t wait = LEAST_WAIT_NS; b->count > 0 && now - begin < limit; wait *= 2) {
        struct timespec time = { 0, wait < limit - (now - begin) ? wait : limit - (now - begin) };
        nanosleep(&time, NULL);
        before = *b;
        find_blockers(c, own_id, false, b);
        keep_times(&before, b);
        now = sf_now(CLOCK_MONOTONIC);
    }
    /* A thread that stays in one call for this long is stuck in it. A thread that makes many short calls stops at its next return. So does a thread
     * that a collection is stopping, which gets a signal again and again. */
    uint32_t stuck = 0;
    for (uint32_t i = 0; i < b->count; i++)
        if (now - b->found[i].since >= STUCK_NS && !is_runtimes_own_wait(c, &b->found[i]))
            b->found[stuck++] = b->found[i];
    b->count = stuck;
    return stuck == 0;
}
