/* The wire format: the host's request to the probe, and the snapshot that the probe answers with.
 *
 * This header is the only definition. src/Stackflare/Snapshots/Format/SnapshotRecords.cs mirrors it for C#, and a test compares the two field by
 * field (tests/layout.c prints how the compiler lays out these structs). docs/snapshot-format.md describes the format in words.
 *
 * All integers are little-endian. The size of every record is a multiple of 8 bytes, without implicit padding. An index of SF_NONE means "none".
 * Strings are UTF-8 without terminator unless noted otherwise, in the blob section. Later versions append fields to records and add section kinds. A
 * reader uses record_size from the directory, ignores what it does not know, and rejects a different major version. Section kinds from 100 up belong
 * to the host: it adds them when it saves a snapshot to a file (src/Stackflare/Snapshots/Format/HostRecords.cs), and the probe never sends them. */
#ifndef STACKFLARE_ABI_H
#define STACKFLARE_ABI_H

#include <stdint.h>

#define SF_MAGIC 0x50414E5346544B53ull /* "SKTFSNAP" in memory */
#define SF_VERSION_MAJOR 1
#define SF_VERSION_MINOR 3
#define SF_NONE 0xFFFFFFFFu
#define SF_ADDRESS_BYTES 108

/* ---- the request: the client data of the AttachProfiler command ----
 *
 * The first 32 bits of the command's class id select the profiler slot. In the main slot, the runtime accepts the probe only if there is no other
 * main profiler. Only there can it make the runtime enumerate the heap, which some runtimes need (SF_HEAP_NEEDS_MAIN): the runtime walks a heap
 * without crashing only while no background collection is in progress, and turns those off only for the main profiler. The command's timeout is how
 * long the runtime waits for one to end. It waits during the pause, so the timeout must be 0. */

enum sf_class {
    SF_CLASS_BESIDE = 0,
    SF_CLASS_MAIN = 1,
};

enum sf_request_flags {
    SF_REQUEST_COPY_IMAGES = 1u << 0, /* copy modules without a file into the snapshot */
    SF_REQUEST_HEAP = 1u << 1,        /* search the heap for async methods that wait */
    SF_REQUEST_ENUMERATE = 1u << 2,   /* and make the runtime enumerate it, as the main profiler */
    SF_REQUEST_HOLD = 1u << 3,        /* begin when the host sends a byte; only the process itself may ask for this */
    SF_REQUEST_SAMPLE = 1u << 4,      /* stacks and processor clocks only, and of threads that have run since the host's last sample */
};

typedef struct sf_request {
    uint64_t magic;
    uint16_t version_major;
    uint16_t version_minor;
    uint32_t flags;
    uint64_t nonce;               /* echoed in the snapshot's header */
    uint32_t max_threads;
    uint32_t max_thread_frames;   /* frames walked of one thread */
    uint32_t max_total_frames;    /* frames walked of all threads */
    uint32_t max_image_bytes;     /* bytes copied of modules without a file, in total */
    uint32_t suspend_timeout_ms;  /* how long to retry while a GC is suspending */
    uint32_t pause_limit_us;      /* after this time, no further thread is walked */
    uint32_t send_timeout_ms;     /* how long the probe waits for the host: to connect, and to send the snapshot */
    uint32_t address_length;
    char address[SF_ADDRESS_BYTES]; /* where the host listens: a socket's path, or '@' and an abstract name */
    uint32_t heap_limit_us;    /* the part of the pause for searching the heap */
    uint32_t heap_max_objects; /* objects copied */
    uint32_t heap_max_copied;  /* bytes copied */
    uint32_t seen_count;       /* of sf_seen[], which follows; for SF_REQUEST_SAMPLE */
    uint32_t reserved;
} sf_request;

/* A thread in the host's last sample. A thread whose clock is the same has not run since, so its stack is the same. Sorted by thread_id. */
typedef struct sf_seen {
    uint64_t thread_id; /* as in sf_thread */
    int64_t cpu_ns; /* rounded down to SF_SEEN_UNIT_NS: no thread runs for a shorter time */
    uint32_t os_id;
    uint32_t reserved;
} sf_seen;

#define SF_SEEN_UNIT_NS 100
#define SF_SEEN_MOST 2000 /* the command that carries the request has at most 64 KiB */

/* ---- the snapshot ---- */

