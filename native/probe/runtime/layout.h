/* The runtime's own layout, as far as the probe relies on it: every offset, flag, size and name. No other file has any; framework.c has the names of
 * types in other libraries.
 *
 * layout.c fills this table from the data contract, from CoreLib's metadata by name, or, if neither has an entry, from values that were tested on
 * specific versions. The entries form groups. If an entry of a group is missing or implausible, or its contract is not known, the whole group is off,
 * and its users do without it: call layout_knows before using a member. */
#ifndef STACKFLARE_LAYOUT_H
#define STACKFLARE_LAYOUT_H

#include "runtime/corelib.h"

enum layout_group {
    LAYOUT_THREADS,      /* Thread: ids, state, the managed object, the innermost frame object */
    LAYOUT_STRINGS,
    LAYOUT_NAMES,        /* System.Threading.Thread._name */
    LAYOUT_EXCEPTIONS,   /* the exception that a thread handles */
    LAYOUT_MESSAGES,     /* what an exception says, and its inner one */
    LAYOUT_THREAD_LIST,  /* the runtime's list of its threads, and whether each is in cooperative mode */
    LAYOUT_LIST_HOLDER,  /* the owner of the list's lock: the thread that suspends the runtime */
    LAYOUT_STOPPED,      /* the frame objects of threads that were suspended in managed code */
    LAYOUT_REGISTERS,    /* and where those objects have the thread's registers */
    LAYOUT_HIJACKS,      /* the same for a thread that was stopped when it returned from a call */
    LAYOUT_TRANSITIONS,  /* the same for a thread whose call went to the runtime, for example to compile the method */
    LAYOUT_CALLS,        /* the frame objects of calls into native code */
    LAYOUT_TYPES,        /* MethodTable */
    LAYOUT_TYPE_MAP,     /* from TypeDef tokens to types */
    LAYOUT_METHODS,      /* from a MethodDesc to the type for which it was compiled */
    LAYOUT_COLLECTIBLE,  /* what keeps code of collectible load contexts alive */
    LAYOUT_SYMBOLS,      /* PDBs that the program passed with an assembly's bytes */
    LAYOUT_STATICS,      /* a thread's static variables */
    LAYOUT_VARIABLES,    /* the place of a thread-static variable of CoreLib */
    LAYOUT_BLOCKING,     /* ThreadBlockingInfo: what a thread waits for */
    LAYOUT_BLOCKING_WORD, /* the address of the newest one, at a fixed place (.NET 9 and 10) */
    LAYOUT_BLOCKING_FIRST, /* or in an ordinary thread-static variable */
    LAYOUT_SYNC_TABLE,
    LAYOUT_HEADERS,      /* thin locks in the headers of objects */
    LAYOUT_NATIVE_MONITORS,  /* sync blocks that contain the monitor (.NET 9 and 10) */
    LAYOUT_MANAGED_MONITORS, /* sync blocks with a System.Threading.Lock (.NET 11) */
    LAYOUT_LOCKS,        /* System.Threading.Lock */
    LAYOUT_CONDITIONS,   /* System.Threading.Condition, for waiting for a pulse (.NET 11) */
    LAYOUT_MUTEXES,      /* the owner of a Mutex (.NET 11) */
    LAYOUT_JOINS,        /* the event for threads that wait for a thread's end, and what a thread waits for (.NET 11) */
    LAYOUT_SEMAPHORES,
    LAYOUT_EVENTS,
    LAYOUT_RW_LOCKS,
    LAYOUT_RW_READERS,
    LAYOUT_TASKS,
    LAYOUT_RUNNING_TASKS, /* the task that a thread runs */
    LAYOUT_LISTS,
    LAYOUT_REFERENCES,   /* the references in an object, and the interfaces of its type */
    LAYOUT_ASYNC,        /* the objects of async methods with state machines */
    LAYOUT_CONTINUATIONS, /* the saved state of methods that the runtime suspends itself (.NET 11) */
    LAYOUT_RESUME_INFOS, /* how the places of one piece of code are laid out */
    LAYOUT_OLD_CONTINUATIONS, /* those of .NET 10, which do not show their methods */
    LAYOUT_DISPATCHERS,  /* the continuations that threads run next */
    LAYOUT_ASYNC_QUEUES, /* the waiters for a SemaphoreSlim in async methods */
    LAYOUT_ELEMENTS,     /* the element type of arrays */
    LAYOUT_COLLECTOR,    /* where the heap is, by the collector's own descriptor (.NET 11) */
    LAYOUT_ONE_HEAP,     /* the workstation collector */
    LAYOUT_MANY_HEAPS,   /* the server collector */
    LAYOUT_ALLOCATION,   /* the parts of the heap without objects yet */
    LAYOUT_HEAP_RANGE,   /* the address range that a collector with regions reserves */
    LAYOUT_CONTEXTS,     /* synchronization contexts of threads, and delegates */
    LAYOUT_POOL,
    LAYOUT_POOL_COUNTS,
    LAYOUT_POOL_LIMITS,
    LAYOUT_POOL_QUEUES,
    LAYOUT_POOL_ITEMS,   /* the queued work items themselves */
    LAYOUT_POOL_COMPLETED,
    LAYOUT_TIMERS,       /* timers, and the methods of delegates */
    LAYOUT_GROUPS,
};

