/* The signal trap: native handler → one bit in a word → one thread that waits on the word.
 *
 * Nothing else is safe here. The handler interrupts any thread at any place: inside malloc, inside the runtime, holding any lock. It uses only
 * futex(2), sigaction(2), raise(3) and atomics. Several signals before the waiting thread wakes cause one wake-up, and waking a thread never blocks.
 * There is no descriptor: programs close descriptors that they did not open, and a handler that wrote to one would write to the file that has its
 * number by then. And a forked child has its own word, so its parent does not answer the child's signals. */
#define _GNU_SOURCE
#include "memory/futex.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>

#define EXPORT __attribute__((visibility("default")))

enum { TRAPS = 8, LOOKS = 8 };

/* What has happened to a trap. Signals before the close are still answered. */
enum { SIGNALLED = 1, CLOSED = 2 };

/* A handler may still run after it was replaced, if the kernel had chosen it before. So the fields that a handler reads are written only while `live`
 * is off and no handler is in flight. A late handler finds a trap that is not live or has another signal, and does nothing; or it finds a new trap of
 * the same signal, for which it counts. */
typedef struct trap {
    atomic_bool live;     /* the fields that are not atomic may be read */
    atomic_int in_flight; /* handlers that may read them */
    atomic_bool open;     /* its signals are answered */
    atomic_uint events;   /* what the thread has not read yet; it waits while this is 0 */
    atomic_bool passing;  /* closed, but a handler that was set over it may still call it */
    int in_use;           /* the slot is in use, also by a closed trap that another handler chains to */
    bool chain;
    int signal;
    struct sigaction before;
} trap;

static trap traps[TRAPS];

/* Traps are opened and closed one at a time: the previous handler is known only if no other trap is set meanwhile. Handlers never take this lock. */
static atomic_flag registry = ATOMIC_FLAG_INIT;

static void lock_registry(void)
{
    while (atomic_flag_test_and_set(&registry))
        sched_yield();
}

static void unlock_registry(void) { atomic_flag_clear(&registry); }

static void handle(int slot, int signal, siginfo_t *info, void *context);

/* One function for each slot. So a trap that is set over another trap, or over a handler in between, chains like any two handlers, and no handler has
 * to look up its trap. */
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
        /* A closed trap acts as the default action only if it is the current handler. If another handler called it, the signal is handled, and the
         * default action would kill the program. */
        if (passing && is_set(slot, signal)) {
            sigaction(signal, before, NULL);
            raise(signal);
        }
    } else if (before->sa_handler != SIG_IGN) {
        before->sa_handler(signal);
    }
}

/* Called in a handler, and by the close. */
static void tell(trap *t, unsigned event)
{
    atomic_fetch_or(&t->events, event);
    futex_wake_one(&t->events);
}

static void handle(int slot, int signal, siginfo_t *info, void *context)
{
    trap *t = &traps[slot];
    int error = errno;
    struct sigaction before;
    bool passing = false, call = false;
    atomic_fetch_add(&t->in_flight, 1);
    /* Repeat if the slot was reused for the same signal between the two checks. */
    for (int look = 0; look < LOOKS; look++) {
        if (atomic_load(&t->live) && t->signal == signal) {
            if (atomic_load(&t->open))
                tell(t, SIGNALLED);
            passing = atomic_load(&t->passing);
            call = passing || t->chain;
            before = t->before;
            break;
        }
        /* Too late: the signal goes to the current handler. */
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

/* After this, no handler still uses data that was withdrawn before. */
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
    /* Read the previous handler before replacing it, because a signal may arrive in between. */
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

/* Sets a trap. Returns its number or -errno; -EMFILE if all slots are in use. */
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

/* Waits for a signal. Returns 1 for a signal, and 0 if the trap was closed and all earlier signals were returned; its number is then free. Only one
 * thread waits on a trap, and it must call this until the result is 0. */
EXPORT int stackflare_trap_wait(int slot);
EXPORT int stackflare_trap_wait(int slot)
{
    trap *t = &traps[slot];
    unsigned events;
    while ((events = atomic_fetch_and(&t->events, ~(unsigned)SIGNALLED)) == 0)
        /* Ends when it is woken, when this thread gets a signal, or immediately if something has happened since. */
        futex_wait_while_zero(&t->events, NULL);
    if (events & SIGNALLED)
        return 1;
    lock_registry();
    if (!atomic_load(&t->passing))
        atomic_store(&t->live, false);
    drain(t);
    /* A handler that began before the close may have set its bit only now. */
    bool late = atomic_fetch_and(&t->events, ~(unsigned)SIGNALLED) & SIGNALLED;
    if (!late)
        t->in_use = atomic_load(&t->passing);
    unlock_registry();
    return late;
}

/* Closes a trap, restores the previous handler and wakes the waiting thread. If another handler was set over it since, the trap stays in the chain
 * and only passes signals on. */
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