enum sf_section {
    SF_SECTION_INFO = 1,      /* one sf_info */
    SF_SECTION_THREADS = 2,   /* sf_thread[] */
    SF_SECTION_STACKS = 3,    /* uint32_t[]: frame indexes, innermost first, thread after thread */
    SF_SECTION_FRAMES = 4,    /* sf_frame[]: each distinct code location once */
    SF_SECTION_FUNCTIONS = 5, /* sf_function[] */
    SF_SECTION_TYPES = 6,     /* sf_type[] */
    SF_SECTION_TYPE_ARGS = 7, /* uint32_t[]: type indexes */
    SF_SECTION_MODULES = 8,   /* sf_module[] */
    SF_SECTION_BLOB = 9,      /* bytes */
    SF_SECTION_LOCKS = 10,    /* sf_lock[]: each lock that a thread holds or waits for, once */
    SF_SECTION_WAITS = 11,    /* sf_wait[]: at most one for each thread */
    SF_SECTION_HELD = 12,     /* sf_held[]: where locks are held, in the stacks of their owners */
    SF_SECTION_OBJECTS = 13,  /* sf_object[]: objects to which waiting threads refer where they wait, each once */
    SF_SECTION_REFERENCES = 14, /* sf_reference[]: which threads refer to them, and where */
    SF_SECTION_BUSY = 15,     /* sf_busy[]: the processor use, after the pause, of threads that ran managed code */
    SF_SECTION_POOL = 16,     /* one sf_pool, or none if nothing is known of the thread pool */
    SF_SECTION_BLOCKERS = 17, /* sf_blocker[]: the threads that prevented the suspension, in captures that ended in SF_PHASE_SUSPEND for that reason */
    SF_SECTION_IL_PLACES = 19, /* uint32_t[]: lists, each after its length */
    SF_SECTION_HEAP = 20,            /* one sf_heap; this and the following sections only if the request asks for them */
    SF_SECTION_HEAP_OBJECTS = 21,    /* sf_heap_object[]: by address, each once */
    SF_SECTION_HEAP_BYTES = 22,      /* the objects' bytes */
    SF_SECTION_HEAP_LAYOUTS = 23,    /* sf_heap_layout[]: by type, each once */
    SF_SECTION_HEAP_FIELDS = 24,     /* sf_heap_field[]: those of a layout together, by offset */
    SF_SECTION_HEAP_REFERENCES = 25, /* uint32_t[]: offsets of references in an object */
    SF_SECTION_SUSPENSIONS = 27,     /* sf_suspension[]: the places of methods that the runtime suspends itself */
    SF_SECTION_QUEUED = 29,          /* sf_queued[]: what waits in the thread pool, each type once; not all of it if it is much; does not need the heap */
    SF_SECTION_DUE_TIMERS = 31,      /* sf_due_timer[]: timers that are late, each callback and type of state once; does not need the heap */
    SF_SECTION_EXCEPTIONS = 28,      /* sf_exception[]: what is known of the exceptions that threads handle, beyond the type; does not need the heap */
    SF_SECTION_POSTED = 30,          /* sf_posted[]: which async methods wait in the synchronization contexts of threads */
    SF_SECTION_RUNNING = 26,         /* sf_running[]: which threads run which async methods */
};

typedef struct sf_header {
    uint64_t magic;
    uint16_t version_major;
    uint16_t version_minor;
    uint32_t section_count;
    uint64_t total_size; /* of the whole snapshot, including this header */
    uint64_t nonce;
} sf_header;

typedef struct sf_directory_entry {
    uint32_t kind;
    uint32_t record_size;
    uint64_t offset; /* from the start of the snapshot */
    uint64_t length; /* bytes */
} sf_directory_entry;

enum sf_phase { /* how far the capture got */
    SF_PHASE_START = 0,
    SF_PHASE_MEMORY = 1,
    SF_PHASE_SUSPEND = 2,
    SF_PHASE_ENUMERATE = 3,
    SF_PHASE_DONE = 100,
};

enum sf_info_flags {
    SF_INFO_CONTRACT = 1u << 0,          /* names and states were read through the runtime's data contract */
    SF_INFO_THREADS_TRUNCATED = 1u << 1, /* more threads than max_threads */
    SF_INFO_FRAMES_TRUNCATED = 1u << 2,  /* max_total_frames reached */
    SF_INFO_TIME_TRUNCATED = 1u << 3,    /* pause_limit_us reached */
    SF_INFO_TABLES_TRUNCATED = 1u << 4,  /* a table of functions, types, modules or bytes was full */
    SF_INFO_DEBUG_INFO_OFF = 1u << 5,    /* the runtime runs without debugger support: no IL offsets */
    SF_INFO_LOCKS = 1u << 6,             /* locks were read; otherwise nothing is known of them */
    SF_INFO_LOCKS_TRUNCATED = 1u << 7,   /* a limit was reached: there are more locks, waits or holders than are recorded */
    SF_INFO_SUSPEND_REFUSED = 1u << 8,   /* a thread would have prevented the suspension: nothing was suspended */
    SF_INFO_SUSPEND_CALLED_OFF = 1u << 9, /* a thread prevented the suspension: the program was paused for pause_ns */
    SF_INFO_SAMPLE = 1u << 10,           /* the request was for a sample */
};

