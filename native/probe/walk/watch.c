/* A suspend that does not end, called off.
 *
 * A thread can block in cooperative mode between the look (blockers.c) and the suspend, or run on in native code. The runtime then waits for it without
 * end, and everybody else stands still; nothing of the profiling interface ends that. What ends it is that the thread leaves cooperative mode. So
 * it is made to: by a signal, in whose handler it says of itself that it has left it, as it would on every other native call; the suspend ends;
 * the thread takes its word back; and the program is resumed. The signal's handler restarts system calls, and the runtime has interrupted the
 * thread with signals of its own some thousand times by then.
 *
 * While a thread has left that mode without the runtime's help, the collector would not see what it refers to. So no collection may run meanwhile, and none
 * can: the suspend that is under way is ours, which is made sure of (we_suspend), and the thread is back before the resume. A handler that
 * comes too late does nothing: each step of it is allowed once, by a slot that watch_disarm has closed by then. */
#define _GNU_SOURCE
#include "walk/suspend.h"

#include "memory/first_libc.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* Older systems have the threads in libpthread, which the runtime has loaded. Where they are not there, nobody watches. */
FIRST_LIBC(dladdr);
FIRST_LIBC(dlopen);
FIRST_LIBC(pthread_create);
FIRST_LIBC(pthread_join);
FIRST_LIBC(pthread_attr_setstack);
extern __typeof__(pthread_create) pthread_create __attribute__((weak));
extern __typeof__(pthread_join) pthread_join __attribute__((weak));
extern __typeof__(pthread_attr_setstack) pthread_attr_setstack __attribute__((weak));

/* A signal that is ignored unless somebody handles it: one that comes late hurts nobody. */
enum { SIGNAL = SIGURG };

enum { WAIT_PRIVATE = 128, WAKE_PRIVATE = 129 }; /* FUTEX_…: musl has no headers of the kernel's */

enum {
    STACK_BYTES = 256 << 10,
    ROUND_NS = 50000000,           /* from one look at the suspend to the next */
    PATIENCE_NS = 100000000,       /* a suspend that lasts no longer is left alone */
    HANDLER_STEP_NS = 50000,
    MOST_IN_HANDLER_NS = 2000000000,
    ENOUGH_CPU_NS = 30000000,
    LEAST_STEPS_NS = 100000,
    LEAST_END_NS = 500000000,
    HOST_RESERVE_NS = 250000000, /* of the host's time, to hear that the probe is gone */
};

static const int64_t MOST_END_NS = INT64_C(10000000000);

/* What a thread is asked to do. It answers the first signal: it can be reached. If it then stays in one call, or has had a processor for long enough
 * to stop by itself if it could, the second takes it out of cooperative mode. */
enum stage { STAGE_FREE, STAGE_CALLED, STAGE_ANSWERED, STAGE_LEAVE, STAGE_OUT, STAGE_BACK, STAGE_CLOSED };

typedef struct slot {
    _Atomic uint32_t os_id;
    _Atomic int stage;
    _Atomic bool left;
    _Atomic(_Atomic uint32_t *) cooperative;
    /* As the watching thread saw it before: its processor time, and its call. */
    int64_t cpu_ns;
    char text[CALL_BYTES];
} slot;

/* A handler has no other way to them; captures never overlap. */
static slot slots[MAX_BLOCKERS];
static _Atomic int64_t armed; /* when the suspend began that is under way; 0: none */
static _Atomic bool asked, go_back; /* of the suspend under way: whether threads were asked to leave, whether they may come back */
static _Atomic uint32_t sent, handled, in_handler;
static _Atomic uint32_t quit; /* a futex */
static struct sigaction previous;

static const capture *watched;
static uint32_t own_id;
static bool watching, handling, settling, all_counted;
static uint32_t signalled[MAX_BLOCKERS], signalled_count; /* threads, in all of the capture */
static pthread_t watcher;
static void *stack;
static blockers seen, blamed;

