/* Locks with their owners and waiters. */
#ifndef STACKFLARE_LOCKS_H
#define STACKFLARE_LOCKS_H

#include "walk/capture.h"

void locks_ready(void); /* touches memory, so that the page faults do not happen in the pause */
void describe_locks(capture *c);
void trim_held(capture *c); /* after resolve: removes frames that did not fit into the snapshot */

/* Shared by the parts. */
enum {
    MAX_LOCKS = 1 << 14,
    MAX_SYNC_BLOCKS = 1 << 14,
    SYNC_ENTRIES = 256, /* entries of the table of sync blocks that are read at once: one page */
    MAX_HELD_FRAMES = 1 << 15,
    MAX_THREAD_ID = 0xFFFF, /* the maximum in a thin lock */
    SCRATCH_WORDS = 16 << 10,
    SEEN_WORDS = 4 << 10,
};

/* Memory for intermediate data. */
typedef struct lock_scratch {
    uintptr_t words[SCRATCH_WORDS];
    uint32_t some[SCRATCH_WORDS]; /* candidates */
    uintptr_t seen[SEEN_WORDS]; /* words that were checked, in a hash table */
} lock_scratch;

/* The header and first fields of an object: enough to recognize a Lock. */
enum { OBJECT_BEGIN_WORDS = 5 };
typedef struct object_begin { uintptr_t words[OBJECT_BEGIN_WORDS]; } object_begin;

static inline uintptr_t object_type(const object_begin *o) { return type_of(o->words[1]); }

static inline const raw_frame *frame_at(const capture *c, const sf_thread *thread, uint32_t i) { return sf_table_at(&c->raw, thread->first_frame + i); }

/* monitors.c and locks.c: the index of a lock, existing or new, from a waiting thread's record: the address of a sync block, of a reference to a
 * Lock, or of a Lock. SF_NONE if there is no such lock. */
uint32_t add_waited_monitor(capture *c, uintptr_t table, uintptr_t block);
uint32_t add_waited_lock(capture *c, uintptr_t slot);
uint32_t add_waited_lock_at(capture *c, uintptr_t address);

/* The fields of a System.Threading.Lock. */
typedef struct lock_fields { uint32_t owner, state, recursion; } lock_fields;
lock_fields lock_fields_of(const layout *k, const object_begin *object);
bool is_lock_type(const capture *c, uintptr_t type);
bool has_owner_ended(const capture *c, uint32_t owner); /* for a held lock whose owner's id belongs to no listed thread */

/* The index of an object's lock, existing or new. The caller fills in a new one. NULL if there is no room. */
sf_lock *lock_of(capture *c, uintptr_t object, uint32_t *index, bool *is_new);
uint32_t lock_type_index(capture *c, uintptr_t type);

/* The type of a possibly dead object, if the type is never unloaded. */
uint32_t lasting_type_index(capture *c, uintptr_t type);

/* Adds the object behind a word on a stack, which may be stale, if its data says that a listed thread holds it as a lock. */
void add_found(capture *c, uintptr_t address, const object_begin *object);

/* The thread with a managed id; SF_NONE. */
uint32_t thread_by_id(const capture *c, uint32_t managed_id);

/* The thread with a kernel id; SF_NONE. */
uint32_t thread_by_os_id(const capture *c, uint32_t os_id);

/* monitors.c: all monitors that are held or waited for. False if the sync blocks do not have the expected layout. */
bool read_monitors(capture *c, uintptr_t table);
bool read_managed_monitors(capture *c, uintptr_t table);

/* An entry of the table of sync blocks, checked by layout.c, and a block from the last page; NULL if there is none or it was not read. */
typedef struct sync_entry { uintptr_t block, object; } sync_entry;
const uint8_t *sync_block_of(const sync_entry *entries, uint32_t i);

/* waits.c */
bool find_statics(capture *c);
bool read_waits(capture *c, uintptr_t table); /* whether the statics of a thread were at the expected place */
void add_wait(capture *c, uint32_t thread, uint32_t kind, uint32_t lock, int32_t timeout);
typedef struct blocking_record { uintptr_t object; uint32_t kind; int32_t timeout; } blocking_record;

/* managed.c: sync blocks with a Lock, and the records of threads that wait for one. */
bool managed_map(capture *c);
void managed_unmap(capture *c);
void managed_ready(void);
void take_managed_page(capture *c, const sync_entry *entries, uint32_t count, uint32_t first);
void take_managed_waits(capture *c, uint32_t first, uint32_t count, const blocking_record *records);
bool is_of_monitor(const capture *c, uintptr_t lock); /* whether a Lock belongs to a monitor */

/* stacks.c: locks that only stacks refer to */
void stacks_ready(void);
void find_held(capture *c);
void find_frames(capture *c);
/* Shows all words of the stacks that may be references, a part of a stack at a time; false if there was no time for all. */
bool each_stack_word(capture *c, void (*see)(capture *c, uint32_t thread, const uintptr_t *words, size_t count));
uint32_t frame_of_address(const capture *c, const sf_thread *thread, uintptr_t address); /* SF_NONE: before the first */

#endif