enum sf_part { /* of a dump: parts that depend on the runtime's private layout */
    SF_PART_THREADS = 1u << 0,     /* managed ids, states, full names */
    SF_PART_EXCEPTIONS = 1u << 1,  /* the exceptions that threads handle */
    SF_PART_LOCKS = 1u << 2,       /* locks and their waiters */
    SF_PART_OBJECTS = 1u << 3,     /* other objects that threads wait for */
    SF_PART_POOL = 1u << 4,        /* the thread pool's state */
    SF_PART_ASYNC = 1u << 5,       /* async methods that wait */
    SF_PART_COLLECTIBLE = 1u << 6, /* lines in collectible load contexts */
    SF_PART_SYMBOLS = 1u << 7,     /* lines of assemblies that were loaded from memory with their PDB */
    SF_PART_SUSPENSION = 1u << 8,  /* the threads that prevent the suspension */
    SF_PART_BUSY = 1u << 9,        /* which threads were suspended in managed code */
    SF_PART_CALLS = 1u << 10,      /* the names of native methods that threads run */
};

typedef struct sf_info {
    uint32_t phase;
    int32_t hresult; /* of the call that ended the capture early; 0 when phase is SF_PHASE_DONE */
    uint32_t flags;
    uint32_t pid; /* in the target's pid namespace */
    uint16_t runtime_major, runtime_minor, runtime_build, runtime_revision;
    uint32_t suspend_retries;
    uint32_t thread_total; /* threads that the runtime has, also if fewer are recorded */
    int64_t captured_at_ns;  /* CLOCK_REALTIME right after the suspend */
    int64_t suspend_ns;      /* the successful suspend */
    int64_t walk_ns;
    int64_t pause_ns; /* from before the successful suspend to after the resume */
    int64_t resolve_ns;
    int64_t locks_ns; /* of the pause: reading locks, their owners and their waiters */
    uint32_t lacking; /* sf_part: parts that other runtimes have, and whose layout in this one is not known */
    uint32_t reserved;
} sf_info;

enum sf_thread_flags {
    SF_THREAD_TRUNCATED = 1u << 0,   /* more frames than were walked */
    SF_THREAD_NOT_WALKED = 1u << 1,  /* a limit was reached before this thread */
    SF_THREAD_NO_FRAMES = 1u << 2,   /* no managed frame */
    SF_THREAD_WALK_FAILED = 1u << 3, /* the walk ended early; hresult says why */
    SF_THREAD_STATE_KNOWN = 1u << 4, /* state and managed_id are valid */
    SF_THREAD_INTERRUPTED = 1u << 5, /* was running managed code when it was suspended */
    SF_THREAD_COOPERATIVE = 1u << 6, /* prevents the suspension; in captures that ended in SF_PHASE_SUSPEND */
    SF_THREAD_HAS_NOT_RUN = 1u << 7, /* not walked, because its stack is that of the host's last sample */
};

typedef struct sf_thread {
    uint64_t thread_id; /* the runtime's ThreadID */
    uint32_t os_id;     /* in the target's pid namespace; 0 if not known */
    uint32_t managed_id;
    uint32_t state; /* the runtime's thread state flags */
    uint32_t flags;
    uint32_t first_frame; /* index into the stacks section */
    uint32_t frame_count;
    uint32_t name_offset; /* UTF-16, blob; SF_NONE: no name or not known */
    uint32_t name_length; /* bytes */
    uint32_t exception_type; /* index into types */
    int32_t hresult;
    int64_t cpu_ns; /* -1 if not known */
} sf_thread;

typedef struct sf_exception { /* in the order of threads; the exception that a thread handles, then its inner one, and so on */
    uint32_t thread; /* index */
    uint32_t type;   /* index into types */
    uint32_t message_offset; /* UTF-16, blob; SF_NONE: it has none, or it is not known */
    uint32_t message_length; /* bytes; a long one is cut */
} sf_exception;

enum sf_blocker_flags {
    SF_BLOCKER_RUNNING = 1u << 0, /* was on a processor, or ready to run; otherwise it waited */
    SF_BLOCKER_STOPPED = 1u << 1, /* a tracer held it */
};

