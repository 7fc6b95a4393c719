/* The signal trap: native handler → one bit in a word → one thread that is parked on the word.
 *
 * Nothing else can run at this point. The handler interrupts any thread anywhere: inside malloc, inside the runtime, holding
 * any lock. It uses futex(2), sigaction(2), raise(3) and atomics. A burst of signals before the parked thread has woken is one wake-up,
 * and to wake a thread never waits. There is no descriptor: programs close those that they did not open, and a handler that wrote to one would
 * write to whatever file has its number then. And a forked child has a word of its own, so that its signals are not answered by its parent. */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

enum { TRAPS = 8, LOOKS = 8 };

/* What has happened to a trap. A signal that came before the close is still answered. */
enum { SIGNALLED = 1, CLOSED = 2 };

enum { WAIT_PRIVATE = 128, WAKE_PRIVATE = 129 }; /* FUTEX_…: musl has no headers of the kernel's */

/* A handler may run at any time after it was replaced: the kernel had picked it, and its thread has not run since. So what a handler
 * reads is written only while `live` is off and no handler is in flight. A handler that comes late finds a trap that is not live,
 * or is of another signal, and leaves it alone; or a new one of the same signal, which it may as well belong to. */
typedef struct trap {
    atomic_bool live;     /* the fields that are not atomic may be read */
    atomic_int in_flight; /* handlers that may be reading them */
    atomic_bool open;     /* its signals are answered */
    atomic_uint events;   /* what the thread has not seen yet; it waits while there is none */
    atomic_bool passing;  /* closed, but a handler that was set over it may still call it */
    int in_use;           /* the slot is taken, also by a closed trap that somebody still chains to */
    bool chain;
    int signal;
    struct sigaction before;
} trap;

_Static_assert(sizeof(atomic_uint) == 4, "the kernel waits on 32 bits");

static trap traps[TRAPS];

/* Traps are opened and closed one at a time: which handler was there before is only known if nobody sets one meanwhile. Handlers
 * never take this. */
static atomic_flag registry = ATOMIC_FLAG_INIT;

static void lock_registry(void)
{
    while (atomic_flag_test_and_set(&registry))
        sched_yield();
}

static void unlock_registry(void) { atomic_flag_clear(&registry); }

static void handle(int slot, int signal, siginfo_t *info, void *context);

/* One function a slot, so that a trap set over another trap, or over a handler that was set over one, chains as any two
 * handlers do, and none has to look up which trap it is. */
#define HANDLER(n) static void handle_##n(int s, siginfo_t *i, void *c) { handle(n, s, i, c); }
HANDLER(0) HANDLER(1) HANDLER(2) HANDLER(3) HANDLER(4) HANDLER(5) HANDLER(6) HANDLER(7)
static void (*const handlers[TRAPS])(int, siginfo_t *, void *) = { handle_0, handle_1, handle_2, handle_3, handle_4, handle_5, handle_6, handle_7 };

static bool is_set(int slot, int signal)
{
    struct sigaction now;
    return sigaction(signal, NULL, &now) == 0 && now.sa_flags & SA_SIGINFO && now.sa_sigaction == handlers[slot];
}

static void call_before(int slot, const struct sigaction *before, int signal, siginfo_t *info, void *context, bool passing)
{
    if (before->sa_flags & SA_SIGINFO) {
        before->sa_sigaction(signal, info, context);
    } else if (before->sa_handler == SIG_DFL) {
        /* A closed trap stands for the default action only where it is the handler again. Where another handler has called it, the
         * signal is handled, and the default action would be the end of a program that wanted to live. */
        if (passing && is_set(slot, signal)) {
            sigaction(signal, before, NULL);
            raise(signal);
        }
    } else if (before->sa_handler != SIG_IGN) {
        before->sa_handler(signal);
    }
}

