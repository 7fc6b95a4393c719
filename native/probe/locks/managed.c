/* Monitors on .NET 11 and what threads wait for there, while the runtime is suspended.
 *
 * A sync block has a handle to a System.Threading.Lock, which is the monitor of the block's object. Before the first wait for it, the block can have
 * the bits of a thin lock instead. A waiting thread has a record with its Lock, or with the Condition of a Lock if it waits for a pulse. So the Locks
 * of monitors are read first, because they show what a wait is for. */
#include "locks/locks.h"

/* The monitors, by their Lock objects. */
typedef struct managed_monitor {
    uintptr_t object;
    uint32_t index; /* of the sync block */
    uint32_t owner, state, recursion; /* the fields of the Lock */
    uint32_t lock;  /* index into locks; SF_NONE: no known owner or waiter yet */
    uint32_t pad;
} managed_monitor;

bool managed_map(capture *c)
{
    return sf_table_map(&c->monitors, sizeof(managed_monitor), MAX_SYNC_BLOCKS, 8 << 10) && sf_index_map(&c->monitor_index, MAX_SYNC_BLOCKS);
}

void managed_unmap(capture *c)
{
    sf_table_unmap(&c->monitors);
    sf_index_unmap(&c->monitor_index);
}

/* Adds a monitor. The object's header must contain the index of the sync block. The caller sets kind and owner. */
static sf_lock *add_monitor(capture *c, uintptr_t object, uint32_t block, uint32_t *index)
{
    const layout *k = &c->runtime.layout;
    uintptr_t begin[2]; /* the header, and the type */
    bool is_new;
    *index = SF_NONE;
    if (!sf_read((void *)(object - sizeof *begin), begin, sizeof begin) || (begin[0] >> 32 & k->header.index_bits) != (k->header.index | block))
        return NULL;
    sf_lock *lock = lock_of(c, object, index, &is_new);
    if (lock && is_new)
        *lock = (sf_lock){
            .object = object,
            .kind = SF_LOCK_MONITOR,
            .owner = SF_NONE,
            .type = lock_type_index(c, type_of(begin[1])),
            .flags = SF_LOCK_WAITERS_KNOWN,
        };
    return lock;
}

/* A thread that has ended is not in the list, and its managed id is not reused while its Thread object exists. */
static void set_owner(capture *c, sf_lock *lock, uint32_t managed_id, uint32_t recursion)
{
    lock->flags |= SF_LOCK_HELD;
    lock->owner = thread_by_id(c, managed_id);
    lock->recursion = recursion;
    if (lock->owner == SF_NONE && has_owner_ended(c, managed_id))
        lock->flags |= SF_LOCK_OWNER_ENDED;
}

static uint32_t lock_of_monitor(capture *c, managed_monitor *m)
{
    const layout *k = &c->runtime.layout;
    if (m->lock != SF_NONE)
        return m->lock;
    sf_lock *lock = add_monitor(c, m->object, m->index, &m->lock);
    if (!lock)
        return m->lock = SF_NONE;
    lock->waiters = m->state >> k->lock.waiters_shift;
    if (m->state & k->lock.held)
        set_owner(c, lock, m->owner, m->recursion);
    return m->lock;
}

static void add_thin(capture *c, uintptr_t object, uint32_t block, uint32_t thin)
{
    const layout *k = &c->runtime.layout;
    uint32_t index;
    sf_lock *lock = add_monitor(c, object, block, &index);
    if (!lock)
        return;
    lock->flags |= SF_LOCK_THIN;
    set_owner(c, lock, thin & k->header.thread, thin >> k->header.recursion_shift & k->header.recursion_bits);
}

static void take_lock(capture *c, const sync_entry *entry, uint32_t block, uintptr_t address, const object_begin *object)
{
    const layout *k = &c->runtime.layout;
    uint32_t *known = sf_index_find(&c->monitor_index, address), index = *known == 0 ? sf_table_add(&c->monitors) : SF_NONE;
    if (index == SF_NONE)
        return;
    *known = index + 1;
    managed_monitor *m = sf_table_at(&c->monitors, index);
    lock_fields fields = lock_fields_of(k, object);
    *m = (managed_monitor){ entry->object, block, fields.owner, fields.state, fields.recursion, SF_NONE, 0 };
    c->monitors_waited |= fields.state >> k->lock.waiters_shift != 0;
    if (fields.state & k->lock.held || fields.state >> k->lock.waiters_shift)
        lock_of_monitor(c, m);
}

/* For a page of the table: what each block refers to, in three steps. */
static struct {
    sf_read_item items[SYNC_ENTRIES];
    uintptr_t locks[SYNC_ENTRIES];
    object_begin objects[SYNC_ENTRIES];
    uint32_t entries[SYNC_ENTRIES];
} page;

