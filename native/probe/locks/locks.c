/* Who holds what and who waits for whom, while the runtime stands still.
 *
 * What a thread waits for the runtime itself says (waits.c). Who holds a monitor is in its sync block; as
 * long as nobody has waited for it, it can instead be a few bits in the header of its object (a thin lock), which only the stack
 * of its owner leads to (stacks.c).
 *
 * None of this is in the data contract but where the table of sync blocks is. So it is for the runtimes that it was tried on, .NET 9
 * and 10, and checked in each capture: a sync block knows its index, the object's header has it too, an owner must be a thread by both
 * of the ids that a lock has of it. Where that does not hold, nothing is said of locks. */
#define _GNU_SOURCE
#include "locks.h"
#include "objects.h"

#include <time.h>

enum {
    MAX_SYNC_BLOCKS = 1 << 14,
    ENTRIES = 256,      /* of the table, read at once: a page */
    BLOCK_STRIDE = 256, /* sync blocks that lie no further apart are read together */
    RUN_BYTES = 4096,

    /* Both kinds of locks keep their state in a word of this form; where the count of waiters begins differs. */
    STATE_HELD = 1,
    MONITOR_WAITERS = 6,
    LOCK_WAITERS = 7,

    /* The word before an object: all of a thin lock, or the index of the sync block. */
    HEADER_INDEX = 0x08000000,
    HEADER_INDEX_BITS = 0x0FFFFFFF, /* with the bits that tell an index from a hash code */
    HEADER_NOT_THIN = 0x1FC00000,
    HEADER_RECURSION_SHIFT = 16,
    HEADER_RECURSION_BITS = 0x3F,

    LOCK_BYTES = 40, /* of a System.Threading.Lock */
};

typedef struct sync_entry { uintptr_t block, object; } sync_entry;

typedef struct sync_block {
    uint32_t state, recursion;
    uint64_t holder; /* .NET 9: the runtime's Thread; .NET 10: its managed id, in the lower half; the upper one is never written */
    uint64_t holder_os_id;
    uint32_t precious, index; /* the highest bit of the index is for something else */
} sync_block;

/* The fields that follow the first word of a Lock. */
typedef struct lock_fields { uintptr_t wait_event; uint32_t owner_os_id, state, recursion, spins; } lock_fields;

_Static_assert(sizeof(sync_entry) == SYNC_ENTRY_BYTES && sizeof(sync_block) == 32, "as the runtime has them");
_Static_assert(sizeof(lock_fields) + 2 * sizeof(uintptr_t) == sizeof(object_begin) && sizeof(object_begin) == LOCK_BYTES, "as the runtime has them");

uint32_t thread_by_id(const capture *c, uint32_t managed_id)
{
    return managed_id == 0 || managed_id > MAX_THREAD_ID ? SF_NONE : *(uint32_t *)sf_table_at(&c->thread_of_id, managed_id) - 1;
}

static uint32_t thread_by_os_id(const capture *c, uint32_t os_id) { return os_id == 0 ? SF_NONE : sf_index_get(&c->os_index, os_id); }

/* The thread that holds a monitor, if both ids are the same thread's. A thread can end without letting go, and another get its managed
 * id: then no thread has the kernel's id. If one has, and it is not that thread, the layout is not what it was taken for. */
static uint32_t monitor_owner(capture *c, const sync_block *block, bool *ended)
{
    bool by_thread = c->result.runtime_major == 9;
    uint32_t id = (uint32_t)block->holder;
    if (!(block->state & STATE_HELD) || id == 0)
        return SF_NONE;
    if (by_thread && !sf_read((void *)(uintptr_t)(block->holder + c->contract.thread_id), &id, sizeof id))
        id = 0;
    uint32_t index = thread_by_id(c, id);
    const sf_thread *thread = index != SF_NONE ? sf_table_at(&c->threads, index) : NULL;
    if (thread && (thread->os_id != block->holder_os_id || (by_thread && thread->thread_id != block->holder)))
        index = SF_NONE;
    if (index != SF_NONE)
        c->owners_right++;
    else if (thread_by_os_id(c, (uint32_t)block->holder_os_id) != SF_NONE)
        c->owners_wrong++;
    else
        *ended = !(c->result.flags & SF_INFO_THREADS_TRUNCATED) && block->holder_os_id != 0;
    return index;
}

