/* The part of the wire format that is about the heap: copies of the objects that async methods are made of. Its mirror is HeapLayout.cs. */
#ifndef STACKFLARE_ABI_HEAP_H
#define STACKFLARE_ABI_HEAP_H

#include <stdint.h>

enum sf_heap_status { /* whether the heap was looked through, or why not */
    SF_HEAP_UNAVAILABLE = 0, /* the runtime gives no way to (.NET 8) */
    SF_HEAP_UNKNOWN = 1,     /* its objects are not as the probe knows them */
    SF_HEAP_TOO_LARGE = 2,   /* more than heap_max_bytes */
    SF_HEAP_REFUSED = 3,     /* hresult says why */
    SF_HEAP_WALKED = 4,
    SF_HEAP_COLLECTING = 5,  /* a background collection was under way, and did not end in time */
    SF_HEAP_NEEDS_MAIN = 6,  /* only the runtime knows where its objects are, and tells the main profiler alone */
};

enum sf_heap_flags {
    SF_HEAP_TIME_TRUNCATED = 1u << 0,    /* heap_limit_us reached: there are objects that were not seen or not followed */
    SF_HEAP_OBJECTS_TRUNCATED = 1u << 1, /* heap_max_objects, or a bound of the probe's, reached */
    SF_HEAP_BYTES_TRUNCATED = 1u << 2,   /* heap_max_copied reached */
    SF_HEAP_PART_LOST = 1u << 3,         /* a part of the heap was inconsistent, and was left out */
    SF_HEAP_REFERENCES_TRUNCATED = 1u << 5, /* of some objects not all references are known and followed: there are too many */
    SF_HEAP_UNREADABLE = 1u << 4,        /* there are methods that the runtime suspends itself, and it does not tell where they wait (.NET 10) */
};

typedef struct sf_heap {
    uint32_t status; /* sf_heap_status */
    int32_t hresult;
    uint32_t flags;
    uint32_t method_count;  /* async methods among the objects: those with SF_HEAP_OBJECT_METHOD that have not completed */
    uint64_t seen_objects;  /* of all types */
    uint64_t heap_bytes;    /* before the pause: the program's private memory, which is at least its heap; 0 not known */
    int64_t walk_ns;        /* of the pause: looking at each object */
    int64_t follow_ns;      /* of the pause: following references from those that were copied */
    int64_t now_ns;         /* in the pause, CLOCK_MONOTONIC: the clock that timers are set by; 0: the heap was not looked through */
} sf_heap;

enum sf_heap_object_flags {
    SF_HEAP_OBJECT_METHOD = 1u << 0,    /* the box of an async method; its last type argument is the state machine's type */
    SF_HEAP_OBJECT_POOLED = 1u << 1,    /* one that is used again and again: it may lie in its pool, with an empty state machine */
    SF_HEAP_OBJECT_TASK = 1u << 2,      /* a Task, or derived from it */
    SF_HEAP_OBJECT_COMPLETED = 1u << 3, /* a task that has completed */
    SF_HEAP_OBJECT_MACHINE = 1u << 4,   /* the state machine of an async method, where it is an object of its own */
    SF_HEAP_OBJECT_SOURCE = 1u << 5,    /* implements IValueTaskSource */
    SF_HEAP_OBJECT_ARRAY = 1u << 6,     /* of tasks */
    SF_HEAP_OBJECT_TIMER = 1u << 7,     /* a System.Threading.TimerQueueTimer */
    SF_HEAP_OBJECT_SEMAPHORE = 1u << 8, /* a SemaphoreSlim that async methods wait for */
    SF_HEAP_OBJECT_TRUNCATED = 1u << 9, /* longer than what was copied of it */
    SF_HEAP_OBJECT_CONTINUATION = 1u << 10, /* what is kept of a method that the runtime suspends itself; of the type Continuation if of none that has a name */
    SF_HEAP_OBJECT_SUSPENDED = 1u << 11, /* the task of such methods: it refers to the first continuation, each of which refers to the next */
};

typedef struct sf_heap_object {
    uint64_t address; /* during the pause; what references in other objects' bytes have */
    uint32_t type;    /* index into types */
    uint32_t flags;
    uint32_t bytes_offset; /* into the heap's bytes: the copy begins where the address points, at the object's type */
    uint32_t bytes_length;
} sf_heap_object;

enum sf_heap_layout_flags {
    SF_HEAP_LAYOUT_STRUCT = 1u << 0, /* offsets count from where the struct begins; else from the object's address */
    SF_HEAP_LAYOUT_FIELDS = 1u << 1, /* the runtime gave the fields */
};

typedef struct sf_heap_layout { /* of the type of an object, its parents, and the state machine in a box */
    uint32_t type;   /* index into types */
    uint32_t parent; /* index into types; SF_NONE */
    uint32_t first_field, field_count; /* its own, without those of the parents */
    uint32_t first_reference, reference_count; /* of a type that objects were copied of: all, also those of the parents and in structs */
    uint32_t size;
    uint32_t flags;
} sf_heap_layout;

typedef struct sf_heap_field {
    uint32_t token; /* FieldDef, in the type's module */
    uint32_t offset;
} sf_heap_field;

typedef struct sf_running { /* in the order of threads, frames and objects, each once */
    uint32_t thread; /* index */
    uint32_t object; /* index into the heap's objects: the box of an async method that the thread runs, if the state machine says so too */
    uint32_t frame;  /* counted from the innermost: of the state machine's MoveNext, or of another method of an iterator's */
    uint32_t next;   /* of a task with SF_HEAP_OBJECT_SUSPENDED, whose frame is the one that goes on with its methods: the index + 1 of the
                        continuation that comes after the one that is run; 0: none */
} sf_running;

typedef struct sf_suspension { /* by resume_info, each once */
    uint64_t resume_info; /* of continuations */
    uint32_t frame;       /* index into frames: where their method stands; it has SF_FRAME_AWAIT */
    uint32_t code;        /* the same number for all places of one piece of code, those too that no continuation stands at; 0: they
                             were not looked for */
} sf_suspension;

#endif
