/* Cancels a suspend that does not end.
 *
 * A thread can block in cooperative mode between the check (blockers.c) and the suspend, or continue in native code. The runtime then waits for it
 * without a limit, and all other threads are stopped. The profiling interface has no way to end that. It ends when the thread leaves cooperative
 * mode. So we make it leave: in the handler of a signal, the thread marks itself as outside of that mode, as it would on any other native call. The
 * suspend ends, the thread restores its mode, and the program is resumed. The signal's handler restarts system calls, and the runtime has interrupted
 * the thread with its own signals many times by then.
 *
 * While a thread has left that mode without the runtime's help, the collector does not see its references. So no collection may run meanwhile. None
 * can, because the current suspend is ours, which is checked (we_suspend), and the thread is back before the resume. A handler that runs too late
 * does nothing: each of its steps is allowed once, by a slot that watch_disarm has closed by then. */
#define _GNU_SOURCE
#include "walk/suspend.h"

#include "memory/first_libc.h"
#include "memory/futex.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* Older systems have thread functions in libpthread, which the runtime has loaded. If they are not found, there is no watching thread. */
FIRST_LIBC(dladdr);
FIRST_LIBC(dlopen);
FIRST_LIBC(pthread_create);
FIRST_LIBC(pthread_join);
FIRST_LIBC(pthread_attr_setstack);
extern __typeof__(pthread_create) pthread_create __attribute__((weak));
extern __typeof__(pthread_join) pthread_join __attribute__((weak));
extern __typeof__(pthread_attr_setstack) pthread_attr_setstack __attribute__((weak));

/* A signal whose default action is to ignore it: a late one does no harm. */
enum { SIGNAL = SIGURG };

enum {
    STACK_BYTES = 256 << 10,
    ROUND_NS = 50000000,           /* the time between checks of the suspend */
    PATIENCE_NS = 100000000,       /* a shorter suspend is left alone */
    HANDLER_STEP_NS = 50000,
    MOST_IN_HANDLER_NS = 2000000000,
    ENOUGH_CPU_NS = 30000000,
    LEAST_STEPS_NS = 100000,
    LEAST_END_NS = 500000000,
    SECOND_LOOK_NS = 10000000,
    HOST_RESERVE_NS = 250000000, /* the part of the host's time in which it learns that the probe is gone */
};

static const int64_t MOST_END_NS = INT64_C(10000000000);

/* The request to a thread. It answers the first signal, so it can be reached. If it then stays in one call, or has run long enough to stop by itself
 * if it could, the second signal makes it leave cooperative mode. */
enum stage { STAGE_FREE, STAGE_CALLED, STAGE_ANSWERED, STAGE_LEAVE, STAGE_OUT, STAGE_BACK, STAGE_CLOSED };

typedef struct slot {
    _Atomic uint32_t os_id;
    _Atomic int stage;
    _Atomic bool left;
    _Atomic(_Atomic uint32_t *) cooperative;
    /* The previous state, from the watching thread: processor time and system call. */
    int64_t cpu_ns;
    char text[CALL_BYTES];
} slot;

/* Static, because a handler gets no argument; captures never overlap. */
static slot slots[MAX_BLOCKERS];
static _Atomic int64_t armed; /* start of the current suspend; 0: none */
static _Atomic bool asked, go_back; /* for the current suspend: whether threads were asked to leave, and whether they may come back */
static _Atomic uint32_t sent, handled, in_handler;
static atomic_uint quit; /* a futex */
static struct sigaction previous;

static const capture *watched;
static uint32_t own_id;
static bool watching, handling, settling, all_counted;
static uint32_t signalled[MAX_BLOCKERS], signalled_count; /* threads of the whole capture */
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

/* Whether all have counted themselves out, and have since either run long enough to reach the handler's end, or are waiting in the kernel for
 * something else. */
