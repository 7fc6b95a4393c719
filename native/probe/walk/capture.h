/* One capture, from the suspend to the snapshot's bytes on the wire. */
#ifndef STACKFLARE_CAPTURE_H
#define STACKFLARE_CAPTURE_H

#include "memory/memory.h"
#include "runtime/runtime.h"
#include "wire/abi.h"

/* A frame as the walk sees it. */
typedef struct raw_frame {
    uint64_t ip;
    uintptr_t sp;      /* 0: not known */
    uint32_t function; /* index; SF_NONE: a run of native frames */
    uint32_t exact;
} raw_frame;

/* What a function needs between the pause and its IL offsets. */
typedef struct function_work {
    bool transient;  /* its code can be freed once the program runs again, and nothing holds it */
    bool incomplete; /* not all the types are known that it is made of */
    bool args_incomplete;
    clr_id type;     /* the ClassID of the type that declares it; 0 when the runtime did not give it */
    clr_id compiled_for; /* the type that its code was compiled for, as the runtime's memory has it */
    uint32_t owner;  /* then: its index */
    uint32_t machine; /* of a state machine that is in boxes: the kind of its type (heap.h) */
    bool described;
    bool dispatches; /* goes on with methods that the runtime has suspended (continuations.c) */
} function_work;

typedef struct type_work {
    bool incomplete; /* not all the types are known that it is made of */
    enum { TYPE_UNSEEN, TYPE_LASTS, TYPE_TRANSIENT } state;
} type_work;

typedef struct thread_work {
    uintptr_t object;    /* the managed Thread */
    uintptr_t statics;   /* where the runtime keeps the thread's variables; 0 not known */
    uintptr_t stack_end; /* as far as the outermost frame's part of the stack may reach */
    uint32_t first_lock; /* of those that the thread holds; SF_NONE */
    uintptr_t waits_from, waits_to; /* the part of the stack in which what the thread waits for must be; 0: it does not wait */
} thread_work;

typedef struct lock_work {
    uint32_t next; /* of those that the same thread holds; SF_NONE */
    uint32_t frames;
} lock_work;

typedef struct module_work {
    clr_id loader;    /* collectible: the runtime's LoaderAllocator, else 0 */
    bool transient;   /* collectible and not held */
} module_work;

/* Types that a capture describes: the heap has tables by their indexes. */
enum { CAPTURE_TYPES = 1 << 16 };

enum { MAX_HELD = 256, TYPES_SEEN = 64 };

/* What is read of a batch of threads, step by step: each step's addresses are in what the one before has read. */
enum { THREAD_BATCH = 64, FRAME_WORDS = 10, STRING_WORDS = 12 };
typedef struct thread_words {
    uintptr_t object;                /* the managed Thread */
    uintptr_t name;                  /* its name, a string */
    uintptr_t type;                  /* its type */
    uint32_t id;                     /* its managed id, as it has it itself */
    uintptr_t frame[FRAME_WORDS];    /* the innermost of the frame objects that the runtime keeps on the thread's stack */
    bool frame_known, has_frame;
    uintptr_t string[STRING_WORDS];  /* the beginning of the name */
} thread_words;

struct heap; /* heap/heap.h */

typedef struct capture {
    const sf_request *request;
    runtime runtime;
    sf_info result;

    sf_table threads, raw, functions, function_work, types, type_work, type_args, modules, module_work;
    sf_table stacks, frames, blob;
    sf_table locks, lock_work, waits, held_locks, thread_work, thread_of_id, scratch;
    sf_table busy, busy_samples, blockers;
    sf_table objects, object_work, references, waiting_words;
    struct heap *heap;
    sf_index os_index, lock_index, object_index;
    uintptr_t core_loader; /* the LoaderAllocator of CoreLib; 0: not yet read */
    uintptr_t types_seen[TYPES_SEEN]; /* each at the place that its value gives it */
    uintptr_t last_waited; /* the sync block that a thread was last seen to wait for */
    uint32_t last_waited_lock;
    uint32_t owners_right, owners_wrong; /* of held monitors: whether the owner's ids are those of one thread */
    sf_table monitors; /* whose lock is a managed object, and by that object's address: */
    sf_index monitor_index;
    uint32_t monitors_right, monitors_wrong; /* whether what a sync block leads to is such an object */
    bool monitors_whole; /* all of them are known */
    bool monitors_waited; /* some thread wants to enter one */
    sf_index function_index, type_index, module_index, frame_index;

    void *held[MAX_HELD];
    clr_id held_loaders[MAX_HELD];
    uint32_t held_count;
    sf_pool pool;
    bool pool_known;
    int64_t host_deadline; /* CLOCK_MONOTONIC: when whoever asked may have given up */
    int64_t pause_deadline;
    thread_words batch[THREAD_BATCH];
    sf_table thread_copies; /* of the batch, copies of the Threads */
    bool thread_ids_given;  /* a thread's id is one of the profiling interface, and not an address of a copy */
    uint32_t loader_handle_offset; /* where a LoaderAllocator keeps its managed object, once it was seen */
    uint32_t searches;             /* of LoaderAllocators for that place */
} capture;

/* Whether the pause is to end: whatever is not done by then is left out, and said to be. */
bool is_late(const capture *c);

/* walk.c: in the pause. */
void walk_all(capture *c, void *threads);

/* describe.c: what is read while the runtime stands still. */
uint32_t describe_function(capture *c, clr_id function);
void describe_functions(capture *c); /* those that were not yet */
uint32_t describe_type(capture *c, clr_id cls, int depth);
uint32_t blob_add(capture *c, const void *bytes, uint32_t length);

/* threads.c: what the runtime knows of its threads. */
void describe_threads(capture *c, sf_thread *threads, uint32_t count);
bool follows_call(uint64_t ip); /* whether the instruction before it is a call, as far as its bytes tell */
bool stands_at(const capture *c, uint32_t in_batch, uint64_t ip);
bool was_interrupted(const capture *c, uint32_t in_batch);

/* pool.c: the thread pool; where it is, before the suspend, and what it says, in the pause. */
void pool_find(capture *c);
void pool_read(capture *c);

/* hold.c: collectible code, kept alive from the pause until it is resolved. */
void hold_collectible(capture *c);
void hold_release(capture *c);
bool type_transient(capture *c, uint32_t index, int depth); /* whether a type may be gone once the program runs */

/* stuck.c: when there was no pause to be had. */
void describe_stuck(capture *c);

/* resolve.c: after the pause. */
void resolve(capture *c);
bool resolve_same_code(capture *c, uint32_t function, uint64_t address, uint64_t other); /* whether both are in one compiled body of it */
uint32_t resolve_await(capture *c, uint64_t address, uint32_t function); /* the frame of a suspended method; SF_NONE when there is no room */

/* busy.c: the first look right after the pause, the second when everything else is done. */
bool busy_map(capture *c);
void busy_begin(capture *c);
void busy_end(capture *c);
int64_t thread_cpu_ns(uint32_t os_id); /* processor time of a thread of this process; -1 when there is none of that id */

/* images.c: the images of modules without a file. */
void image_copy(capture *c, sf_module *module, bool in_pause);

#endif
