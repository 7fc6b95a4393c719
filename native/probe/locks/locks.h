/* Owners, waiters and what they wait for. */
#ifndef STACKFLARE_LOCKS_H
#define STACKFLARE_LOCKS_H

#include "walk/capture.h"

void locks_ready(void); /* takes the page faults that the pause would take otherwise */
void describe_locks(capture *c);
void trim_held(capture *c); /* after resolve: without frames that did not fit into the snapshot */

/* What the parts of it share. */
enum {
    MAX_LOCKS = 1 << 14,
    MAX_SYNC_BLOCKS = 1 << 14,
    SYNC_ENTRIES = 256, /* of the table of sync blocks, read at once: a page */
    MAX_HELD_FRAMES = 1 << 15,
    MAX_THREAD_ID = 0xFFFF, /* no thin lock can name another */
    SCRATCH_WORDS = 16 << 10,
    SEEN_WORDS = 4 << 10,
};

/* Memory for what is read on the way. */
typedef struct lock_scratch {
    uintptr_t words[SCRATCH_WORDS];
    uint32_t some[SCRATCH_WORDS]; /* which of them are worth a look */
    uintptr_t seen[SEEN_WORDS]; /* words that were looked at, each at the place that its value gives it */
} lock_scratch;

/* An object's header and its first fields: what an object that can be a Lock is made of. */
enum { OBJECT_BEGIN_WORDS = 5 };
typedef struct object_begin { uintptr_t words[OBJECT_BEGIN_WORDS]; } object_begin;

static inline uintptr_t object_type(const object_begin *o) { return type_of(o->words[1]); }

static inline const raw_frame *frame_at(const capture *c, const sf_thread *thread, uint32_t i) { return sf_table_at(&c->raw, thread->first_frame + i); }

/* monitors.c and locks.c: the index of a lock, new or known, by what a waiting thread has of it: the address of a sync block, of a reference to a
 * Lock, or of a Lock. SF_NONE when there is no such lock. */
uint32_t add_waited_monitor(capture *c, uintptr_t table, uintptr_t block);
uint32_t add_waited_lock(capture *c, uintptr_t slot);
uint32_t add_waited_lock_at(capture *c, uintptr_t address);

/* What a System.Threading.Lock says of itself. */
typedef struct lock_fields { uint32_t owner, state, recursion; } lock_fields;
lock_fields lock_fields_of(const layout *k, const object_begin *object);
bool is_lock_type(const capture *c, uintptr_t type);
bool has_owner_ended(const capture *c, uint32_t owner); /* of a lock that is held, by an id that no listed thread has */

/* The index of an object's lock, new or known; whoever adds it fills it in. NULL when there is no room. */
sf_lock *lock_of(capture *c, uintptr_t object, uint32_t *index, bool *is_new);
uint32_t lock_type_index(capture *c, uintptr_t type);

/* The type of an object that may be no more, if it is one that stays. */
uint32_t lasting_type_index(capture *c, uintptr_t type);

/* An object that a word on a stack leads to, which may be an old one: a lock, if it says that a listed thread holds it. */
void add_found(capture *c, uintptr_t address, const object_begin *object);

/* The thread of a managed id; SF_NONE. */
uint32_t thread_by_id(const capture *c, uint32_t managed_id);

/* The thread of a kernel's id; SF_NONE. */
uint32_t thread_by_os_id(const capture *c, uint32_t os_id);

/* monitors.c: all that are held or wanted. False when the sync blocks are not what they were taken for. */
bool read_monitors(capture *c, uintptr_t table);
bool read_managed_monitors(capture *c, uintptr_t table);

/* An entry of the table of sync blocks, as layout.c has checked, and a block of the page that was read last; NULL: none, or not to be read. */
typedef struct sync_entry { uintptr_t block, object; } sync_entry;
const uint8_t *sync_block_of(const sync_entry *entries, uint32_t i);

/* waits.c */
bool find_statics(capture *c);
bool read_waits(capture *c, uintptr_t table); /* whether the statics of a thread were where they should be */
void add_wait(capture *c, uint32_t thread, uint32_t kind, uint32_t lock, int32_t timeout);
typedef struct blocking_record { uintptr_t object; uint32_t kind; int32_t timeout; } blocking_record;

/* managed.c: sync blocks that lead to a Lock, and records of threads that wait for one. */
bool managed_map(capture *c);
void managed_unmap(capture *c);
void managed_ready(void);
void take_managed_page(capture *c, const sync_entry *entries, uint32_t count, uint32_t first);
void take_managed_waits(capture *c, uint32_t first, uint32_t count, const blocking_record *records);
bool is_of_monitor(const capture *c, uintptr_t lock); /* whether a Lock is a monitor's */

/* stacks.c: what only stacks lead to */
void stacks_ready(void);
void find_held(capture *c);
void find_frames(capture *c);
uint32_t frame_of_address(const capture *c, const sf_thread *thread, uintptr_t address); /* SF_NONE: before the first */

#endif
