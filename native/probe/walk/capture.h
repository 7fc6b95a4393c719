/* One capture, from the suspend to the snapshot's bytes on the wire. */
#ifndef STACKFLARE_CAPTURE_H
#define STACKFLARE_CAPTURE_H

#include "abi.h"
#include "clr.h"
#include "heap.h"
#include "memory.h"

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
    uint32_t owner;  /* then: index of the type that its code was compiled for */
    uint32_t machine; /* of a state machine that is in boxes: the kind of its type (heap.h) */
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

/* Where the runtime keeps what the profiling API does not give; see contract.c. */
enum { INTERRUPTED_KINDS = 3, SYNC_ENTRY_BYTES = 16 };
typedef struct contract {
    bool present;
    uint32_t interrupted[INTERRUPTED_KINDS]; /* first words of the frame objects of a thread that was stopped in managed code; 0: not known */
    uint32_t thread_id, thread_os_id, thread_state, thread_handle, thread_exception, thread_frame;
    uint32_t exception_object;
    uint32_t string_length, string_chars;
    uint32_t module_loader, module_symbols, symbols_buffer, symbols_size;
    uint32_t method_chunk_index, chunk_bytes, chunk_type, type_class, class_type;
    uintptr_t string_type; /* the MethodTable of System.String */
    uint32_t name_offset;  /* of Thread._name, once it was seen */
    uint32_t thread_local_data; /* 0: to be found */
    bool thread_local_data_found; /* by a search, and not given */
    uint32_t thread_cooperative, thread_link;
    uintptr_t first_thread;     /* where the list of threads begins; 0: not known */
    uintptr_t sync_table;       /* where the address of the table of sync blocks is; 0: locks cannot be read */
    uintptr_t object_type;      /* the MethodTable of System.Object */
    uint32_t type_size, type_parent, type_module;
    uint32_t module_types, map_table; /* of a Module, the map from TypeDef tokens to types; 0: not known */
    uint32_t type_flags, type_flags2;
    uint32_t type_interfaces; /* of a MethodTable, how many it has; 0: not known */
    uintptr_t app_domain;
} contract;

enum { MAX_HELD = 256, TYPES_SEEN = 64 };

/* What is read of a batch of threads, step by step: each step's addresses are in what the one before has read. */
enum { THREAD_BATCH = 64, OBJECT_WORDS = 6, FRAME_WORDS = 10, STRING_WORDS = 12 };
typedef struct thread_words {
    uintptr_t object;                /* the managed Thread */
    uintptr_t object_words[OBJECT_WORDS];
    uintptr_t frame[FRAME_WORDS];    /* the innermost of the frame objects that the runtime keeps on the thread's stack */
    bool frame_known, has_frame;
    uintptr_t string[STRING_WORDS];  /* the beginning of the name */
} thread_words;

struct capture {
    const sf_request *request;
    void *info;    /* ICorProfilerInfo10 */
    void *handles; /* ICorProfilerInfo13, or NULL */
    contract contract;
    sf_info result;

    sf_table threads, raw, functions, function_work, types, type_work, type_args, modules, module_work;
    sf_table stacks, frames, blob;
    sf_table locks, lock_work, waits, held_locks, thread_work, thread_of_id, scratch;
    sf_table busy, busy_samples;
    sf_table objects, object_work, references, waiting_words;
    heap heap;
    sf_index os_index, lock_index, object_index;
    uintptr_t lock_type;   /* the MethodTable of System.Threading.Lock, once it was seen */
    uintptr_t core_loader; /* the LoaderAllocator of CoreLib; 0: not yet read */
    uintptr_t types_seen[TYPES_SEEN], no_locks_seen[TYPES_SEEN]; /* each at the place that its value gives it */
    uintptr_t last_waited; /* the sync block that a thread was last seen to wait for */
    uint32_t last_waited_lock;
    uint32_t owners_right, owners_wrong; /* of held monitors: whether the owner's ids are those of one thread */
    sf_index function_index, type_index, module_index, frame_index;

    void *held[MAX_HELD];
    clr_id held_loaders[MAX_HELD];
    uint32_t held_count;
    sf_pool pool;
    bool pool_known;
    int64_t host_deadline; /* CLOCK_MONOTONIC: when whoever asked may have given up */
    int64_t pause_deadline;
    thread_words batch[THREAD_BATCH];
    uint32_t loader_handle_offset; /* where a LoaderAllocator keeps its managed object, once it was seen */
    uint32_t searches;             /* of LoaderAllocators for that place */
};

/* Whether the pause is to end: whatever is not done by then is left out, and said to be. */
bool is_late(const capture *c);

/* Memory for everything; false when there is none. */
bool capture_map(capture *c);
void capture_unmap(capture *c);

/* Fills c->result and the tables. Whatever happens, the runtime runs when it returns. */
void capture_take(capture *c);

/* describe.c: what is read while the runtime stands still. */
uint32_t describe_function(capture *c, clr_id function);
void describe_functions(capture *c);
uint32_t describe_type(capture *c, clr_id cls, int depth);
uint32_t blob_add(capture *c, const void *bytes, uint32_t length);

/* contract.c: where things are. */
void contract_find(capture *c);

/* threads.c: what the runtime knows of its threads. */
void describe_threads(capture *c, sf_thread *threads, uint32_t count);
bool stands_at(const capture *c, uint32_t in_batch, uint64_t ip);
bool was_interrupted(const capture *c, uint32_t in_batch);

bool is_type(const contract *k, uintptr_t type);
static inline bool plausible(uintptr_t p) { return p % sizeof p == 0 && p > 0x10000 && p < (uintptr_t)1 << 56; }

static inline uintptr_t type_of(uintptr_t first_word) { return first_word & ~(uintptr_t)7; } /* the GC uses the low bits */

/* Owners, waiters and what they wait for; locks.c and locks.h. */
void locks_ready(void); /* takes the page faults that the pause would take otherwise */
void describe_locks(capture *c, int64_t deadline);
void trim_held(capture *c); /* after resolve: without frames that did not fit into the snapshot */

/* What threads wait for besides locks; objects.c and objects.h. */
void objects_open(capture *c); /* before the pause */
void objects_name(capture *c); /* after resolve */

/* pool.c: the thread pool; where it is, before the suspend, and what it says, in the pause. */
void pool_find(capture *c);
void pool_read(capture *c, int64_t deadline);

/* hold.c: collectible code, kept alive from the pause until it is resolved. */
void hold_collectible(capture *c);
void hold_release(capture *c);
bool type_transient(capture *c, uint32_t index, int depth); /* whether a type may be gone once the program runs */

/* stuck.c: when there was no pause to be had. */
void describe_stuck(capture *c);

/* resolve.c: after the pause. */
void resolve(capture *c);

/* busy.c: the first look right after the pause, the second when everything else is done. */
bool busy_map(capture *c);
void busy_begin(capture *c);
void busy_end(capture *c);
int64_t thread_cpu_ns(uint32_t os_id); /* processor time of a thread of this process; -1 when there is none of that id */

/* image.c: a module's MVID, and the images of modules without a file. */
void image_identify(sf_module *module);
bool image_in_memory(const sf_module *module);
typedef struct image_streams {
    uintptr_t tables, strings, blobs;
    uint32_t tables_size, strings_size, blobs_size;
} image_streams;
bool image_metadata(const sf_module *module, image_streams *streams);
void image_copy(capture *c, sf_module *module);

/* snapshot.c */
int snapshot_connect(const sf_request *request); /* -1: nobody listens there who may have it */
void snapshot_send(const capture *c, int host);

#endif
