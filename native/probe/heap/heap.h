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

/* What is known of a type: that of an object, or one that it is derived from. */
typedef struct heap_type {
    uint32_t bytes;         /* of an object, with its header; of one that has elements, without them; 0: there is no such type */
    uint16_t element_bytes; /* 0: it has none */
    uint16_t interfaces;
    uint32_t flags;         /* sf_heap_object_flags by its class */
    uint32_t by_interface;  /* and by its interfaces */
    uint32_t kind;          /* 0: its objects do not matter */
} heap_type;

enum { HEAP_RECENT_BITS = 12, HEAP_RECENT = 1 << HEAP_RECENT_BITS, HEAP_INTERFACE_BITS = 7, HEAP_AHEAD = 32, MAX_CANDIDATES = 1 << 20, MAX_BUCKETS = MAX_CANDIDATES * 2 };

/* A type seen last. */
typedef struct heap_recent { uintptr_t type; uint32_t kind, bytes, element_bytes; bool is_free; } heap_recent;

/* An interface seen last, and what it makes of the objects of a type that has it. */
typedef struct heap_interface { uintptr_t type; uint32_t flags; } heap_interface;

typedef struct heap {
    bool wanted; /* the heap is looked through */
    void *info;  /* ICorProfilerInfo15, if its enumeration is to be used; NULL: regions.c */
    bool moving; /* a background collection takes objects and memory away meanwhile */
    sf_heap result;
    uint64_t task_words;   /* bit n: word n of a Task is one of its own references, none of which leads to what it waits for */
    bool claimed;          /* no background collection is under way, and none begins */
    int64_t begun; /* by the clock */
    uint32_t bucket_mask;
    heap_recent recent[HEAP_RECENT];
    heap_interface interfaces[1 << HEAP_INTERFACE_BITS];
    uint64_t ahead[HEAP_AHEAD]; /* references that will be followed next */
    uint32_t ahead_count;
    sf_proof type_memory; /* that types are in */
    sf_table types;      /* heap_type */
    sf_index type_index, region_index;
    sf_index suspension_index; /* by resume_info */
    uint32_t chained; /* continuations that were followed */
    sf_table regions, contexts, window; /* regions.c */
    sf_table kinds, candidates, buckets, layout_work, suspension_work;
    sf_table objects, bytes, layouts, fields, references, running, suspensions; /* sections */
} heap;

/* heap_open.c, before the pause: whether the heap can be looked through, and what to look for. All of these do nothing when the request does not
 * ask for it. */
bool heap_map(capture *c);
void heap_unmap(capture *c);
void heap_open(capture *c);
void heap_close(capture *c);

bool heap_claim(capture *c);    /* in the pause: false when there has to be another one, later */
void heap_walk(capture *c);
void heap_unclaim(capture *c);  /* before its end */
void heap_describe(capture *c); /* heap_describe.c, after it: layouts of the types of what was copied */

/* regions.c: the heap by the collector's own descriptor; without objects that are asked for, it counts. */
bool regions_map(capture *c);
bool regions_known(const capture *c);
void regions_walk(capture *c);
bool heap_see(capture *c, uintptr_t object, uint32_t kind); /* what regions.c finds; false when no more is wanted */

/* heap_types.c: what a type is. That of an object that nobody has any more can be gone: types are read where memory is known to be. */
heap_type *heap_type_of(capture *c, uintptr_t type, int depth); /* NULL: it is none that an object can have */
bool heap_type_read(capture *c, uintptr_t at, void *to, size_t n);
uintptr_t heap_type_word(capture *c, uintptr_t at); /* 0 where nothing is */
uint32_t heap_type_half(capture *c, uintptr_t at);
bool heap_is_core_type(capture *c, uintptr_t type, enum core_class which);
bool heap_knows_elements(capture *c);
const heap_recent *heap_recent_new(capture *c, uintptr_t type);

/* heap_kinds.c: what a type is to us, and where in its objects references are. */
uint32_t heap_kind_of(capture *c, uintptr_t type); /* 0: its objects do not matter */
uint32_t heap_kind_of_type(capture *c, uintptr_t type, heap_type *of);
uint32_t heap_known_kind(const heap *h, uintptr_t type); /* likewise, of a type that was seen */
void heap_describe_kind(capture *c, uint32_t kind);
bool heap_know_types(capture *c);
uintptr_t heap_shared_type(capture *c, uintptr_t type); /* the type that a type's methods are compiled for */

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

/* Of copies, and of objects that stay. */
static inline uintptr_t heap_word(uintptr_t at) { uintptr_t w; memcpy(&w, (const void *)at, sizeof w); return w; }
static inline uint32_t heap_half(uintptr_t at) { uint32_t w; memcpy(&w, (const void *)at, sizeof w); return w; }

/* Types lie at distances that are alike. */
static inline uint32_t heap_place_of(uintptr_t type, int bits) { return (uint32_t)(type * 0x9E3779B97F4A7C15ull >> (64 - bits)); }

/* What an object's type is; NULL where it is none. */
static inline const heap_recent *heap_recent_of(capture *c, uintptr_t type)
{
    const heap_recent *recent = &c->heap->recent[heap_place_of(type, HEAP_RECENT_BITS)];
    return recent->type == type ? recent : heap_recent_new(c, type);
}

/* Of objects that were seen in this pause. False when the memory is gone. */
static inline bool heap_read(const heap *h, uint64_t at, void *to, size_t n)
{
    if (h->moving)
        return sf_read((const void *)(uintptr_t)at, to, n);
    memcpy(to, (const void *)(uintptr_t)at, n);
    return true;
}

/* 0 where the memory is gone. */
static inline uintptr_t heap_object_word(const heap *h, uint64_t at) { uintptr_t w; return heap_read(h, at, &w, sizeof w) ? w : 0; }

#endif
