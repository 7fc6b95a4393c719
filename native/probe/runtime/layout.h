/* What the probe relies on of the runtime's own layout: every offset, flag, size and name. No other file has one.
 *
 * layout.c fills this table from the data contract, from CoreLib's metadata by name, or, where neither has an entry, from what was tried on
 * named versions. The entries form groups. A group of which an entry is missing, or implausible, or of a contract that is not known, is off as
 * a whole, and whoever needs it does without: ask layout_knows before a member is used. */
#ifndef STACKFLARE_LAYOUT_H
#define STACKFLARE_LAYOUT_H

#include "runtime/corelib.h"

enum layout_group {
    LAYOUT_THREADS,      /* Thread: ids, state, the managed object, the innermost frame object */
    LAYOUT_STRINGS,
    LAYOUT_NAMES,        /* System.Threading.Thread._name */
    LAYOUT_EXCEPTIONS,   /* the exception that a thread handles */
    LAYOUT_THREAD_LIST,  /* the runtime's list of its threads, and whether each is in cooperative mode */
    LAYOUT_LIST_HOLDER,  /* who has the list's lock: whoever suspends the runtime */
    LAYOUT_STOPPED,      /* the frame objects of threads that were stopped in managed code */
    LAYOUT_TYPES,        /* MethodTable */
    LAYOUT_TYPE_MAP,     /* from TypeDef tokens to types */
    LAYOUT_METHODS,      /* from a MethodDesc to the type that it was compiled for */
    LAYOUT_COLLECTIBLE,  /* what code of collectible load contexts lives with */
    LAYOUT_SYMBOLS,      /* PDBs that the program gave with an assembly's bytes */
    LAYOUT_STATICS,      /* a thread's variables */
    LAYOUT_VARIABLES,    /* where each thread has a variable of CoreLib's */
    LAYOUT_BLOCKING,     /* ThreadBlockingInfo: what a thread waits for */
    LAYOUT_BLOCKING_WORD, /* where the newest is, in a fixed place (.NET 9 and 10) */
    LAYOUT_BLOCKING_FIRST, /* or in a variable like others */
    LAYOUT_SYNC_TABLE,
    LAYOUT_HEADERS,      /* thin locks in the headers of objects */
    LAYOUT_NATIVE_MONITORS,  /* sync blocks that hold the monitor (.NET 9 and 10) */
    LAYOUT_MANAGED_MONITORS, /* sync blocks that lead to a System.Threading.Lock (.NET 11) */
    LAYOUT_LOCKS,        /* System.Threading.Lock */
    LAYOUT_CONDITIONS,   /* System.Threading.Condition, on which one waits for a pulse (.NET 11) */
    LAYOUT_JOINS,        /* the event that a thread has for those who wait for its end, and what a thread waits for (.NET 11) */
    LAYOUT_SEMAPHORES,
    LAYOUT_EVENTS,
    LAYOUT_RW_LOCKS,
    LAYOUT_RW_READERS,
    LAYOUT_TASKS,
    LAYOUT_LISTS,
    LAYOUT_REFERENCES,   /* where an object has references, and the interfaces of its type */
    LAYOUT_ASYNC,        /* what async methods are made of, as state machines */
    LAYOUT_CONTINUATIONS, /* what is kept of methods that the runtime suspends itself (.NET 11) */
    LAYOUT_RESUME_INFOS, /* how those of one piece of code lie beside each other */
    LAYOUT_OLD_CONTINUATIONS, /* of .NET 10, which does not tell what they are of */
    LAYOUT_DISPATCHERS,  /* those that threads go on with */
    LAYOUT_ASYNC_QUEUES, /* who waits for a SemaphoreSlim in an async method */
    LAYOUT_ELEMENTS,     /* what type the elements of an array are of */
    LAYOUT_COLLECTOR,    /* where the heap is, by the collector's own descriptor (.NET 11) */
    LAYOUT_ONE_HEAP,     /* the workstation collector */
    LAYOUT_MANY_HEAPS,   /* the server collector */
    LAYOUT_ALLOCATION,   /* where in it nothing is yet */
    LAYOUT_HEAP_RANGE,   /* of addresses, which a collector with regions has to itself */
    LAYOUT_POOL,
    LAYOUT_POOL_COUNTS,
    LAYOUT_POOL_LIMITS,
    LAYOUT_POOL_QUEUES,
    LAYOUT_POOL_COMPLETED,
    LAYOUT_GROUPS,
};

enum { LAYOUT_RESUMABLE, LAYOUT_REDIRECTED, LAYOUT_HIJACKED, LAYOUT_STOPPED_KINDS }; /* the order of stopped; one that was hijacked is at the address that a call returns to */
enum { SHARED_QUEUES = 3, LAYOUT_THREAD_BYTES = 4096 /* no Thread has more */ };
enum { LAYOUT_GENERATION_BYTES = 512, LAYOUT_GENERATIONS = 8, LAYOUT_REGION_BYTES = 128 }; /* likewise */