enum { STORE_WORDS = 72 };
static uint32_t store_before[STORE_WORDS], store_words;

static void nap(int64_t ns)
{
    struct timespec time = { 0, ns };
    nanosleep(&time, NULL);
}

/* Leaves cooperative mode until the suspend has ended. */
static void leave(slot *s)
{
    _Atomic uint32_t *cooperative = atomic_load(&s->cooperative);
    int64_t begin = sf_now(CLOCK_MONOTONIC);
    if (atomic_load(cooperative) == 1) {
        atomic_store(cooperative, 0);
        atomic_store(&s->left, true);
        while (!atomic_load(&go_back) && sf_now(CLOCK_MONOTONIC) - begin < MOST_IN_HANDLER_NS)
            nap(HANDLER_STEP_NS);
        atomic_store(cooperative, 1);
    }
    atomic_store(&s->stage, STAGE_BACK);
}

static void handle(int number, siginfo_t *info, void *context)
{
    int error = errno;
    atomic_fetch_add(&in_handler, 1);
    uint32_t self = (uint32_t)syscall(SYS_gettid);
    bool ours = false;
    for (uint32_t i = 0; i < MAX_BLOCKERS && !ours && info->si_code == SI_TKILL && info->si_pid == getpid(); i++) {
        if (atomic_load(&slots[i].os_id) != self)
            continue;
        int called = STAGE_CALLED, asked = STAGE_LEAVE;
        if (!atomic_compare_exchange_strong(&slots[i].stage, &called, STAGE_ANSWERED)
            && atomic_compare_exchange_strong(&slots[i].stage, &asked, STAGE_OUT))
            leave(&slots[i]);
        ours = true;
    }
    if (ours)
        atomic_fetch_add(&handled, 1);
    else if (previous.sa_flags & SA_SIGINFO)
        previous.sa_sigaction(number, info, context);
    else if (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN)
        previous.sa_handler(number);
    atomic_fetch_sub(&in_handler, 1);
    errno = error;
}

static void begin_handling(void)
{
    struct sigaction action = { .sa_sigaction = handle, .sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK };
    sigfillset(&action.sa_mask);
    handling = handling || (sigaction(SIGNAL, NULL, &previous) == 0 && sigaction(SIGNAL, &action, NULL) == 0);
}

/* Whether all have counted themselves out, and have since had a processor for long enough to make the few steps from there to the handler's end, or
 * wait in the kernel for something else. */
static bool all_are_out(void)
{
    static int64_t cpu_ns[MAX_BLOCKERS];
    if (atomic_load(&in_handler) > 0 || atomic_load(&handled) < atomic_load(&sent))
        return false;
    bool out = true;
    for (uint32_t i = 0; i < signalled_count; i++) {
        int64_t now = thread_cpu_ns(signalled[i]); /* -1: it has ended */
        if (!all_counted)
            cpu_ns[i] = now;
        out = out && (now < 0 || now - cpu_ns[i] > LEAST_STEPS_NS || call_of_thread(signalled[i]) >= 0);
    }
    all_counted = true;
    return out;
}

static void end_handling(void)
{
    if (!handling)
        return;
    handling = false;
    settling = true;
    sigaction(SIGNAL, &previous, NULL); /* signals that wait are dropped with it, where nobody handles them */
}

/* A thread of a busy machine can stand in the handler for long before it gets a processor. */
void watch_settle(int64_t deadline)
{
    if (!settling)
        return;
    settling = false;
    int64_t now = sf_now(CLOCK_MONOTONIC), end = deadline - HOST_RESERVE_NS;
    end = end < now + LEAST_END_NS ? now + LEAST_END_NS : end > now + MOST_END_NS ? now + MOST_END_NS : end;
    bool out;
    while (!(out = all_are_out()) && sf_now(CLOCK_MONOTONIC) < end)
        nap(HANDLER_STEP_NS);
    Dl_info where;
    if (!out && dladdr((void *)handle, &where) && where.dli_fname)
        dlopen(where.dli_fname, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE);
}

