/* The signal trap: native handler → one write to an eventfd → one parked thread.
 *
 * Nothing else can run at this point. The handler interrupts any thread anywhere: inside malloc, inside the runtime, holding
 * any lock. It uses write(2), sigaction(2) and atomics. The eventfd counts, so that a burst of signals before the parked
 * thread has woken is one wake-up. */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

enum { TRAPS = 8 };

/* What closing adds to the eventfd's count, so that the thread can tell it from signals that came before: those still count. */
static const uint64_t CLOSED = UINT64_C(1) << 32;

typedef struct trap {
    atomic_int fd;        /* for handlers; -1 when the trap is closed */
    int wait_fd;          /* the same descriptor, for the thread that waits on it and closes it in the end */
    atomic_int in_use;    /* the slot is taken, also by a closed trap that somebody still chains to */
    atomic_int in_flight; /* handlers running now */
    bool finished;        /* for the thread that waits: it has seen CLOSED */
    atomic_bool passing;  /* closed, but a handler that was set over it still calls it */
    bool chain;
    int signal;
    struct sigaction before;
} trap;

__extension__ static trap traps[TRAPS] = { [0 ... TRAPS - 1] = { .fd = -1 } };

static void call_before(const trap *t, int signal, siginfo_t *info, void *context, bool passing)
{
    if (t->before.sa_flags & SA_SIGINFO) {
        t->before.sa_sigaction(signal, info, context);
    } else if (t->before.sa_handler == SIG_DFL) {
        if (passing) {
            sigaction(signal, &t->before, NULL);
            raise(signal);
        }
    } else if (t->before.sa_handler != SIG_IGN) {
        t->before.sa_handler(signal);
    }
}

static void handle(trap *t, int signal, siginfo_t *info, void *context)
{
    int error = errno;
    atomic_fetch_add(&t->in_flight, 1);
    int fd = atomic_load(&t->fd);
    if (fd >= 0) {
        uint64_t one = 1;
        ssize_t written = write(fd, &one, sizeof one); /* EAGAIN: a wake-up is pending already */
        (void)written;
    }
    atomic_fetch_sub(&t->in_flight, 1);
    bool passing = atomic_load(&t->passing);
    if (passing || t->chain)
        call_before(t, signal, info, context, passing);
    errno = error;
}

/* One function a slot, so that a trap set over another trap, or over a handler that was set over one, chains as any two
 * handlers do, and none has to look up which trap it is. */
#define HANDLER(n) static void handle_##n(int s, siginfo_t *i, void *c) { handle(&traps[n], s, i, c); }
HANDLER(0) HANDLER(1) HANDLER(2) HANDLER(3) HANDLER(4) HANDLER(5) HANDLER(6) HANDLER(7)
static void (*const handlers[TRAPS])(int, siginfo_t *, void *) = { handle_0, handle_1, handle_2, handle_3, handle_4, handle_5, handle_6, handle_7 };

/* Sets a trap. Returns its number, or -errno; -EMFILE when all are set. */
EXPORT int stackflare_trap_open(int signal, int chain);
EXPORT int stackflare_trap_open(int signal, int chain)
{
    int slot = 0, unused = 0;
    while (slot < TRAPS && !atomic_compare_exchange_strong(&traps[slot].in_use, &unused, 1)) {
        unused = 0;
        slot++;
    }
    if (slot == TRAPS)
        return -EMFILE;
    trap *t = &traps[slot];
    int fd = eventfd(0, EFD_CLOEXEC), error = errno;
    if (fd >= 0) {
        t->signal = signal;
        t->chain = chain != 0;
        t->wait_fd = fd;
        t->finished = false;
        atomic_store(&t->passing, false);
        struct sigaction action = { .sa_sigaction = handlers[slot], .sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK };
        sigemptyset(&action.sa_mask);
        /* Known before it is replaced: a signal may come in between. */
        if (sigaction(signal, NULL, &t->before) == 0) {
            atomic_store(&t->fd, fd);
            if (sigaction(signal, &action, NULL) == 0)
                return slot;
        }
        error = errno;
        atomic_store(&t->fd, -1);
        close(fd);
    }
    atomic_store(&t->in_use, 0);
    return -error;
}

/* Parks until a signal has come: 1. 0: the trap was closed, and every signal before that was answered; its descriptor and
 * number are free again. One thread waits on a trap, and it calls this until it gets 0. */
EXPORT int stackflare_trap_wait(int slot);
EXPORT int stackflare_trap_wait(int slot)
{
    trap *t = &traps[slot];
    uint64_t count;
    while (!t->finished) {
        if (read(t->wait_fd, &count, sizeof count) != sizeof count)
            continue;
        t->finished = count >= CLOSED;
        if (count % CLOSED != 0)
            return 1;
    }
    /* A handler that took the descriptor just before it was withdrawn may be about to write to it. */
    while (atomic_load(&t->in_flight) > 0)
        sched_yield();
    close(t->wait_fd);
    if (!atomic_load(&t->passing))
        atomic_store(&t->in_use, 0);
    return 0;
}

/* Closes a trap, puts back the handler that was there and wakes the waiting thread. Where another handler was set over it
 * since, it stays in the chain and only passes signals on. */
EXPORT void stackflare_trap_close(int slot);
EXPORT void stackflare_trap_close(int slot)
{
    trap *t = &traps[slot];
    struct sigaction now;
    bool ours = sigaction(t->signal, NULL, &now) == 0 && now.sa_flags & SA_SIGINFO && now.sa_sigaction == handlers[slot]
        && sigaction(t->signal, &t->before, NULL) == 0;
    atomic_store(&t->passing, !ours);
    /* The waiting thread closes the descriptor as soon as it sees this, unless a handler is in flight: so is this call. */
    atomic_fetch_add(&t->in_flight, 1);
    int fd = atomic_exchange(&t->fd, -1);
    ssize_t written = fd >= 0 ? write(fd, &CLOSED, sizeof CLOSED) : 0;
    (void)written;
    atomic_fetch_sub(&t->in_flight, 1);
}
