/* The part of the wire format for the thread pool and what waits for its workers. See abi.h. */
#ifndef STACKFLARE_ABI_POOL_H
#define STACKFLARE_ABI_POOL_H

#include <stdint.h>

/* The runtime's thread pool. -1: not known. */
typedef struct sf_pool {
    int32_t workers;   /* worker threads */
    int32_t working;   /* how many of them run a work item, also if they are blocked in it */
    int32_t min, max;  /* number of workers that start without delay, and maximum number */
    int64_t queued;    /* work items that no worker has started */
    int64_t completed; /* work items completed since the program began */
    int64_t completed_later; /* the same number a moment after the pause, if work was queued */
    int64_t queued_later;    /* and what is queued then */
} sf_pool;

typedef struct sf_queued {
    uint32_t type;  /* index into types: of work items that no worker has started */
    uint32_t count; /* how many of them */
} sf_queued;

enum sf_due_timer_flags {
    SF_DUE_TIMERS_TRUNCATED = 1u << 0, /* a limit was reached: there may be more timers than are recorded */
};

typedef struct sf_due_timer {
    uint32_t function; /* index into functions: the callback; SF_NONE: not known */
    uint32_t state;    /* index into types: of the argument that the callback will get; SF_NONE: none, or not known */
    uint32_t count;
    uint32_t flags;    /* sf_due_timer_flags */
    int64_t late_ms;   /* how long the oldest has been due */
} sf_due_timer;

#endif