/* In a handler, and by the close. */
static void tell(trap *t, unsigned event)
{
    atomic_fetch_or(&t->events, event);
    syscall(SYS_futex, &t->events, WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static void handle(int slot, int signal, siginfo_t *info, void *context)
{
    trap *t = &traps[slot];
    int error = errno;
    struct sigaction before;
    bool passing = false, call = false;
    atomic_fetch_add(&t->in_flight, 1);
    /* Once more where the slot was taken for this very signal between the two looks. */
    for (int look = 0; look < LOOKS; look++) {
        if (atomic_load(&t->live) && t->signal == signal) {
            if (atomic_load(&t->open))
                tell(t, SIGNALLED);
            passing = atomic_load(&t->passing);
            call = passing || t->chain;
            before = t->before;
            break;
        }
        /* Too late: the signal is for whoever handles it now. */
        if (sigaction(signal, NULL, &before) != 0)
            break;
        call = !(before.sa_flags & SA_SIGINFO) || before.sa_sigaction != handlers[slot];
        if (call)
            break;
    }
    atomic_fetch_sub(&t->in_flight, 1);
    if (call)
        call_before(slot, &before, signal, info, context, passing);
    errno = error;
}

/* After this, no handler still uses what was withdrawn before it. */
static void drain(trap *t)
{
    while (atomic_load(&t->in_flight) > 0)
        sched_yield();
}

static int open_slot(int slot, int signal, bool chain)
{
    trap *t = &traps[slot];
    t->signal = signal;
    t->chain = chain;
    atomic_store(&t->events, 0);
    atomic_store(&t->passing, false);
    struct sigaction action = { .sa_sigaction = handlers[slot], .sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK };
    sigemptyset(&action.sa_mask);
    /* Known before it is replaced: a signal may come in between. */
    if (sigaction(signal, NULL, &t->before) == 0) {
        atomic_store(&t->open, true);
        atomic_store(&t->live, true);
        if (sigaction(signal, &action, NULL) == 0)
            return slot;
    }
    int error = errno;
    atomic_store(&t->open, false);
    atomic_store(&t->live, false);
    drain(t);
    return -error;
}

/* Sets a trap. Returns its number, or -errno; -EMFILE when all are set. */
EXPORT int stackflare_trap_open(int signal, int chain);
EXPORT int stackflare_trap_open(int signal, int chain)
{
    int slot = 0, result = -EMFILE;
    lock_registry();
    while (slot < TRAPS && traps[slot].in_use)
        slot++;
    if (slot < TRAPS) {
        result = open_slot(slot, signal, chain != 0);
        traps[slot].in_use = result >= 0;
    }
    unlock_registry();
    return result;
}

/* Parks until a signal has come: 1. 0: the trap was closed, and every signal before that was answered; its number is free
 * again. One thread waits on a trap, and it calls this until it gets 0. */
EXPORT int stackflare_trap_wait(int slot);
EXPORT int stackflare_trap_wait(int slot)
{
    trap *t = &traps[slot];
    unsigned events;
    while ((events = atomic_fetch_and(&t->events, ~(unsigned)SIGNALLED)) == 0)
        /* Ends when it is woken, by a signal to this very thread, or at once when something has happened since. */
        syscall(SYS_futex, &t->events, WAIT_PRIVATE, 0, NULL, NULL, 0);
    if (events & SIGNALLED)
        return 1;
    lock_registry();
    t->in_use = atomic_load(&t->passing);
    if (!t->in_use)
        atomic_store(&t->live, false);
    drain(t);
    unlock_registry();
    return 0;
}

/* Closes a trap, puts back the handler that was there and wakes the waiting thread. Where another handler was set over it
 * since, it stays in the chain and only passes signals on. */
EXPORT void stackflare_trap_close(int slot);
EXPORT void stackflare_trap_close(int slot)
{
    trap *t = &traps[slot];
    lock_registry();
    bool ours = is_set(slot, t->signal) && sigaction(t->signal, &t->before, NULL) == 0;
    atomic_store(&t->passing, !ours);
    if (atomic_exchange(&t->open, false))
        tell(t, CLOSED);
    unlock_registry();
}
