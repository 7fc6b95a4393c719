/* Async methods that wait. They are on no thread's stack. Each is an object on the heap, its box, which contains the method's state machine. The box
 * is the task that others await, or belongs to it. */
#ifndef STACKFLARE_HEAP_H
#define STACKFLARE_HEAP_H

#include "runtime/framework.h"
#include "walk/capture.h"

/* A type whose objects matter. */
typedef struct heap_kind {
    uintptr_t type; /* its MethodTable */
    uint32_t flags; /* sf_heap_object_flags of each object */
    uint32_t size;  /* of an object, from its address; of an array without its elements */
    uint32_t first_reference, reference_count; /* set when an object was copied: the offsets of its references */
    uint32_t index; /* into types, set likewise; SF_NONE */
    uint32_t machine;   /* set likewise, for a box: the kind of its state machine, or of the type with which that shares its code; 0 */
    uint32_t in_box_at; /* of such a type: its offset in the box; 0: the box refers to it */
    uint8_t framework;  /* the number of its type, or base type, in the framework's table + 1; 0: none */
    bool described, in_box;
} heap_kind;

/* The state of a type, by its index, if its layout is needed. */
typedef struct layout_work {
    bool wanted, is_struct;
    uint32_t parent; /* index into types; SF_NONE */
    uint32_t kind;   /* of objects of exactly this type; 0: none were copied */
} layout_work;

/* An object of such a type: a possible target of references. */
typedef struct heap_candidate {
    uint64_t address;
    uint64_t then;   /* the continuation of the task; 0: none, or it has completed, or it is not a task */
    uint32_t kind;
    uint32_t copied; /* index of the object's record + 1 */
} heap_candidate;

/* What is known of a type: that of an object, or a base type. */
typedef struct heap_type {
    uint32_t bytes;         /* of an object, with its header; of an array or string, without its elements; 0: not a valid type */
    uint16_t element_bytes; /* 0: it has none */
    uint16_t interfaces;
    uint32_t flags;         /* sf_heap_object_flags by its class */
    uint32_t by_interface;  /* and by its interfaces */
    uint32_t kind;          /* 0: its objects do not matter */
    uint8_t framework;      /* as in a kind */
} heap_type;

/* A walk visits objects by ascending address, and memory latency dominates. The processor itself does not prefetch across pages, so the walk
 * prefetches a page ahead. */
enum { HEAP_AHEAD_BYTES = 4096 };
enum { HEAP_GUESSES = 16, HEAP_LAST_BITS = 10 };
enum { MAX_DETAILS = 1 << 17 }; /* of the candidates */
enum { HEAP_RECENT_BITS = 12, HEAP_RECENT = 1 << HEAP_RECENT_BITS, HEAP_INTERFACE_BITS = 7, HEAP_AHEAD = 32, MAX_CANDIDATES = 1 << 20, MAX_BUCKETS = MAX_CANDIDATES * 2 };

/* A recently seen type. */
typedef struct heap_recent { uintptr_t type; uint32_t kind, bytes, element_bytes; bool is_free; } heap_recent;

/* A recently seen interface, and the flags of objects whose type implements it. */
typedef struct heap_interface { uintptr_t type; uint32_t flags; } heap_interface;

typedef struct heap {
    bool wanted; /* the heap is to be searched */
    void *info;  /* ICorProfilerInfo15, if the runtime enumerates the heap; NULL: regions.c does */
    bool moving; /* a background collection frees objects and memory meanwhile */
    sf_heap result;
    uint64_t task_words;   /* bit n: word n of a Task is one of its own references, and none of these leads to what it waits for */
    bool claimed;          /* no background collection is in progress, and none can begin */
    int64_t begun; /* CLOCK_MONOTONIC */
    uint32_t bucket_mask;
    heap_recent recent[HEAP_RECENT];
    heap_interface interfaces[1 << HEAP_INTERFACE_BITS];
    uint64_t ahead[HEAP_AHEAD]; /* references to follow next */
    uint32_t ahead_count;
    framework_type framework[FRAMEWORK_CLASSES];
    uint64_t guesses[HEAP_GUESSES];             /* references that may lead anywhere, to follow next */
    uint64_t last_guesses[1 << HEAP_LAST_BITS]; /* some that were followed */
    uint32_t guess_count, details;
    bool guessing;                              /* a type is read to which such a reference leads */
    bool reaching;                              /* a type is read of an object that a live one refers to */
    bool of_methods;                            /* only what such methods refer to */
    bool detailing;                             /* only what is of the framework's libraries is copied now */
    sf_proof type_memory; /* memory that contains types */
    sf_table types;      /* heap_type */
    sf_index type_index, region_index;
    sf_index suspension_index; /* by resume_info */
    uint32_t chained; /* continuations that were followed */
    sf_table regions, contexts, window; /* regions.c */
    sf_table kinds, candidates, buckets, layout_work, suspension_work;
    sf_table reached; /* posted.c */
    sf_index reached_index;
    sf_table objects, bytes, layouts, fields, references, running, suspensions, posted; /* sections */
} heap;

/* heap_open.c, before the pause: whether the heap can be searched, and for what. All of these do nothing unless the request asks for the heap. */
bool heap_map(capture *c);
void heap_unmap(capture *c);
void heap_open(capture *c);
void heap_close(capture *c);