typedef struct layout {
    uint64_t known; /* groups */
    uint32_t lacking; /* sf_part: what a snapshot of this runtime should have, and has not */

    struct {
        uint32_t id, os_id, state, object, frame;
        uint32_t exception, cooperative, link;
        uint32_t link_at; /* where in the next Thread a link points */
        uint32_t statics;
        bool statics_searched; /* the contract does not give it: found by what it leads to */
        uint32_t unstarted, dead, waits; /* flags of its state */
        uint32_t bytes;   /* of it that have all these */
    } thread;
    struct { uint32_t name, id; } managed_thread;
    struct { uint32_t object, is_handle; } exception; /* of the tracker that a Thread refers to */
    struct { uint32_t length, chars; uintptr_t type; } string;
    struct { uint32_t length, items; } array;
    struct { uintptr_t store; uint32_t first, count, lock_after; } thread_list; /* the list's lock and its holder are less than lock_after bytes after first, or before */
    uint32_t stopped[LAYOUT_STOPPED_KINDS]; /* first words of those frame objects */
    struct {
        uint32_t size, parent, module, class, flags, flags2, interface_count, auxiliary;
        uint32_t interfaces; /* where the list of interfaces is; found by heap_kinds.c */
        uint32_t token_shift; /* of flags2 */
        uint32_t collectible, has_references, kind, is_struct; /* of flags */
        uint32_t element; /* of an array's type: that of its elements */
        uint32_t counts, element_bytes; /* of flags: objects have a length, and so much for each element */
        uintptr_t object_array;
        uint32_t header; /* part of an object's size, before its address */
        uintptr_t object;    /* System.Object */
    } type;
    struct { uint32_t type; } class;
    struct {
        uint32_t generation_bytes, generations, first;        /* a generation: its first region */
        uint32_t allocated, committed, memory, next;          /* a region: where its objects and its memory end, where they begin, the next one */
        uint32_t has_regions;
        uintptr_t state;                                      /* a variable */
        uint32_t marking, idle;                               /* its values while what has objects keeps them */
        uintptr_t lowest, highest;
    } collector;
    struct { uintptr_t generations, allocated, last; } one_heap;                 /* last: of the youngest generation; its objects end at allocated */
    struct { uintptr_t heaps, count; uint32_t generations, allocated, last; } many_heaps;
    struct { uint32_t thread, context, inner, pointer, limit, reserve; uintptr_t global, free; } allocation; /* free: the type of what is no object */
    struct { uint32_t index, chunk_bytes, chunk_type; } method;
    struct { uint32_t loader, symbols, types, fields; } module;
    struct { uint32_t type, name, place, place_bits; } field; /* of a FieldDesc; name: with its token */
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
    struct { uint32_t count, lock, async_head; } semaphore;
    struct { uint32_t lock; } event;
    struct { uint32_t writer, upgrader, state, id, lists, readers, has_writer; } rw_lock; /* lists: the token of a variable of the thread */
    struct { uint32_t lock, reads, next; } rw_counts;
    struct { uint32_t continuation, state, action, object, scheduler, properties, completed; } task;
    struct { uint32_t next, resume_info, place, info_size, resume; } continuation; /* place: of what resume_info is the address of; info_size: of one of those */
    struct { uint32_t next, continuation, task, current; } dispatcher; /* current: the token of a variable of the thread */
    struct { uint32_t items, size; } list;
    struct {
        uintptr_t instance, work_queue, local_queues; /* variables */
        uint32_t counts, min, max, counter;
        uint32_t shared[SHARED_QUEUES], shared_array;
        uint32_t queue_head, segment_next, segment_mask, head, tail;
        uint32_t local_head, local_tail;
        uint32_t lock, overflow, nodes, lock_state, node_count, node_next, node_before;
    } pool;

    core_type types[CORE_CLASSES];
} layout;

static inline bool layout_knows(const layout *k, enum layout_group group) { return k->known >> group & 1; }

/* Fills the table. pointers come with the descriptor's text; a runtime without one has text NULL, and a table of its variables for debuggers.
 * The collector has a descriptor of its own: open reads it at the address that the first one gives, and says whether there is one; NULL where
 * there is no way to. */
typedef struct layout_source {
    const char *text;
    size_t size;
    const uintptr_t *pointers;
    uint32_t pointer_count;
    bool (*open)(uintptr_t address, struct layout_source *part);
    const uintptr_t *debugger_table;
} layout_source;
void layout_fill(layout *k, uint16_t major, const layout_source *source);

/* Adds what CoreLib's metadata says, which is looked through once. */
void layout_fill_names(layout *k, core_lib *core);

/* The fields of one class, once an object of it has shown which instantiation it is. */
void layout_fill_class(layout *k, const core_lib *core, enum core_class class);

#endif