typedef struct sf_blocker {
    uint32_t thread; /* index */
    int32_t call;    /* number of the system call in which it waited; -1 none, or not known */
    uint32_t flags;
    uint32_t reserved;
    int64_t seen_ns; /* how long it was seen in that call, off the processor */
} sf_blocker;

enum sf_frame_flags {
    SF_FRAME_NATIVE = 1u << 0,   /* any number of native frames; only the flag is valid */
    SF_FRAME_EXACT = 1u << 1,    /* address is the next instruction of the thread; otherwise a return address */
    SF_FRAME_OFFSET_LOST = 1u << 2, /* the function's code could not be kept alive: no IL offset */
    SF_FRAME_REJIT = 1u << 3,    /* a profiler rewrote the method: the IL offset belongs to the rewritten IL */
    SF_FRAME_AWAIT = 1u << 4,    /* on no thread's stack: the runtime has suspended the method there */
    SF_FRAME_CALL = 1u << 5,     /* a P/Invoke whose native code the thread runs; address is 0 if it has no code of its own, and there are no offsets */
};

typedef struct sf_frame {
    uint64_t address;
    uint32_t function; /* index; SF_NONE for native frames */
    int32_t il_offset; /* -1 none */
    uint32_t flags;
    uint32_t native_offset; /* from the start of the method's code */
    uint32_t il_places; /* the index plus 1 of a list in the IL places: the IL offsets that the compiled code has places for; 0: not known */
    uint32_t il_next; /* the IL offset plus 1 of the code after that of il_offset; 0: none, or not known */
} sf_frame;

enum sf_function_flags {
    SF_FUNCTION_DYNAMIC = 1u << 0,      /* no metadata: a DynamicMethod or a stub of the runtime; see name */
    SF_FUNCTION_NAMED = 1u << 1,        /* name, type_name and signature are from the metadata of a module without image */
    SF_FUNCTION_ARGS_TRUNCATED = 1u << 2,
    SF_FUNCTION_NATIVE = 1u << 3,       /* a place in native code; see name. The probe has none */
};

typedef struct sf_function {
    uint64_t function_id;
    uint32_t module; /* index */
    uint32_t token;  /* MethodDef */
    uint32_t declaring_type; /* index into types; SF_NONE for shared code whose exact type is not known */
    uint32_t type_arg_start; /* index into type args: the method's own */
    uint32_t type_arg_count;
    uint32_t flags;
    uint32_t name_offset, name_length;           /* UTF-16, blob */
    uint32_t type_name_offset, type_name_length; /* UTF-16, blob; nested types joined by '+' */
    uint32_t signature_offset, signature_length; /* raw ECMA-335 signature, blob */
} sf_function;

enum sf_type_flags {
    SF_TYPE_ARRAY = 1u << 0,  /* element is args[0], rank is valid */
    SF_TYPE_UNKNOWN = 1u << 1, /* the runtime returned nothing */
};

typedef struct sf_type {
    uint64_t class_id;
    uint32_t module; /* index */
    uint32_t token;  /* TypeDef */
    uint32_t arg_start;
    uint32_t arg_count;
    uint32_t flags;
    uint32_t rank;
} sf_type;

enum sf_module_flags {
    SF_MODULE_ON_DISK = 1u << 0,
    SF_MODULE_DYNAMIC = 1u << 1,     /* Reflection.Emit: no image */
    SF_MODULE_COLLECTIBLE = 1u << 2,
    SF_MODULE_FLAT = 1u << 3,        /* the copied image has file layout, not loaded layout */
    SF_MODULE_MVID = 1u << 4,        /* mvid is valid */
    SF_MODULE_IMAGE_TRUNCATED = 1u << 5, /* the image is left out, because it would exceed max_image_bytes */
};

typedef struct sf_module {
    uint64_t module_id;
    uint64_t base_address;
    uint64_t assembly_id;
    uint8_t mvid[16];
    uint32_t flags;
    uint32_t path_offset, path_length; /* UTF-16, blob */
    uint32_t image_offset, image_length;     /* blob; for modules without a file, if requested */
    uint32_t symbols_offset, symbols_length; /* blob; a portable PDB that the program passed to the runtime with the assembly */
    uint32_t reserved;
} sf_module;

enum sf_lock_kind {
    SF_LOCK_MONITOR = 1,
    SF_LOCK_LOCK = 2, /* System.Threading.Lock */
};

enum sf_lock_flags {
    SF_LOCK_HELD = 1u << 0,          /* a thread holds it, known or not */
    SF_LOCK_WAITERS_KNOWN = 1u << 1, /* waiters is valid */
    SF_LOCK_THIN = 1u << 2,          /* a Monitor in a few bits of its object's header: it never had a waiter */
    SF_LOCK_OWNER_ENDED = 1u << 4,   /* the thread that holds it has ended: it will never be released */
    SF_LOCK_FROM_STACK = 1u << 3,    /* no thread waits for it, and it was found only by a possible reference on a stack */
};