enum { LAYOUT_TRANSITION_KINDS = 5 };
enum { LAYOUT_RESUMABLE, LAYOUT_REDIRECTED, LAYOUT_HIJACKED, LAYOUT_STOPPED_KINDS }; /* the order of stopped; a hijacked thread is at the return address of a call */
enum { SHARED_QUEUES = 3, LAYOUT_THREAD_BYTES = 4096 /* no Thread has more */, LAYOUT_FRAME_BYTES = 80 /* of a frame object */ };
enum { LAYOUT_GENERATION_BYTES = 512, LAYOUT_GENERATIONS = 8, LAYOUT_REGION_BYTES = 128 }; /* the same */

typedef struct layout {
    uint64_t known; /* groups */
    uint32_t lacking; /* sf_part: parts that a snapshot of this runtime should have but does not */

    struct {
        uint32_t id, os_id, state, object, frame;
        uint32_t exception, cooperative, link;
        uint32_t link_at; /* the offset in the next Thread at which a link points */
        uint32_t statics;
        bool statics_searched; /* not in the contract: found by what it points to */
        uint32_t unstarted, dead, waits; /* flags in its state */
        uint32_t bytes;   /* the part that contains all of these */
    } thread;
    struct { uint32_t name, id, context; } managed_thread;
    struct { uint32_t target, code, other_code; } delegate;
    struct { uint32_t object, is_handle; } exception; /* of the tracker to which a Thread refers */
    struct { uint32_t text, inner; } message; /* of an Exception */
    struct { uint32_t length, chars; uintptr_t type; } string;
    struct { uint32_t length, items; } array;
    struct { uintptr_t store; uint32_t first, count, lock_after; } thread_list; /* the list's lock and its holder are less than lock_after bytes after or before first */
    uint32_t stopped[LAYOUT_STOPPED_KINDS]; /* the first words of those frame objects */
    uint32_t transitions[LAYOUT_TRANSITION_KINDS]; /* the first words of the frame objects of calls that went to the runtime */
    struct { uint32_t block, address, registers, fp; } transition; /* of such an object: the address of a block with the return address and the saved registers */
    struct { uint32_t address, saved, registers, fp; } hijack; /* of such an object: the return address, and the address of the saved registers */
    uint32_t stopped_registers; /* of those objects: the address of the registers */
    struct { uint32_t next, target, sp, address, fp, kind, not_method, marks; } call;
    struct {
        uint32_t size, parent, module, class, flags, flags2, interface_count, auxiliary;
        uint32_t interfaces; /* the offset of the list of interfaces; found by heap_kinds.c */
        uint32_t token_shift; /* of flags2 */
        uint32_t collectible, has_references, kind, is_struct; /* of flags */
        uint32_t element; /* for an array's type: the element type */
        uint32_t counts, element_bytes; /* of flags: objects have a length, and the size of an element */
        uintptr_t object_array;
        uint32_t header; /* part of an object's size, before its address */
        uintptr_t object;    /* System.Object */
    } type;
    struct { uint32_t type; } class;
    struct {
        uint32_t generation_bytes, generations, first;        /* a generation: its first region */
        uint32_t allocated, committed, memory, next;          /* a region: the end of its objects and of its memory, the start of its memory, the next region */
        uint32_t has_regions;
        uintptr_t state;                                      /* address of a variable */
        uint32_t marking, idle;                               /* its values while dead objects are still intact */
        uintptr_t lowest, highest;
    } collector;
    struct { uintptr_t generations, allocated, last; } one_heap;                 /* last: the last region of the youngest generation; its objects end at allocated */
    struct { uintptr_t heaps, count; uint32_t generations, allocated, last; } many_heaps;
    struct { uint32_t thread, context, inner, pointer, limit, reserve; uintptr_t global, free; } allocation; /* free: the type of free space */
    struct { uint32_t index, chunk_bytes, chunk_type, flags, kind, is_call; } method;
    struct { uint32_t loader, symbols, types, fields; } module;
    struct { uint32_t type, name, place, place_bits; } field; /* of a FieldDesc; name: includes its token */
    struct { uint32_t next, table, count, flags; } map;
    struct { uint32_t buffer, size; } symbols;
    struct { uint32_t bytes, scout_words, scout_loader; } loader;
    uintptr_t app_domain;

    struct { uint32_t thread, blocking; } statics; /* words */
    struct { uint32_t array, array_count; uint32_t bytes, index, kind_shift, direct, in_array, unused, left_out; } variables;
    struct { uint32_t object, kind, timeout, next, bytes, enter, wait, lock, condition; uint32_t first; } blocking; /* first: a token */
    struct { uintptr_t entries, cache; uint32_t bytes, block, object, used; } sync_table;
    struct { uint32_t index, index_bits, not_thin, thread, recursion_shift, recursion_bits; } header;
    struct { uint32_t state, recursion, holder, holder_os_id, index, bytes, held, waiters_shift, holder_is_thread; } monitor;
    struct { uint32_t lock, thin; } sync_block;
    struct { uint32_t owner, owner_is_managed, state, recursion, held, waiters_shift; } lock;
    struct { uint32_t lock; } condition;
    struct { uint32_t event, handle, address, waiting, count, objects; } join;
    struct { uint32_t ownership, thread; } mutex;
    struct { uint32_t count, lock, async_head; } semaphore;
    struct { uint32_t lock; } event;
    struct { uint32_t writer, upgrader, state, id, lists, readers, has_writer; } rw_lock; /* lists: the token of a thread-static variable */
    struct { uint32_t lock, reads, next; } rw_counts;
    struct { uint32_t continuation, state, action, object, scheduler, properties, completed, current; } task; /* current: the token of a thread-static variable */
    struct { uint32_t next, resume_info, place, info_size, resume; } continuation; /* place: in the resume info; info_size: of one resume info */
    struct { uint32_t next, continuation, task, current; } dispatcher; /* current: the token of a thread-static variable */
    struct { uint32_t items, size; } list;
    struct {
        uintptr_t instance, work_queue, local_queues; /* addresses of variables */
        uint32_t counts, min, max, counter;
        uint32_t shared[SHARED_QUEUES], shared_array;
        uint32_t queue_head, segment_next, segment_mask, head, tail;
        uint32_t local_head, local_tail;
        uint32_t segment_slots, local_array;
        uint32_t lock, overflow, nodes, lock_state, node_count, node_next, node_before;
    } pool;

    struct { uintptr_t all; uint32_t scheduled, start, duration, soon, later; } timer_queue; /* all: the address of a variable; when its next timer is due */
    struct { uint32_t next, start, duration, callback, state; } timer;
    struct { uint32_t method; } precode; /* from the word with the target, of a precode that jumps to it */

    core_type types[CORE_CLASSES];
} layout;

static inline bool layout_knows(const layout *k, enum layout_group group) { return k->known >> group & 1; }

/* Fills the table. pointers belong to the descriptor's text. A runtime without one has text NULL, and a table of its variables for debuggers. The
 * collector has its own descriptor: open reads it at the address that the first one contains, and returns whether it exists; NULL if that is not
 * possible. */
typedef struct layout_source {
    const char *text;
    size_t size;
    const uintptr_t *pointers;
    uint32_t pointer_count;
    bool (*open)(uintptr_t address, struct layout_source *part);
    const uintptr_t *debugger_table;
} layout_source;
void layout_fill(layout *k, uint16_t major, const layout_source *source);

/* Adds what CoreLib's metadata contains, in one pass. */
void layout_fill_names(layout *k, core_lib *core);

/* The fields of one class, when an object of it has shown which instantiation it is. */
void layout_fill_class(layout *k, const core_lib *core, enum core_class class);

#endif