static bool all_are_out(void)
{
    static int64_t cpu_ns[MAX_BLOCKERS];
    if (atomic_load(&in_handler) > 0)
        return false;
    bool out = true;
    for (uint32_t i = 0; i < signalled_count; i++) {
        int64_t now = thread_cpu_ns(signalled[i]); /* -1: it has ended */
        if (!all_counted)
            cpu_ns[i] = now;
        out = out && (now < 0 || now - cpu_ns[i] > LEAST_STEPS_NS || call_of_thread(signalled[i]) >= 0);
    }
    all_counted = true;
    return out && atomic_load(&in_handler) == 0;
}

static void end_handling(void)
{
    if (!handling)
        return;
    handling = false;
    settling = true;
    sigaction(SIGNAL, &previous, NULL); /* if the program has no handler for it, this also drops pending signals */
}

/* On a busy machine, a thread can be in the handler for a long time before it gets a processor. */
void watch_settle(int64_t deadline)
{
    if (!settling)
        return;
    settling = false;
    int64_t now = sf_now(CLOCK_MONOTONIC), end = deadline - HOST_RESERVE_NS;
    end = end < now + LEAST_END_NS ? now + LEAST_END_NS : end > now + MOST_END_NS ? now + MOST_END_NS : end;
    /* Of a signal that was not handled, it is not known whether a thread has taken it: one that fetches a page for the handler looks as if it waited. */
    int looks = atomic_load(&handled) < atomic_load(&sent) ? 2 : 1;
    while (looks > 0 && sf_now(CLOCK_MONOTONIC) < end) {
        bool out = all_are_out();
        looks = out ? looks - 1 : looks;
        nap(out && looks > 0 ? SECOND_LOOK_NS : HANDLER_STEP_NS);
    }
    Dl_info where;
    if (looks > 0 && dladdr((void *)handle, &where) && where.dli_fname)
        dlopen(where.dli_fname, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE);
}

/* Whether the current suspend is ours, and not one that ours waits for. The suspending thread holds the lock of the runtime's list of threads: it
 * owns the mutex, and its id is recorded as the holder. Both are next to the list, and must have become ours since the suspend began. */
static bool we_suspend(void)
{
    enum { ID_BITS = 0x3FFFFFFF }; /* the other bits are flags of the mutex, on musl */
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

/* The runtime's own signals interrupt the call of a waiting thread, which then restarts it: between them, it is briefly not in the call. */
static void see_call(blocker *b)
{
    enum { LOOKS = 10 };
    for (int i = 0; i < LOOKS && b->call == CALL_RUNNING; i++) {
        nap(HANDLER_STEP_NS);
        look_at(b);
    }
}

/* A thread that cannot get a processor does not count. */
static bool stays(slot *s, const blocker *b)
{
    if (thread_cpu_ns(b->os_id) - s->cpu_ns > ENOUGH_CPU_NS || (b->call != CALL_RUNNING && !strcmp(s->text, b->text)))
        return true;
    memcpy(s->text, b->text, sizeof s->text);
    return false;
}

/* If one thread cannot be reached, the suspend does not end anyway: no thread leaves before all have answered. */
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
        futex_wait_while_zero(&quit, &time);
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
    watching = handling = settling = all_counted = false;
    signalled_count = 0;
    store_words = (k->thread_list.first + k->thread_list.lock_after) / sizeof *store_before;
    if (store_words > STORE_WORDS)
        store_words = STORE_WORDS;
    if (!layout_knows(k, LAYOUT_THREAD_LIST) || !layout_knows(k, LAYOUT_LIST_HOLDER) || !pthread_create || !pthread_join || !pthread_attr_setstack
        || pthread_attr_init(&attributes) != 0)
        return;
    /* Our own stack, because libc keeps the stacks that it allocates. */
    stack = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (stack == MAP_FAILED)
        return;
    /* Block all signals: the program's handlers must not run on this thread, because some call the runtime. */
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
    futex_wake_one(&quit);
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
