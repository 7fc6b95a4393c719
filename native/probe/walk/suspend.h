/* Suspends the runtime, and sees to it that the program is not frozen by that. */
#ifndef STACKFLARE_SUSPEND_H
#define STACKFLARE_SUSPEND_H

#include "walk/capture.h"

/* A thread that is in cooperative mode: no suspension ends before it leaves that mode. */
enum { CALL_STOPPED = -1, CALL_RUNNING = -2, CALL_UNKNOWN = -3 };
enum { MAX_BLOCKERS = 64, CALL_BYTES = 192, SWITCH_BYTES = 64 };
typedef struct blocker {
    uintptr_t thread; /* the runtime's Thread */
    uint32_t os_id;
    int32_t call;     /* the system call that it waits in; CALL_RUNNING: on a processor or ready for one; CALL_STOPPED: a tracer may hold it */
    int64_t since;    /* when it was first seen there */
    char text[CALL_BYTES];       /* the kernel's line of the call: number, arguments, stack and instruction pointer */
    char switches[SWITCH_BYTES]; /* and of how often the thread was given a processor: the same in both is one and the same call */
} blocker;

typedef struct blockers {
    uint32_t count;
    bool whole; /* the runtime's list was read to its end, and there was room for all */
    blocker found[MAX_BLOCKERS];
} blockers;

/* blockers.c. Needs no lock, and nothing of the runtime's but its memory. `running`: also those that have a processor. */
int32_t call_of_thread(uint32_t os_id); /* a system call, CALL_RUNNING, CALL_STOPPED or CALL_UNKNOWN */
void look_at(blocker *b); /* what the kernel says of the thread now */
void find_blockers(const capture *c, uint32_t own_id, bool running, blockers *b);
/* Waits a little for blocked threads to go on, not beyond the deadline. False: those in `b` do not, and a suspend would freeze the program. */
bool look_before_suspend(const capture *c, int64_t deadline, blockers *b);

/* watch.c: a thread beside the one that suspends, which calls the suspend off when it does not end. */
void watch_begin(const capture *c);
void watch_arm(void); /* right before a suspend */
bool watch_disarm(blockers *released); /* right after it, before the program goes on; true: it was called off, because of those */
void watch_end(void);
/* When this returns no thread is in the handler of the signals that were sent, or will come there; otherwise the library stays mapped. Waits
 * until shortly before the host's deadline: half a second at least, ten at most. The program runs meanwhile. */
void watch_settle(int64_t deadline);

/* suspend.c */
typedef enum suspension { SUSPENDED, SUSPEND_FAILED, SUSPEND_REFUSED, SUSPEND_CALLED_OFF } suspension;
/* Where it fails c->result says why. Else `begin` is when the suspend that succeeded began. */
suspension suspend(capture *c, int64_t *begin);
/* For a suspend that did not succeed: the threads that are to blame, into the snapshot. */
void describe_blockers(capture *c);

#endif
