/* One capture, from the suspend to sending the snapshot. */
#ifndef STACKFLARE_CAPTURE_H
#define STACKFLARE_CAPTURE_H

#include "memory/memory.h"
#include "runtime/runtime.h"
#include "wire/abi.h"

/* A frame as seen by the walk. */
typedef struct raw_frame {
    uint64_t ip;
    uintptr_t sp;      /* 0: not known */
    uint32_t function; /* index; SF_NONE: native frames */
    uint32_t exact : 1;
    uint32_t call : 1; /* a P/Invoke whose native code the thread runs; without code of its own, ip and sp are 0 */
    int32_t handler : 30; /* the return address of the next inner frame, if it is in a catch or finally block of the method: its distance from ip; 0 */
} raw_frame;

_Static_assert(sizeof(raw_frame) == 24, "the table of a million frames must not be too large to be kept");

/* The data of a function between the pause and the resolving of IL offsets. */
typedef struct function_work {
    bool transient;  /* its code can be freed when the program runs again, and is not held */
    bool incomplete; /* not all of its types are known */
    bool args_incomplete;
    clr_id type;     /* the ClassID of the declaring type; 0 if the runtime did not return it */
    clr_id compiled_for; /* the type for which its code was compiled, from the runtime's memory */
    uint32_t owner;  /* its index */
    uint32_t machine; /* for a state machine in boxes: the kind of its type (heap.h) */
    bool described;
    bool dispatches; /* runs methods that the runtime has suspended (continuations.c) */
} function_work;

typedef struct type_work {
    bool incomplete; /* not all of its types are known */
    enum { TYPE_UNSEEN, TYPE_LASTS, TYPE_TRANSIENT } state;
} type_work;

typedef struct thread_work {
    uintptr_t object;    /* the managed Thread */
    uintptr_t statics;   /* the address of the thread's statics; 0 if not known */
    uintptr_t stack_end; /* the maximum end of the outermost frame's part of the stack */
    uint32_t first_lock; /* the first lock that the thread holds; SF_NONE */
    uintptr_t waits_from, waits_to; /* the part of the stack that must refer to what the thread waits for; 0: it does not wait */
} thread_work;

typedef struct lock_work {
    uint32_t next; /* the next lock that the same thread holds; SF_NONE */
    uint32_t frames;
} lock_work;

typedef struct module_work {
    clr_id loader;    /* if collectible: the runtime's LoaderAllocator, else 0 */
    bool transient;   /* collectible and not held */
} module_work;

/* Maximum number of types in a capture: the heap has tables with their indexes. */
enum { CAPTURE_TYPES = 1 << 16 };

enum { MAX_HELD = 256, TYPES_SEEN = 64 };

/* Data of a batch of threads, read step by step: the addresses for each step come from the previous one. */
enum { THREAD_BATCH = 64, FRAME_WORDS = LAYOUT_FRAME_BYTES / sizeof(uintptr_t), STRING_WORDS = 12 };
typedef struct thread_words {
    uintptr_t object;                /* the managed Thread */
    uintptr_t name;                  /* its name, a string */
    uintptr_t type;                  /* its type */
    uintptr_t exception;             /* the exception that it handles; 0 */
    uint32_t id;                     /* its managed id, from the managed object */
    uintptr_t frame[FRAME_WORDS];    /* the innermost of the runtime's frame objects on the thread's stack */
    bool frame_known, has_frame;
    uintptr_t string[STRING_WORDS];  /* the beginning of the name */
} thread_words;

struct heap; /* heap/heap.h */

