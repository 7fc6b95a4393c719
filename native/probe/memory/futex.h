/* Waits on a 32-bit word and wakes its waiters, within the process. Async-signal-safe. By system call: libc has no function for it, and musl no kernel
 * headers with its constants. */
#ifndef STACKFLARE_FUTEX_H
#define STACKFLARE_FUTEX_H

#include <stdatomic.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

_Static_assert(sizeof(atomic_uint) == 4, "the kernel waits on 32 bits");

/* Waits while the word is 0: until a wake-up, a signal, or the end of the time, if there is one. The caller looks at the word again. */
static inline void futex_wait_while_zero(atomic_uint *word, const struct timespec *time)
{
    enum { WAIT_PRIVATE = 128 };
    syscall(SYS_futex, word, WAIT_PRIVATE, 0, time, NULL, 0);
}

static inline void futex_wake_one(atomic_uint *word)
{
    enum { WAKE_PRIVATE = 129 };
    syscall(SYS_futex, word, WAKE_PRIVATE, 1, NULL, NULL, 0);
}

#endif
