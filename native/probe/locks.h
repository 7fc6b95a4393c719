/* What the two halves of reading locks share: locks.c reads what the runtime says, stacks.c what is found on the stacks. */
#ifndef STACKFLARE_LOCKS_H
#define STACKFLARE_LOCKS_H

#include "capture.h"

enum {
    MAX_LOCKS = 1 << 14,
    MAX_HELD_FRAMES = 1 << 15,
    MAX_THREAD_ID = 0xFFFF, /* what a thin lock can name */
    SCRATCH_WORDS = 16 << 10,
    SEEN_WORDS = 4 << 10,
};

/* Memory for what is read on the way. */
typedef struct lock_scratch {
    uintptr_t words[SCRATCH_WORDS];
    uintptr_t seen[SEEN_WORDS]; /* words that were looked at, each at the place that its value gives it */
} lock_scratch;

/* An object's header and its first fields: what an object that can be a Lock is made of. */
enum { OBJECT_BEGIN_WORDS = 5 };
typedef struct object_begin { uintptr_t words[OBJECT_BEGIN_WORDS]; } object_begin;

static inline uintptr_t object_type(const object_begin *o) { return type_of(o->words[1]); }

/* The index of the lock that an object is, if it is one that a listed thread holds and that is not known yet: found by a
 * reference that may be an old one. */
void add_found(capture *c, uintptr_t address, const object_begin *object);

/* stacks.c */
void find_held(capture *c, int64_t deadline);
void find_frames(capture *c, int64_t deadline);
void trim_held(capture *c); /* after resolve: without frames that did not fit into the snapshot */
uint32_t joined_thread(capture *c, uint32_t thread);

#endif