/* Whether the suspend that is under way is ours, and not one that ours waits for. Whoever suspends holds the lock of the runtime's list of
 * threads: it is the owner of the mutex in it and noted as its holder, by its id. Both are beside the list, and have become ours since the suspend began. */
static bool we_suspend(void)
{
    enum { ID_BITS = 0x3FFFFFFF }; /* the others are the mutex's own, on musl */
    uint32_t now[STORE_WORDS], ours = 0;
    const layout *k = &watched->runtime.layout;
    if (store_words == 0 || !sf_read((void *)k->thread_list.store, now, store_words * sizeof *now))
        return false;
    for (uint32_t i = 0; i < store_words; i++)
        ours += (now[i] & ID_BITS) == own_id && (store_before[i] & ID_BITS) != own_id;
    return ours >= 2;
}

static slot *slot_of(const blocker *b)
{
    slot *free = NULL;
    for (uint32_t i = 0; i < MAX_BLOCKERS; i++) {
        if (atomic_load(&slots[i].os_id) == b->os_id)
            return &slots[i];
        if (!free && atomic_load(&slots[i].os_id) == 0 && atomic_load(&slots[i].stage) == STAGE_FREE)
            free = &slots[i];
    }
    return free;
}

static void send_to(const blocker *b)
{
    uint32_t known = 0;
    while (known < signalled_count && signalled[known] != b->os_id)
        known++;
    if (known == MAX_BLOCKERS)
        return;
    signalled[known] = b->os_id;
    signalled_count += known == signalled_count;
    atomic_fetch_add(&sent, 1);
    if (syscall(SYS_tgkill, getpid(), b->os_id, SIGNAL) != 0)
        atomic_fetch_sub(&sent, 1);
}

/* The runtime's own signals end the call of a thread that waits, which then begins it again: it is caught in it now and then. */
static void see_call(blocker *b)
{
    enum { LOOKS = 10 };
    for (int i = 0; i < LOOKS && b->call == CALL_RUNNING; i++) {
        nap(HANDLER_STEP_NS);
        look_at(b);
    }
}

/* A thread that cannot get a processor is not to blame. */
static bool stays(slot *s, const blocker *b)
{
    if (thread_cpu_ns(b->os_id) - s->cpu_ns > ENOUGH_CPU_NS || (b->call != CALL_RUNNING && !strcmp(s->text, b->text)))
        return true;
    memcpy(s->text, b->text, sizeof s->text);
    return false;
}

/* A thread that cannot be reached keeps the suspend from ending whatever the others do: nobody leaves before all have answered. */
static void call_off(void)
{
    find_blockers(watched, own_id, true, &seen);
    if (!seen.whole || seen.count == 0)
        return;
    begin_handling();
    bool all_stay = handling;
    for (uint32_t i = 0; i < seen.count && handling; i++) {
        slot *s = slot_of(&seen.found[i]);
        int stage = s ? atomic_load(&s->stage) : STAGE_CLOSED;
        see_call(&seen.found[i]);
        all_stay = all_stay && stage == STAGE_ANSWERED && stays(s, &seen.found[i]);
        if (stage == STAGE_FREE) {
            s->cpu_ns = thread_cpu_ns(seen.found[i].os_id);
            memcpy(s->text, seen.found[i].text, sizeof s->text);
            atomic_store(&s->cooperative, (_Atomic uint32_t *)(seen.found[i].thread + watched->runtime.layout.thread.cooperative));
            atomic_store(&s->os_id, seen.found[i].os_id);
            if (atomic_compare_exchange_strong(&s->stage, &stage, STAGE_CALLED))
                send_to(&seen.found[i]);
        }
    }
    if (!all_stay || !we_suspend() || atomic_exchange(&asked, true))
        return;
    blamed = seen;
    for (uint32_t i = 0; i < seen.count; i++) {
        slot *s = slot_of(&seen.found[i]);
        int answered = STAGE_ANSWERED;
        if (s && atomic_compare_exchange_strong(&s->stage, &answered, STAGE_LEAVE))
            send_to(&seen.found[i]);
    }
}