typedef struct sf_lock {
    uint64_t object; /* address during the pause */
    uint32_t kind;   /* sf_lock_kind */
    uint32_t owner;  /* index into threads; SF_NONE: none or not known */
    uint32_t type;   /* of the object: index into types */
    uint32_t recursion; /* how many times the owner has entered it again after the first time */
    uint32_t waiters;   /* threads that wait to enter it, according to the lock's own state */
    uint32_t flags;
} sf_lock;

enum sf_wait_kind {
    SF_WAIT_MONITOR_ENTER = 1,
    SF_WAIT_MONITOR_WAIT = 2, /* for a pulse; the thread does not hold the lock meanwhile */
    SF_WAIT_LOCK_ENTER = 3,
    SF_WAIT_JOIN = 4, /* in a method of System.Threading.Thread; its name says whether it is Join */
};

#define SF_WAIT_INFINITE (-1)
#define SF_WAIT_TIMEOUT_UNKNOWN INT32_MIN

typedef struct sf_wait {
    uint32_t thread; /* index */
    uint32_t kind;   /* sf_wait_kind */
    uint32_t lock;   /* index into locks; SF_NONE: none or not known */
    uint32_t other_thread; /* for a join: index into threads; SF_NONE: none or not known */
    int32_t timeout_ms; /* SF_WAIT_INFINITE, SF_WAIT_TIMEOUT_UNKNOWN, or the timeout with which the wait began */
    uint32_t reserved;
} sf_wait;

enum sf_held_flags {
    SF_HELD_AMBIGUOUS = 1u << 0, /* more than one frame refers to the lock: there is a record for each */
};

typedef struct sf_held {
    uint32_t thread; /* index: the owner of the lock */
    uint32_t lock;   /* index */
    uint32_t frame;  /* a frame of the thread that refers to the lock, counted from the innermost; SF_NONE: not found */
    uint32_t flags;
} sf_held;

enum sf_object_kind { /* each includes derived types */
    SF_OBJECT_SEMAPHORE_SLIM = 1,
    SF_OBJECT_EVENT_SLIM = 2, /* ManualResetEventSlim */
    SF_OBJECT_READER_WRITER_LOCK_SLIM = 3,
    SF_OBJECT_TASK = 4,
    SF_OBJECT_WAIT_HANDLE = 5,
    SF_OBJECT_COUNTDOWN_EVENT = 6,
    SF_OBJECT_BARRIER = 7,
};

#define SF_COUNT_UNKNOWN INT32_MIN

typedef struct sf_object {
    uint64_t address; /* address during the pause */
    uint32_t kind;    /* sf_object_kind */
    uint32_t type;    /* index into types; SF_NONE: not known */
    uint32_t owner;   /* index into threads: the writer of a ReaderWriterLockSlim, the owner of a Mutex; SF_NONE: none or not known */
    uint32_t upgrader; /* the upgradeable reader of a ReaderWriterLockSlim; SF_NONE */
    int32_t count;    /* the current count of a SemaphoreSlim, the remaining count of a CountdownEvent, the readers and upgrader of a ReaderWriterLockSlim; SF_COUNT_UNKNOWN */
    uint32_t flags;   /* none yet */
} sf_object;

enum sf_reference_flags {
    SF_REFERENCE_PROVEN = 1u << 0,     /* the thread waits for this object, according to the runtime and the object */
    SF_REFERENCE_HOLDS_READ = 1u << 1, /* the thread has entered this ReaderWriterLockSlim for reading */
    SF_REFERENCE_RUNS = 1u << 2,       /* the thread runs this task, or a task that continues with this object */
};

typedef struct sf_reference { /* in the order of threads, frames and objects, without duplicates */
    uint32_t thread; /* index */
    uint32_t frame;  /* counted from the innermost; SF_NONE: none */
    uint32_t object; /* index */
    uint32_t flags;
} sf_reference;

/* Samples of a thread's processor clock, after the pause and some milliseconds apart. */
typedef struct sf_busy {
    uint32_t thread; /* index */
    uint32_t reserved;
    int64_t cpu_ns;  /* processor time of the thread between the samples */
    int64_t wall_ns; /* elapsed time between them, CLOCK_MONOTONIC */
    int64_t ready_ns; /* of that, the time in which it was ready to run, but did not; 0 if not known */
} sf_busy;

#include "wire/abi_heap.h"
#include "wire/abi_pool.h"

#endif
