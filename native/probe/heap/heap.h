/* Async methods that wait. No thread has them: each is an object on the heap, its box, that holds the method's state machine and is, or
 * stands behind, the task that others wait for. */
#ifndef STACKFLARE_HEAP_H
#define STACKFLARE_HEAP_H

#include "walk/capture.h"

/* A type whose objects matter. */
typedef struct heap_kind {
    uintptr_t type; /* its MethodTable */
    uint32_t flags; /* sf_heap_object_flags of each object */
    uint32_t size;  /* of an object, from its address; of an array without its elements */
    uint32_t first_reference, reference_count; /* once an object was copied: where in it references are */
    uint32_t index; /* into types, likewise; SF_NONE */
    uint32_t machine;   /* likewise, of a box: the kind of its state machine, or of the type that that one shares its code with; 0 */
    uint32_t in_box_at; /* of such a type: where in its box it is; 0: it is an object that the box refers to */
    bool described, in_box;
} heap_kind;

/* What becomes of a type, by its index, if its layout is wanted. */
typedef struct layout_work {
    bool wanted, is_struct;
    uint32_t parent; /* index into types; SF_NONE */
    uint32_t kind;   /* of objects of this very type; 0: none were copied */
} layout_work;

/* An object of such a type: what a reference may lead to. */
typedef struct heap_candidate {
    uint64_t address;
    uint64_t then;   /* what goes on when the task ends; 0: nothing, or it has ended, or is no task */
    uint32_t kind;
    uint32_t copied; /* index of the object's record + 1 */
} heap_candidate;

enum { HEAP_RECENT = 512, HEAP_AHEAD = 32 };

typedef struct heap {
    void *info; /* ICorProfilerInfo15; NULL: nothing is looked at */
    sf_heap result;
    uint64_t task_words;   /* bit n: word n of a Task is one of its own references, none of which leads to what it waits for */
    bool claimed;          /* no background collection is under way, and none begins */
    int64_t begun, begun_cpu; /* by the clock, and of this thread's processor time */
    uint32_t known_types, bucket_mask;
    struct { uintptr_t type; uint32_t kind; } recent[HEAP_RECENT]; /* types seen last */
    uint64_t ahead[HEAP_AHEAD]; /* references that will be followed next */
    uint32_t ahead_count;
    sf_index kind_index; /* by type; kind 0 does not matter */
    sf_index suspension_index; /* by resume_info */
    uint32_t chained; /* continuations that were followed */
    sf_table kinds, candidates, buckets, layout_work, suspension_work;
    sf_table objects, bytes, layouts, fields, references, running, suspensions; /* sections */
} heap;

/* All of these do nothing when the request does not ask for it. */
bool heap_map(capture *c);
void heap_unmap(capture *c);
void heap_open(capture *c);     /* before the pause: whether the heap can be looked through, and what to look for */
void heap_close(capture *c);
bool heap_claim(capture *c);    /* in the pause: false when there has to be another one, later */
void heap_walk(capture *c);
void heap_unclaim(capture *c);  /* before its end */
void heap_describe(capture *c); /* heap_describe.c, after it: layouts of the types of what was copied */

/* heap_kinds.c: what a type is, and where in its objects references are. */
uint32_t heap_kind_of(capture *c, uintptr_t type); /* 0: its objects do not matter */
void heap_describe_kind(capture *c, uint32_t kind);
bool heap_know_types(capture *c);
uintptr_t heap_shared_type(const capture *c, uintptr_t type); /* the type that a type's methods are compiled for */

/* Whether so many quarters of the time are over that the request gives for the heap. */
bool heap_is_late(const capture *c, int quarters);

/* What was seen at an address, once all has been seen; NULL. */
heap_candidate *heap_at(const heap *h, uint64_t address);

/* Copies an object. The index of its record + 1; 0 when there is no room. */
uint32_t heap_copy(capture *c, uintptr_t address, uint32_t kind, uint32_t flags);

/* continuations.c: methods that the runtime suspends itself. */
enum { HEAP_HEAD = 1u << 31 }; /* of a copied continuation, until it is described: it may refer to what its method waits for */
bool continuations_map(capture *c);
void continuations_unmap(capture *c);
void continuations_follow(capture *c, uint64_t first, uint32_t flags_of_first); /* copies a chain */
bool continuations_begin(capture *c); /* whether there are threads that may go on with some; marks the functions that do */
void continuations_running(capture *c, uint32_t thread);
void continuations_describe(capture *c); /* after the pause */

/* running.c: adds what a thread runs, in its place. */
void running_add(heap *h, sf_running r);

/* running.c: which of the methods the threads run; in the pause, and after it. */
void running_find(capture *c);
void running_describe(capture *c);

static inline uintptr_t heap_word(uintptr_t at) { uintptr_t w; memcpy(&w, (const void *)at, sizeof w); return w; }
static inline uint32_t heap_half(uintptr_t at) { uint32_t w; memcpy(&w, (const void *)at, sizeof w); return w; }

#endif