typedef struct capture {
    const sf_request *request;
    sf_seen *seen; /* request->seen_count of them */
    runtime runtime;
    sf_info result;

    sf_table threads, raw, functions, function_work, types, type_work, type_args, modules, module_work;
    sf_table stacks, frames, il_places, blob;
    sf_table locks, lock_work, waits, held_locks, thread_work, thread_of_id, scratch;
    sf_table busy, busy_samples, blockers, exceptions, queued, due_timers;
    uint32_t message_bytes; /* of exceptions */
    sf_table objects, object_work, references, waiting_words;
    struct heap *heap;
    sf_index os_index, lock_index, object_index;
    uintptr_t core_loader; /* the LoaderAllocator of CoreLib; 0: not read yet */
    uintptr_t types_seen[TYPES_SEEN]; /* a hash table */
    uintptr_t last_waited; /* the last sync block for which a thread waited */
    uint32_t last_waited_lock;
    uint32_t owners_right, owners_wrong; /* for held monitors: whether the owner's ids belong to one thread */
    sf_table monitors; /* monitors with a managed lock object, and an index by that object's address: */
    sf_index monitor_index;
    uint32_t monitors_right, monitors_wrong; /* whether a sync block refers to such an object */
    bool monitors_whole; /* all of them are known */
    bool monitors_waited; /* a thread waits to enter one */
    sf_index function_index, type_index, module_index, frame_index, body_index;

    void *held[MAX_HELD];
    clr_id held_loaders[MAX_HELD];
    uint32_t held_count;
    sf_pool pool;
    bool pool_known;
    int64_t host_deadline; /* CLOCK_MONOTONIC: after this, the host may have given up */
    int64_t pause_deadline;
    thread_words batch[THREAD_BATCH];
    sf_table thread_copies; /* copies of the Threads of the batch */
    bool thread_ids_given;  /* a thread's id comes from the profiling interface, and is not the address in a copy */
    uint32_t loader_handle_offset; /* the offset of the managed object's handle in a LoaderAllocator, when it was found */
    uint32_t searches;             /* of LoaderAllocators, for that offset */
} capture;

/* Whether the pause must end. What is not done by then is left out, with a flag. */
bool is_late(const capture *c);

/* walk.c: in the pause. */
void walk_all(capture *c, void *threads);

/* unchanged.c: the threads that have not run since the host's last sample. */
void unchanged_find(capture *c); /* before each attempt to suspend */
uint32_t unchanged_take(capture *c, clr_id *ids, uint32_t count); /* in the pause; returns how many others there are: they are moved to the front */

/* describe.c: reading while the runtime is suspended. */
uint32_t describe_function(capture *c, clr_id function);
void describe_functions(capture *c); /* those that are not described yet */
uint32_t describe_type(capture *c, clr_id cls, int depth);
uint32_t blob_add(capture *c, const void *bytes, uint32_t length);

/* threads.c: the runtime's data of its threads. */
void describe_threads(capture *c, sf_thread *threads, uint32_t count);

/* pool_items.c: what the queues of the pool contain. The mask is that of a ring. */
enum { MAX_QUEUED_TYPES = 64 };
void pool_items_begin(void);
void pool_items_see(capture *c, uintptr_t reference, uint32_t from, uint32_t count, uint32_t mask);
void pool_items_describe(capture *c);

/* exceptions.c: what the exception says that a thread handles, and its inner ones. */
void exception_describe(capture *c, uint32_t thread, uintptr_t object);
uintptr_t type_of_method(const capture *c, uintptr_t method); /* describe.c: 0 if it is not a MethodDesc; checked before the runtime is asked about it */
bool follows_call(uint64_t ip); /* whether the preceding instruction is a call, as far as its bytes show */
bool stands_at(const capture *c, uint32_t in_batch, uint64_t ip);
bool was_interrupted(const capture *c, uint32_t in_batch);

/* pool.c: the thread pool. Its address is found before the suspend, and its data is read in the pause. */
void pool_find(capture *c);
void pool_read(capture *c);
void pool_watch(capture *c, int64_t resumed); /* after the pause: whether what is queued is worked off */
bool is_a(uintptr_t object, clr_id type); /* an object of exactly this type */

/* timers.c: the timers that are late. */
enum { MAX_DUE_TIMERS = 64 };
void timers_read(capture *c);

/* hold.c: keeps collectible code alive from the pause until it is resolved. */
void hold_collectible(capture *c);
void hold_release(capture *c);
bool type_transient(capture *c, uint32_t index, int depth); /* whether a type may be unloaded when the program runs */

/* stuck.c: for captures without a pause. */
void describe_stuck(capture *c);

/* resolve.c: after the pause. */
void resolve(capture *c);
bool resolve_same_code(capture *c, uint32_t function, uint64_t address, uint64_t other); /* whether both are in the same compiled body of it */
uint32_t resolve_await(capture *c, uint64_t address, uint32_t function); /* the frame of a suspended method; SF_NONE if there is no room */

/* busy.c: the first sample right after the pause, the second after everything else. */
bool busy_map(capture *c);
void busy_unmap(capture *c);
void busy_begin(capture *c);
void busy_end(capture *c);
int64_t thread_cpu_ns(uint32_t os_id); /* processor time of a thread of this process; -1 if there is no such thread */

/* A sample of a recording: stacks and processor clocks, nothing else. */
static inline bool is_sample(const capture *c) { return c->request->flags & SF_REQUEST_SAMPLE; }

/* images.c: the images of modules without a file. */
void image_copy(capture *c, sf_module *module, bool in_pause);

#endif