void managed_ready(void) { memset(&page, 0, sizeof page); }

void take_managed_page(capture *c, const sync_entry *entries, uint32_t count, uint32_t first)
{
    const layout *k = &c->runtime.layout;
    uint32_t n = 0;
    for (uint32_t i = 0; i < count; i++) {
        const uint8_t *block = sync_block_of(entries, i);
        uintptr_t handle;
        uint32_t thin;
        if (!block)
            continue;
        memcpy(&handle, block + k->sync_block.lock, sizeof handle);
        memcpy(&thin, block + k->sync_block.thin, sizeof thin);
        if (handle == 0 && thin & k->header.thread)
            add_thin(c, entries[i].object, first + i, thin);
        if (handle == 0)
            continue;
        page.entries[n] = i;
        page.items[n] = (sf_read_item){ plausible(handle) ? handle : 0, &page.locks[n], sizeof *page.locks, false };
        n++;
    }
    sf_read_many(page.items, n);
    for (uint32_t i = 0; i < n; i++) {
        bool is = page.items[i].ok && plausible(page.locks[i]);
        page.items[i] = (sf_read_item){ is ? page.locks[i] - sizeof *page.locks : 0, &page.objects[i], sizeof *page.objects, false };
    }
    sf_read_many(page.items, n);
    for (uint32_t i = 0; i < n; i++) {
        bool is = page.items[i].ok && is_lock_type(c, object_type(&page.objects[i]));
        *(is ? &c->monitors_right : &c->monitors_wrong) += 1;
        if (is)
            take_lock(c, &entries[page.entries[i]], first + page.entries[i], page.locks[i], &page.objects[i]);
    }
}

/* The monitor to which a Lock belongs. A Lock in no sync block is itself what is waited for, unless not all blocks were read. */
static uint32_t lock_of_waited(capture *c, uintptr_t lock, bool *is_monitor)
{
    uint32_t index = sf_index_get(&c->monitor_index, lock);
    *is_monitor = index != SF_NONE;
    if (*is_monitor)
        return lock_of_monitor(c, sf_table_at(&c->monitors, index));
    return c->monitors_whole ? add_waited_lock_at(c, lock) : SF_NONE;
}

bool is_of_monitor(const capture *c, uintptr_t lock) { return sf_index_get(&c->monitor_index, lock) != SF_NONE; }

/* A batch of the records of what threads wait for. */
void take_managed_waits(capture *c, uint32_t first, uint32_t count, const blocking_record *records)
{
    enum { CONDITION_BYTES = 64 };
    const layout *k = &c->runtime.layout;
    sf_read_item items[THREAD_BATCH];
    uintptr_t objects[THREAD_BATCH];
    uint8_t conditions[THREAD_BATCH][CONDITION_BYTES];
    bool knows = layout_knows(k, LAYOUT_CONDITIONS) && k->condition.lock + sizeof *objects <= CONDITION_BYTES;
    for (uint32_t i = 0; i < count; i++)
        items[i] = (sf_read_item){ plausible(records[i].object) ? records[i].object : 0, &objects[i], sizeof *objects, false };
    sf_read_many(items, count);
    for (uint32_t i = 0; i < count; i++) {
        bool is = items[i].ok && plausible(objects[i]) && knows && records[i].kind == k->blocking.condition;
        if (!items[i].ok)
            objects[i] = 0;
        items[i] = (sf_read_item){ is ? objects[i] : 0, conditions[i], k->condition.lock + sizeof *objects, false };
    }
    sf_read_many(items, count);
    for (uint32_t i = 0; i < count; i++) {
        uintptr_t type;
        uint32_t lock = SF_NONE, kind = SF_WAIT_MONITOR_WAIT;
        bool is_monitor;
        if (items[i].ok) {
            memcpy(&type, conditions[i], sizeof type);
            memcpy(&objects[i], conditions[i] + k->condition.lock, sizeof *objects);
            if (type_of(type) == core_class_of(&c->runtime, CORE_CONDITION) && plausible(objects[i]))
                lock = lock_of_waited(c, objects[i], &is_monitor); /* CoreLib's own classes wait for a pulse with Locks */
        } else if (records[i].kind == k->blocking.lock && plausible(objects[i])) {
            lock = lock_of_waited(c, objects[i], &is_monitor);
            kind = is_monitor ? SF_WAIT_MONITOR_ENTER : SF_WAIT_LOCK_ENTER;
        }
        add_wait(c, first + i, kind, lock, records[i].timeout);
    }
}