static void *watch(void *unused)
{
    struct timespec time = { 0, ROUND_NS };
    (void)unused;
    while (atomic_load(&quit) == 0) {
        syscall(SYS_futex, &quit, WAIT_PRIVATE, 0, &time, NULL, 0);
        int64_t begin = atomic_load(&armed);
        if (begin != 0 && sf_now(CLOCK_MONOTONIC) - begin > PATIENCE_NS)
            call_off();
    }
    return NULL;
}

void watch_begin(const capture *c)
{
    pthread_attr_t attributes;
    sigset_t all, mask;
    const layout *k = &c->runtime.layout;
    watched = c;
    own_id = (uint32_t)syscall(SYS_gettid);
    atomic_store(&quit, 0);
    atomic_store(&armed, 0);
    atomic_store(&sent, 0);
    atomic_store(&handled, 0);
    watching = handling = all_counted = false;
    signalled_count = 0;
    store_words = (k->thread_list.first + k->thread_list.lock_after) / sizeof *store_before;
    if (store_words > STORE_WORDS)
        store_words = STORE_WORDS;
    if (!layout_knows(k, LAYOUT_THREAD_LIST) || !layout_knows(k, LAYOUT_LIST_HOLDER) || !pthread_create || !pthread_join || !pthread_attr_setstack
        || pthread_attr_init(&attributes) != 0)
        return;
    /* A stack of ours: libc keeps those that it makes. */
    stack = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (stack == MAP_FAILED)
        return;
    /* The program's handlers are not for this thread: some ask the runtime who it is. */
    sigfillset(&all);
    watching = pthread_attr_setstack(&attributes, stack, STACK_BYTES) == 0 && sigprocmask(SIG_SETMASK, &all, &mask) == 0;
    if (watching) {
        watching = pthread_create(&watcher, &attributes, watch, NULL) == 0;
        sigprocmask(SIG_SETMASK, &mask, NULL);
    }
    if (!watching)
        munmap(stack, STACK_BYTES);
}

void watch_end(void)
{
    if (!watching)
        return;
    watching = false;
    atomic_store(&quit, 1);
    syscall(SYS_futex, &quit, WAKE_PRIVATE, 1, NULL, NULL, 0);
    pthread_join(watcher, NULL);
    munmap(stack, STACK_BYTES);
    end_handling();
}

void watch_arm(void)
{
    if (!watching || !sf_read((void *)watched->runtime.layout.thread_list.store, store_before, store_words * sizeof *store_before))
        return;
    for (uint32_t i = 0; i < MAX_BLOCKERS; i++) {
        atomic_store(&slots[i].os_id, 0);
        atomic_store(&slots[i].left, false);
        atomic_store(&slots[i].stage, STAGE_FREE);
    }
    atomic_store(&asked, false);
    atomic_store(&go_back, false);
    atomic_store(&armed, sf_now(CLOCK_MONOTONIC));
}

bool watch_disarm(blockers *released)
{
    if (atomic_exchange(&armed, 0) == 0)
        return false;
    bool left = false;
    atomic_store(&go_back, true);
    for (uint32_t i = 0; i < MAX_BLOCKERS; i++) {
        slot *s = &slots[i];
        int stage = atomic_load(&s->stage);
        while (stage != STAGE_OUT && stage != STAGE_BACK && !atomic_compare_exchange_weak(&s->stage, &stage, STAGE_CLOSED))
            ;
        while (atomic_load(&s->stage) == STAGE_OUT)
            nap(HANDLER_STEP_NS);
        left = left || atomic_load(&s->left);
    }
    if (left)
        *released = blamed;
    return left;
}