/* The index of an object's lock, new or known; whoever adds it fills it in. */
static sf_lock *lock_of(capture *c, uintptr_t object, uint32_t *index, bool *is_new)
{
    uint32_t *known = sf_index_find(&c->lock_index, object);
    *is_new = *known == 0;
    if (*is_new) {
        *index = sf_table_add(&c->locks);
        if (*index == SF_NONE) {
            c->result.flags |= SF_INFO_LOCKS_TRUNCATED;
            return NULL;
        }
        sf_table_add(&c->lock_work);
        *known = *index + 1;
    }
    *index = *known - 1;
    return sf_table_at(&c->locks, *index);
}

static uint32_t type_index(capture *c, uintptr_t type)
{
    uint32_t known = sf_index_get(&c->type_index, type);
    return known != SF_NONE ? known : is_type(&c->contract, type) ? describe_type(c, type, 0) : SF_NONE;
}

/* The type of an object that may be no more. What is unloaded with a load context could be half gone while it is looked at, so
 * only a type that stays for ever is described; or one that is known from elsewhere. */
uint32_t lasting_type_index(capture *c, uintptr_t type)
{
    enum { COLLECTIBLE = 0x00200000 }; /* a generic type of a module that stays, with arguments that do not, has this alone */
    const contract *k = &c->contract;
    uintptr_t module, loader, core;
    uint32_t known = sf_index_get(&c->type_index, type), flags;
    if (c->core_loader == 0 && (!sf_read_pointer(k->string_type + k->type_module, &core) || k->module_loader == 0
        || !sf_read_pointer(core + k->module_loader, &c->core_loader)))
        return known;
    bool lasts = known == SF_NONE
        && sf_read((void *)(type + k->type_flags), &flags, sizeof flags) && !(flags & COLLECTIBLE)
        && sf_read_pointer(type + k->type_module, &module) && sf_read_pointer(module + k->module_loader, &loader)
        && loader == c->core_loader;
    return lasts ? type_index(c, type) : known;
}

/* A monitor by its sync block, at a place of the table that is that block's. */
static uint32_t add_monitor(capture *c, const sync_entry *entry, const sync_block *block)
{
    uintptr_t begin[2]; /* the header, and the type */
    uint32_t index;
    bool is_new;
    if (!sf_read((void *)(entry->object - sizeof *begin), begin, sizeof begin)
        || (begin[0] >> 32 & HEADER_INDEX_BITS) != (HEADER_INDEX | (block->index & 0x7FFFFFFF)))
        return SF_NONE;
    sf_lock *lock = lock_of(c, entry->object, &index, &is_new);
    if (!lock)
        return SF_NONE;
    bool ended = false;
    if (is_new)
        *lock = (sf_lock){
            .object = entry->object,
            .kind = SF_LOCK_MONITOR,
            .owner = monitor_owner(c, block, &ended),
            .type = type_index(c, type_of(begin[1])),
            .recursion = block->state & STATE_HELD && block->recursion > 0 ? block->recursion - 1 : 0,
            .waiters = block->state >> MONITOR_WAITERS,
            .flags = SF_LOCK_WAITERS_KNOWN | (block->state & STATE_HELD ? SF_LOCK_HELD : 0),
        };
    if (ended)
        lock->flags |= SF_LOCK_OWNER_ENDED;
    return index;
}