bool heap_claim(capture *c);    /* in the pause: false if another capture is needed, later */
void heap_walk(capture *c);
void heap_unclaim(capture *c);  /* before the end of the pause */
void heap_describe(capture *c); /* heap_describe.c, after the pause: layouts of the types of copied objects */

/* regions.c: walks the heap by the collector's own descriptor. If no objects are wanted, it only counts. */
bool regions_map(capture *c);
bool regions_known(const capture *c);
void regions_walk(capture *c);
bool heap_see(capture *c, uintptr_t object, uint32_t kind); /* called by regions.c for each object; false to stop */

/* heap_types.c: information about types. The type of a dead object can be unloaded, so types are read only from memory that is known to exist. */
heap_type *heap_type_of(capture *c, uintptr_t type, int depth); /* NULL: no object can have this type */
bool heap_type_read(capture *c, uintptr_t at, void *to, size_t n);
uintptr_t heap_type_word(capture *c, uintptr_t at); /* 0 if it cannot be read */
uint32_t heap_type_half(capture *c, uintptr_t at);
bool heap_is_core_type(capture *c, uintptr_t type, enum core_class which);
bool heap_knows_elements(capture *c);
const heap_recent *heap_recent_new(capture *c, uintptr_t type);

/* heap_kinds.c: the role of a type, and the offsets of references in its objects. */
uint32_t heap_kind_of(capture *c, uintptr_t type); /* 0: its objects do not matter */
uint32_t heap_kind_of_type(capture *c, uintptr_t type, heap_type *of);
uint32_t heap_known_kind(const heap *h, uintptr_t type); /* the same, for a type that was seen */
void heap_describe_kind(capture *c, uint32_t kind);
uint32_t heap_references_of(capture *c, uintptr_t type, uint32_t *offsets, uint32_t most); /* of an object that is not an array */
bool heap_know_types(capture *c);
uintptr_t heap_shared_type(capture *c, uintptr_t type); /* the type for which a type's methods are compiled */

/* Whether this many quarters of the time for the heap are over. */
bool heap_is_late(const capture *c, int quarters);

/* The candidate at an address, when all objects were seen; NULL. */
heap_candidate *heap_at(const heap *h, uint64_t address);

/* Copies an object. Returns the index of its record + 1; 0 if there is no room. */
uint32_t heap_copy(capture *c, uintptr_t address, uint32_t kind, uint32_t flags);

/* details.c: objects of the framework's libraries, and their texts. */
bool details_in_use(const heap *h, uint64_t object, const heap_kind *kind); /* whether such an object matters by itself */
bool details_have_methods(const heap *h);
bool details_of_methods(const heap *h, const heap_kind *kind);
void details_follow(capture *c, const sf_heap_object *from);
void details_copy_guesses(capture *c);

/* heap.c: copies the targets of an object's references, sooner or later, if they matter. */
void heap_follow_all(capture *c, const sf_heap_object *from);

/* continuations.c: methods that the runtime suspends itself. */
enum { HEAP_HEAD = 1u << 31 }; /* of a copied continuation, until it is described: it may refer to what its method waits for */
bool continuations_map(capture *c);
void continuations_unmap(capture *c);
void continuations_follow(capture *c, uint64_t first, uint32_t flags_of_first); /* copies a chain */
bool continuations_begin(capture *c); /* whether threads may run suspended methods; marks the functions that do */
void continuations_running(capture *c, uint32_t thread);
void continuations_describe(capture *c); /* after the pause */

/* running.c: adds a running method, in sorted order. */
void running_add(heap *h, sf_running r);

/* running.c: the index of the object of a candidate, when the objects are sorted; SF_NONE. */
uint32_t heap_object_of(const heap *h, uint32_t candidate);

/* posted.c: which methods wait in the contexts of threads. */
bool posted_map(capture *c);
void posted_unmap(capture *c);
void posted_find(capture *c);
void posted_describe(capture *c);

/* running.c: which methods the threads run; in the pause, and after it. */
void running_find(capture *c);
void running_describe(capture *c);

/* For copies and for objects that stay. */
static inline uintptr_t heap_word(uintptr_t at) { uintptr_t w; memcpy(&w, (const void *)at, sizeof w); return w; }
static inline uint32_t heap_half(uintptr_t at) { uint32_t w; memcpy(&w, (const void *)at, sizeof w); return w; }

/* Multiplicative hash, because types are at regular distances. */
static inline uint32_t heap_place_of(uintptr_t type, int bits) { return (uint32_t)(type * 0x9E3779B97F4A7C15ull >> (64 - bits)); }

/* The information about an object's type; NULL if it is not a valid type. */
static inline const heap_recent *heap_recent_of(capture *c, uintptr_t type)
{
    const heap_recent *recent = &c->heap->recent[heap_place_of(type, HEAP_RECENT_BITS)];
    return recent->type == type ? recent : heap_recent_new(c, type);
}

/* For objects that were seen in this pause. False if the memory is gone. */
static inline bool heap_read(const heap *h, uint64_t at, void *to, size_t n)
{
    if (h->moving)
        return sf_read((const void *)(uintptr_t)at, to, n);
    memcpy(to, (const void *)(uintptr_t)at, n);
    return true;
}

/* 0 if the memory is gone. */
static inline uintptr_t heap_object_word(const heap *h, uint64_t at) { uintptr_t w; return heap_read(h, at, &w, sizeof w) ? w : 0; }

#endif
