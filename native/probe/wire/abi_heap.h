/* The heap part of the wire format: copies of the objects of async methods. HeapRecords.cs mirrors it. */
#ifndef STACKFLARE_ABI_HEAP_H
#define STACKFLARE_ABI_HEAP_H

#include <stdint.h>

enum sf_heap_status { /* whether the heap was searched, or why not */
    SF_HEAP_UNAVAILABLE = 0, /* not possible on this runtime (.NET 8) */
    SF_HEAP_UNKNOWN = 1,     /* its objects do not have the layout that the probe knows */
    SF_HEAP_TOO_LARGE = 2,   /* of earlier probes, which did not search the heap of a program with much memory */
    SF_HEAP_REFUSED = 3,     /* hresult says why */
    SF_HEAP_WALKED = 4,
    SF_HEAP_COLLECTING = 5,  /* a background collection was in progress, and did not end in time */
    SF_HEAP_NEEDS_MAIN = 6,  /* only the runtime knows where objects are, and only the main profiler can query it */
};

enum sf_heap_flags {
    SF_HEAP_TIME_TRUNCATED = 1u << 0,    /* heap_limit_us reached: some objects were not seen or not followed */
    SF_HEAP_OBJECTS_TRUNCATED = 1u << 1, /* heap_max_objects, or a limit of the probe, reached */
    SF_HEAP_BYTES_TRUNCATED = 1u << 2,   /* heap_max_copied reached */
    SF_HEAP_PART_LOST = 1u << 3,         /* a part of the heap was inconsistent and was left out */
    SF_HEAP_REFERENCES_TRUNCATED = 1u << 5, /* some objects have more references than are known and followed */
    SF_HEAP_UNREADABLE = 1u << 4,        /* there are methods that the runtime suspends itself, and it does not record where they wait (.NET 10) */
};

typedef struct sf_heap {
    uint32_t status; /* sf_heap_status */
    int32_t hresult;
    uint32_t flags;
    uint32_t method_count;  /* async methods among the objects: those with SF_HEAP_OBJECT_METHOD that have not completed */
    uint64_t seen_objects;  /* of all types */
    uint64_t heap_bytes;    /* before the pause: the program's private memory, which contains its heap; 0 if not known */
    int64_t walk_ns;        /* of the pause: visiting each object */
    int64_t follow_ns;      /* of the pause: following references from the copied objects */
    int64_t now_ns;         /* during the pause, CLOCK_MONOTONIC: the clock of timers; 0: the heap was not searched */
} sf_heap;

enum sf_heap_object_flags {
    SF_HEAP_OBJECT_METHOD = 1u << 0,    /* the box of an async method; its last type argument is the state machine's type */
    SF_HEAP_OBJECT_POOLED = 1u << 1,    /* a reused box: it may be in its pool, with an empty state machine */
    SF_HEAP_OBJECT_TASK = 1u << 2,      /* a Task, or derived from it */
    SF_HEAP_OBJECT_COMPLETED = 1u << 3, /* a task that has completed */
    SF_HEAP_OBJECT_MACHINE = 1u << 4,   /* the state machine of an async method, if it is a class */
    SF_HEAP_OBJECT_SOURCE = 1u << 5,    /* implements IValueTaskSource */
    SF_HEAP_OBJECT_ARRAY = 1u << 6,     /* of tasks */
    SF_HEAP_OBJECT_TIMER = 1u << 7,     /* a System.Threading.TimerQueueTimer */
    SF_HEAP_OBJECT_SEMAPHORE = 1u << 8, /* a SemaphoreSlim that async methods wait for */
    SF_HEAP_OBJECT_TRUNCATED = 1u << 9, /* longer than its copy */
    SF_HEAP_OBJECT_CONTINUATION = 1u << 10, /* the saved state of a method that the runtime suspends itself; with the type Continuation, if its own type has no name */
    SF_HEAP_OBJECT_SUSPENDED = 1u << 11, /* the task of such methods: it refers to the first continuation, which refers to the next one, and so on */
    SF_HEAP_OBJECT_DETAIL = 1u << 12, /* of a framework's library: a socket, an end of a connection, a request that is served, an activity */
    SF_HEAP_OBJECT_TEXT = 1u << 13,   /* a string, or an array of 16-bit numbers, to which such an object refers; cut if it is long */
};

typedef struct sf_heap_object {
    uint64_t address; /* address during the pause, as in references in other objects' bytes */
    uint32_t type;    /* index into types */
    uint32_t flags;
    uint32_t bytes_offset; /* into the heap's bytes: the copy begins at the object's address, with its type */
    uint32_t bytes_length;
} sf_heap_object;

enum sf_heap_layout_flags {
    SF_HEAP_LAYOUT_STRUCT = 1u << 0, /* offsets are relative to the start of the struct; otherwise to the object's address */
    SF_HEAP_LAYOUT_FIELDS = 1u << 1, /* the runtime returned the fields */
};

typedef struct sf_heap_layout { /* of the type of an object, its base types, and the state machine in a box */
    uint32_t type;   /* index into types */
    uint32_t parent; /* index into types; SF_NONE */
    uint32_t first_field, field_count; /* its own, without those of the base types */
    uint32_t first_reference, reference_count; /* for a type with copied objects: all, including those of the base types and in structs */
    uint32_t size;
    uint32_t flags;
} sf_heap_layout;

typedef struct sf_heap_field {
    uint32_t token; /* FieldDef, in the type's module */
    uint32_t offset;
} sf_heap_field;

typedef struct sf_running { /* in the order of threads, frames and objects, without duplicates */
    uint32_t thread; /* index */
    uint32_t object; /* index into the heap's objects: the box of an async method that the thread runs, if the state machine agrees */
    uint32_t frame;  /* counted from the innermost: of the state machine's MoveNext, or of another method of an iterator */
    uint32_t next;   /* for a task with SF_HEAP_OBJECT_SUSPENDED, whose frame is the one that runs its methods: the index + 1 of the
                        continuation after the running method; 0: none */
} sf_running;

enum { SF_POSTED_OTHERS = 4 };

enum sf_posted_flags {
    SF_POSTED_SEEN_HERE = 1u << 0, /* the thread's stack refers to an object between the context and the method, or to an object that does */
    SF_POSTED_SCHEDULER = 1u << 1, /* the context is the TaskScheduler of the task that the thread runs */
};

typedef struct sf_posted { /* an async method whose action is in a queue of the synchronization context or TaskScheduler of a waiting thread, and of no
                             other thread; if there is one, also each thread with a context, without a method */
    uint64_t context;     /* address */
    uint32_t thread;      /* index: the one that has the context */
    uint32_t object;      /* index into the heap's objects: the method's box; SF_NONE */
    uint32_t type;        /* of the context; index into types */
    uint32_t keeper;      /* the type of the object to which the context refers for it; index into types; SF_NONE */
    uint32_t flags;
    uint32_t other_count; /* how many other threads' stacks refer to an object in between, or to an object that does */
    uint32_t others[SF_POSTED_OTHERS]; /* some of them */
    uint32_t holder_count; /* how many other threads' stacks refer to the context itself, or to an object that does */
    uint32_t reserved;
    uint32_t holders[SF_POSTED_OTHERS]; /* some of them */
} sf_posted;

typedef struct sf_suspension { /* by resume_info, without duplicates */
    uint64_t resume_info; /* from continuations */
    uint32_t frame;       /* index into frames: the place of their method; it has SF_FRAME_AWAIT */
    uint32_t code;        /* the same number for all places of one piece of code, including those without a continuation; 0: not
                             known */
} sf_suspension;

#endif