uint32_t add_waited_monitor(capture *c, uintptr_t table, uintptr_t address)
{
    sync_block block;
    sync_entry entry;
    if (address != 0 && address == c->last_waited) /* of many waiters, most wait for the same */
        return c->last_waited_lock;
    c->last_waited = address;
    return c->last_waited_lock = plausible(address) && sf_read((void *)address, &block, sizeof block)
            && sf_read((void *)(table + (block.index & 0x7FFFFFFF) * sizeof entry), &entry, sizeof entry)
            && entry.block == address && plausible(entry.object)
        ? add_monitor(c, &entry, &block) : SF_NONE;
}

/* The type of System.Threading.Lock has no address in the contract. It is known when a thread waits for one; until then it is a
 * class of CoreLib, derived from Object, of that size: which one is for its name to say. */
static bool could_be_lock_type(const capture *c, uintptr_t type)
{
    const contract *k = &c->contract;
    uint32_t size;
    uintptr_t parent, module, core;
    return plausible(type) && sf_read((void *)(type + k->type_size), &size, sizeof size) && size == LOCK_BYTES
        && sf_read_pointer(type + k->type_parent, &parent) && parent == k->object_type
        && sf_read_pointer(type + k->type_module, &module) && sf_read_pointer(k->string_type + k->type_module, &core) && module == core
        && is_type(k, type);
}

/* Many objects are of few types, and each look at one takes calls of the kernel. */
static uintptr_t *place_of_type(uintptr_t *seen, uintptr_t type) { return &seen[(type * 0x9E3779B97F4A7C15ull) >> 58]; }
_Static_assert(TYPES_SEEN == 1 << (64 - 58), "what the shift leaves");

static bool is_lock_type(capture *c, uintptr_t type)
{
    if (c->lock_type != 0)
        return type == c->lock_type;
    uintptr_t *seen = place_of_type(c->no_locks_seen, type);
    if (*seen == type)
        return false;
    bool could = could_be_lock_type(c, type);
    if (!could)
        *seen = type;
    return could;
}

static bool is_seen_type(capture *c, uintptr_t type)
{
    uintptr_t *seen = place_of_type(c->types_seen, type);
    if (*seen != type && plausible(type) && is_type(&c->contract, type))
        *seen = type;
    return *seen == type && type != 0;
}

static uint32_t add_lock(capture *c, uintptr_t address, const object_begin *object, uint32_t owner, uint32_t flags)
{
    lock_fields fields;
    uint32_t index;
    bool is_new;
    sf_lock *lock = lock_of(c, address, &index, &is_new);
    if (!lock)
        return SF_NONE;
    memcpy(&fields, &object->words[2], sizeof fields);
    bool held = fields.state & STATE_HELD;
    if (held && owner == SF_NONE && fields.owner_os_id != 0 && !(c->result.flags & SF_INFO_THREADS_TRUNCATED))
        flags |= SF_LOCK_OWNER_ENDED;
    if (is_new)
        *lock = (sf_lock){
            .object = address,
            .kind = SF_LOCK_LOCK,
            .owner = held ? owner : SF_NONE,
            .type = type_index(c, object_type(object)),
            .recursion = held ? fields.recursion : 0,
            .waiters = fields.state >> LOCK_WAITERS,
            .flags = SF_LOCK_WAITERS_KNOWN | flags | (held ? SF_LOCK_HELD : 0),
        };
    return index;
}

/* A Lock by what the record has of it: the place on the stack where a reference to it is. */
uint32_t add_waited_lock(capture *c, uintptr_t slot)
{
    uintptr_t address;
    object_begin object;
    lock_fields fields;
    if (!plausible(slot) || !sf_read_pointer(slot, &address) || !plausible(address))
        return SF_NONE;
    uint32_t known = sf_index_get(&c->lock_index, address);
    if (known != SF_NONE)
        return ((sf_lock *)sf_table_at(&c->locks, known))->kind == SF_LOCK_LOCK ? known : SF_NONE;
    if (!sf_read((void *)(address - sizeof address), &object, sizeof object) || !is_lock_type(c, object_type(&object)))
        return SF_NONE;
    c->lock_type = object_type(&object);
    memcpy(&fields, &object.words[2], sizeof fields);
    return add_lock(c, address, &object, thread_by_os_id(c, fields.owner_os_id), 0);
}

