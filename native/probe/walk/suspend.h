/* Suspends the runtime without freezing the program. */
#ifndef STACKFLARE_SUSPEND_H
#define STACKFLARE_SUSPEND_H

#include "walk/capture.h"

/* A thread in cooperative mode: no suspension ends before it leaves that mode. */
enum { CALL_STOPPED = -1, CALL_RUNNING = -2, CALL_UNKNOWN = -3 };
enum { MAX_BLOCKERS = 64, CALL_BYTES = 192, SWITCH_BYTES = 64 };
typedef struct blocker {
    uintptr_t thread; /* the runtime's Thread */
    uint32_t os_id;
    int32_t call;     /* the system call in which it waits; CALL_RUNNING: on a processor or ready to run; CALL_STOPPED: a tracer may hold it */
    int64_t since;    /* when it was first seen in that call */
    char text[CALL_BYTES];       /* the kernel's line of the call: number, arguments, stack and instruction pointer */
    char switches[SWITCH_BYTES]; /* and of its context switches: if both lines are unchanged, it is the same call */
} blocker;

typedef struct blockers {
    uint32_t count;
    bool whole; /* the runtime's list was read to its end, and there was room for all threads */
    blocker found[MAX_BLOCKERS];
} blockers;

/* blockers.c. Needs no lock, and reads only the runtime's memory. `running`: includes threads on a processor. */
void read_task(uint32_t os_id, const char *file, char *to, size_t size); /* the beginning of a thread's file in /proc; empty if it cannot be read */
int32_t call_of_thread(uint32_t os_id); /* a system call, CALL_RUNNING, CALL_STOPPED or CALL_UNKNOWN */
void look_at(blocker *b); /* reads the thread's current state from the kernel */
void find_blockers(const capture *c, uint32_t own_id, bool running, blockers *b);
/* Waits until blocked threads continue, up to the deadline. False: those in `b` do not continue, and a suspend would freeze the program. */
bool look_before_suspend(const capture *c, int64_t deadline, blockers *b);

/* watch.c: a thread that watches the suspending thread and cancels the suspend if it does not end. */
void watch_begin(const capture *c);
void watch_arm(void); /* right before a suspend */
bool watch_disarm(blockers *released); /* right after it, before the program continues; true: it was cancelled because of these threads */
void watch_end(void);
/* When this returns, no thread is in the handler of the sent signals or can enter it; otherwise the library stays mapped. Waits until shortly before
 * the host's deadline: half a second at least, ten at most. The program runs meanwhile. */
void watch_settle(int64_t deadline);

/* suspend.c */
typedef enum suspension { SUSPENDED, SUSPEND_FAILED, SUSPEND_REFUSED, SUSPEND_CALLED_OFF } suspension;
/* On failure, c->result says why. Otherwise, `begin` is the start of the suspend that succeeded. */
suspension suspend(capture *c, int64_t *begin);
/* For a suspend that did not succeed: adds the threads that prevented it to the snapshot. */
void describe_blockers(capture *c);

#endif