void add_found(capture *c, uintptr_t address, const object_begin *object)
{
    uint32_t header = (uint32_t)(object->words[0] >> 32), index;
    lock_fields fields;
    bool is_new;
    memcpy(&fields, &object->words[2], sizeof fields);
    if ((uint32_t)object->words[0] != 0)
        return; /* on 64 bits the header has this half for nothing */
    uint32_t owner = header & HEADER_NOT_THIN ? SF_NONE : thread_by_id(c, header & MAX_THREAD_ID);
    if (owner != SF_NONE && is_seen_type(c, object_type(object))) {
        sf_lock *lock = lock_of(c, address, &index, &is_new);
        if (lock && is_new)
            *lock = (sf_lock){
                .object = address,
                .kind = SF_LOCK_MONITOR,
                .owner = owner,
                .type = lasting_type_index(c, object_type(object)),
                .recursion = header >> HEADER_RECURSION_SHIFT & HEADER_RECURSION_BITS,
                .flags = SF_LOCK_HELD | SF_LOCK_WAITERS_KNOWN | SF_LOCK_THIN | SF_LOCK_FROM_STACK,
            };
        return;
    }
    if (sf_index_get(&c->lock_index, address) != SF_NONE)
        return;
    if (fields.state & STATE_HELD && is_lock_type(c, object_type(object)) && (owner = thread_by_os_id(c, fields.owner_os_id)) != SF_NONE)
        add_lock(c, address, object, owner, SF_LOCK_FROM_STACK);
}

/* What is needed to read a page of the table. */
static struct {
    sync_entry entries[ENTRIES];
    sf_read_item items[ENTRIES];
    uint32_t item_of[ENTRIES];
} table_page;

/* Reads the sync blocks of a page of the table. */
enum page_end { PAGE_GOES_ON, PAGE_ENDS, PAGE_IS_WRONG };
static enum page_end read_monitors(capture *c, const sync_entry *entries, uint32_t count, uint32_t first, uint32_t *right)
{
    sf_read_item *items = table_page.items;
    uint8_t *to = sf_table_at(&c->scratch, 0);
    uint32_t *item_of = table_page.item_of, n = 0, used = 0, i;
    for (i = 0; i < count && (entries[i].block != 0 || entries[i].object != 0); i++) {
        uintptr_t block = entries[i].block;
        item_of[i] = SF_NONE;
        if (block == 0 || entries[i].object == 0 || entries[i].object & 1)
            continue; /* free, or nothing but an index */
        sf_read_item *last = n > 0 ? &items[n - 1] : NULL;
        uintptr_t end = last ? last->address + last->size : 0;
        if (last && block >= end && block - end < BLOCK_STRIDE && block + sizeof(sync_block) - last->address <= RUN_BYTES) {
            used += (uint32_t)(block + sizeof(sync_block) - end);
            last->size = block + sizeof(sync_block) - last->address;
        } else {
            items[n++] = (sf_read_item){ block, to + used, sizeof(sync_block), false };
            used += sizeof(sync_block);
        }
        item_of[i] = n - 1;
    }
    uint32_t end = i;
    sf_read_many(items, n);
    for (i = 0; i < end; i++) {
        if (item_of[i] == SF_NONE)
            continue;
        const sf_read_item *item = &items[item_of[i]];
        const uint8_t *at = (const uint8_t *)item->to + (entries[i].block - item->address);
        sync_block block;
        if (!item->ok)
            return PAGE_IS_WRONG;
        memcpy(&block, at, sizeof block);
        if ((block.index & 0x7FFFFFFF) != first + i)
            return PAGE_IS_WRONG;
        ++*right;
        if (block.state & STATE_HELD || block.state >> MONITOR_WAITERS)
            add_monitor(c, &entries[i], &block);
    }
    return end == count ? PAGE_GOES_ON : PAGE_ENDS;
}

/* All monitors that are held or wanted. False when the blocks are not what they were taken for. A table that is full has no end: what is
 * behind it is wrong after all that was right. Neither has one that nothing was put into yet: where nobody waits, wrong from the start is empty. */
static bool read_table(capture *c, uintptr_t table, int64_t deadline)
{
    sync_entry *entries = table_page.entries;
    uint32_t right = 0, first = 1, wanted = c->locks.count;
    if (table == 0 || table % sizeof *entries != 0)
        return false;
    while (first < MAX_SYNC_BLOCKS) {
        /* To the end of the page: what lies behind the table need not be there. */
        uintptr_t from = table + first * sizeof *entries;
        uint32_t count = (uint32_t)((sizeof table_page.entries - from % sizeof table_page.entries) / sizeof *entries);
        if (!sf_read((void *)from, entries, count * sizeof *entries))
            return right > 0 || wanted == 0;
        enum page_end end = read_monitors(c, entries, count, first, &right);
        if (end != PAGE_GOES_ON)
            return end == PAGE_ENDS || right > 0 || wanted == 0;
        first += count;
        if (sf_now(CLOCK_MONOTONIC) > deadline)
            break;
    }
    c->result.flags |= SF_INFO_LOCKS_TRUNCATED;
    return true;
}

static void link_owners(capture *c)
{
    for (uint32_t i = c->locks.count; i-- > 0;) {
        const sf_lock *lock = sf_table_at(&c->locks, i);
        if (lock->owner == SF_NONE)
            continue;
        thread_work *owner = sf_table_at(&c->thread_work, lock->owner);
        ((lock_work *)sf_table_at(&c->lock_work, i))->next = owner->first_lock;
        owner->first_lock = i;
    }
}

void locks_ready(void)
{
    uint64_t word, words[SF_READ_MANY];
    sf_read_item items[SF_READ_MANY];
    memset(&table_page, 0, sizeof table_page);
    for (uint32_t i = 0; i < SF_READ_MANY; i++)
        items[i] = (sf_read_item){ (uintptr_t)&words[i], &word, sizeof word, false };
    memset(words, 0, sizeof words);
    sf_read_many(items, SF_READ_MANY);
    stacks_ready();
}

void describe_locks(capture *c, int64_t deadline)
{
    uintptr_t table;
    bool tried = c->result.runtime_major == 9 || c->result.runtime_major == 10;
    if (!tried || !c->contract.present || c->contract.sync_table == 0 || !sf_read_pointer(c->contract.sync_table, &table)
        || is_late(c) || !find_statics(c))
        return;
    for (uint32_t i = 0; i < c->threads.count; i++) {
        uint32_t id = ((sf_thread *)sf_table_at(&c->threads, i))->managed_id;
        uint32_t os_id = ((sf_thread *)sf_table_at(&c->threads, i))->os_id, *place = os_id != 0 ? sf_index_find(&c->os_index, os_id) : NULL;
        if (id <= MAX_THREAD_ID)
            *(uint32_t *)sf_table_at(&c->thread_of_id, id) = i + 1;
        if (place && *place == 0)
            *place = i + 1;
    }
    bool known = read_waits(c, table) && read_table(c, table, deadline) && (c->owners_wrong == 0 || c->owners_right > 0);
    if (!known) {
        c->locks.count = c->waits.count = 0;
        c->result.flags &= ~(uint32_t)SF_INFO_LOCKS_TRUNCATED;
        return;
    }
    c->result.flags |= SF_INFO_LOCKS;
    find_held(c, deadline);
    link_owners(c);
    find_frames(c, deadline);
    find_references(c);
}
