/* Owners and waiters of locks, while the runtime is suspended.
 *
 * The runtime records what a thread waits for (waits.c). The owner of a monitor is in its sync block (monitors.c). Before the first wait for it, a
 * monitor can instead be a few bits in its object's header (a thin lock), which only the owner's stack refers to (stacks.c). A System.Threading.Lock
 * is an object that contains its owner.
 *
 * The layout of locks is checked in each capture: a sync block contains its index, the object's header contains the same index, and all ids of an
 * owner must belong to one thread. If a check fails, the snapshot contains no locks. */
#include "locks/locks.h"
#include "locks/objects.h"

uint32_t thread_by_id(const capture *c, uint32_t managed_id)
{
    return managed_id == 0 || managed_id > MAX_THREAD_ID ? SF_NONE : *(uint32_t *)sf_table_at(&c->thread_of_id, managed_id) - 1;
}

uint32_t thread_by_os_id(const capture *c, uint32_t os_id) { return os_id == 0 ? SF_NONE : sf_index_get(&c->os_index, os_id); }

/* The index of an object's lock, existing or new. The caller fills in a new one. */
sf_lock *lock_of(capture *c, uintptr_t object, uint32_t *index, bool *is_new)
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

uint32_t lock_type_index(capture *c, uintptr_t type)
{
    uint32_t known = sf_index_get(&c->type_index, type);
    return known != SF_NONE ? known : is_type(&c->runtime.layout, type) ? describe_type(c, type, 0) : SF_NONE;
}

/* The type of a possibly dead object. A type in a load context that is being unloaded may be partly freed, so only a type that is never unloaded is
 * described, or one that is already known. */
uint32_t lasting_type_index(capture *c, uintptr_t type)
{
    const layout *k = &c->runtime.layout;
    uintptr_t module, loader, core;
    uint32_t known = sf_index_get(&c->type_index, type), flags;
    if (c->core_loader == 0 && (!sf_read_pointer(k->string.type + k->type.module, &core) || !layout_knows(k, LAYOUT_COLLECTIBLE)
        || !sf_read_pointer(core + k->module.loader, &c->core_loader)))
        return known;
    bool lasts = known == SF_NONE
        && sf_read((void *)(type + k->type.flags), &flags, sizeof flags) && !(flags & k->type.collectible)
        && sf_read_pointer(type + k->type.module, &module) && sf_read_pointer(module + k->module.loader, &loader)
        && loader == c->core_loader;
    return lasts ? lock_type_index(c, type) : known;
}

/* Many objects have few types, and checking a type takes system calls. */
static uintptr_t *place_of_type(uintptr_t *seen, uintptr_t type) { return &seen[(type * 0x9E3779B97F4A7C15ull) >> 58]; }
_Static_assert(TYPES_SEEN == 1 << (64 - 58), "what the shift leaves");

bool is_lock_type(const capture *c, uintptr_t type)
{
    return type != 0 && layout_knows(&c->runtime.layout, LAYOUT_LOCKS) && type == core_class_of(&c->runtime, CORE_LOCK);
}

static uint32_t field_of(const object_begin *object, uint32_t offset)
{
    uint32_t value = 0;
    if (offset + sizeof value <= sizeof *object - sizeof *object->words)
        memcpy(&value, (const uint8_t *)&object->words[1] + offset, sizeof value);
    return value;
}

lock_fields lock_fields_of(const layout *k, const object_begin *object)
{
    return (lock_fields){ field_of(object, k->lock.owner), field_of(object, k->lock.state), field_of(object, k->lock.recursion) };
}

bool has_owner_ended(const capture *c, uint32_t owner)
{
    return owner != 0 && !(c->result.flags & SF_INFO_THREADS_TRUNCATED) && (!c->runtime.layout.lock.owner_is_managed || owner <= MAX_THREAD_ID);
}

static uint32_t thread_of_owner(const capture *c, uint32_t owner)
{
    return c->runtime.layout.lock.owner_is_managed ? thread_by_id(c, owner) : thread_by_os_id(c, owner);
}

static bool is_seen_type(capture *c, uintptr_t type)
{
    uintptr_t *seen = place_of_type(c->types_seen, type);
    if (*seen != type && plausible(type) && is_type(&c->runtime.layout, type))
        *seen = type;
    return *seen == type && type != 0;
}

static uint32_t add_lock(capture *c, uintptr_t address, const object_begin *object, uint32_t owner, uint32_t flags)
{
    const layout *k = &c->runtime.layout;
    lock_fields fields = lock_fields_of(k, object);
    uint32_t index;
    bool is_new;
    sf_lock *lock = lock_of(c, address, &index, &is_new);
    if (!lock)
        return SF_NONE;
    bool held = fields.state & k->lock.held;
    if (held && owner == SF_NONE && has_owner_ended(c, fields.owner))
        flags |= SF_LOCK_OWNER_ENDED;
    if (is_new)
        *lock = (sf_lock){
            .object = address,
            .kind = SF_LOCK_LOCK,
            .owner = held ? owner : SF_NONE,
            .type = lock_type_index(c, object_type(object)),
            .recursion = held ? fields.recursion : 0,
            .waiters = fields.state >> k->lock.waiters_shift,
            .flags = SF_LOCK_WAITERS_KNOWN | flags | (held ? SF_LOCK_HELD : 0),
        };
    return index;
}

/* A Lock from a thread's wait record, which contains the stack address of a reference to it. */
uint32_t add_waited_lock(capture *c, uintptr_t slot)
{
    uintptr_t address;
    return plausible(slot) && sf_read_pointer(slot, &address) && plausible(address) ? add_waited_lock_at(c, address) : SF_NONE;
}

uint32_t add_waited_lock_at(capture *c, uintptr_t address)
{
    object_begin object;
    uint32_t known = sf_index_get(&c->lock_index, address);
    if (known != SF_NONE)
        return ((sf_lock *)sf_table_at(&c->locks, known))->kind == SF_LOCK_LOCK ? known : SF_NONE;
    if (!sf_read((void *)(address - sizeof address), &object, sizeof object) || !is_lock_type(c, object_type(&object)))
        return SF_NONE;
    return add_lock(c, address, &object, thread_of_owner(c, lock_fields_of(&c->runtime.layout, &object).owner), 0);
}

void add_found(capture *c, uintptr_t address, const object_begin *object)
{
    const layout *k = &c->runtime.layout;
    uint32_t header = (uint32_t)(object->words[0] >> 32), index;
    lock_fields fields = lock_fields_of(k, object);
    bool is_new;
    if ((uint32_t)object->words[0] != 0)
        return; /* unused on 64 bits */
    uint32_t owner = header & k->header.not_thin ? SF_NONE : thread_by_id(c, header & k->header.thread);
    if (owner != SF_NONE && is_seen_type(c, object_type(object))) {
        sf_lock *lock = lock_of(c, address, &index, &is_new);
        if (lock && is_new)
            *lock = (sf_lock){
                .object = address,
                .kind = SF_LOCK_MONITOR,
                .owner = owner,
                .type = lasting_type_index(c, object_type(object)),
                .recursion = header >> k->header.recursion_shift & k->header.recursion_bits,
                .flags = SF_LOCK_HELD | SF_LOCK_WAITERS_KNOWN | SF_LOCK_THIN | SF_LOCK_FROM_STACK,
            };
        return;
    }
    if (sf_index_get(&c->lock_index, address) != SF_NONE)
        return;
    if (!(fields.state & k->lock.held) || !is_lock_type(c, object_type(object)) || (owner = thread_of_owner(c, fields.owner)) == SF_NONE)
        return;
    /* Without the Locks of monitors. If not all of these are known, it cannot be decided. */
    if (layout_knows(k, LAYOUT_MANAGED_MONITORS) ? c->monitors_whole && !is_of_monitor(c, address) : true)
        add_lock(c, address, object, owner, SF_LOCK_FROM_STACK);
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

/* What all other parts need. Types of locks that the program has not used are not included. */
static bool is_known(const layout *k)
{
    return layout_knows(k, LAYOUT_THREADS) && layout_knows(k, LAYOUT_TYPES) && layout_knows(k, LAYOUT_SYNC_TABLE) && layout_knows(k, LAYOUT_HEADERS)
        && (layout_knows(k, LAYOUT_NATIVE_MONITORS) || layout_knows(k, LAYOUT_MANAGED_MONITORS));
}

void describe_locks(capture *c)
{
    uintptr_t table;
    if (!is_known(&c->runtime.layout) || !sf_read_pointer(c->runtime.layout.sync_table.entries, &table))
        return;
    if (is_late(c)) {
        c->result.flags |= SF_INFO_LOCKS | SF_INFO_LOCKS_TRUNCATED;
        return;
    }
    if (!find_statics(c)) {
        c->result.lacking |= SF_PART_LOCKS;
        return;
    }
    for (uint32_t i = 0; i < c->threads.count; i++) {
        uint32_t id = ((sf_thread *)sf_table_at(&c->threads, i))->managed_id;
        uint32_t os_id = ((sf_thread *)sf_table_at(&c->threads, i))->os_id, *place = os_id != 0 ? sf_index_find(&c->os_index, os_id) : NULL;
        if (id <= MAX_THREAD_ID)
            *(uint32_t *)sf_table_at(&c->thread_of_id, id) = i + 1;
        if (place && *place == 0)
            *place = i + 1;
    }
    /* Managed monitors first: they show whether a Lock that a thread waits for belongs to one. */
    bool known = layout_knows(&c->runtime.layout, LAYOUT_MANAGED_MONITORS)
        ? read_managed_monitors(c, table) && read_waits(c, table)
        : read_waits(c, table) && read_monitors(c, table) && (c->owners_wrong == 0 || c->owners_right > 0);
    if (!known) {
        c->locks.count = c->waits.count = 0;
        c->result.flags &= ~(uint32_t)SF_INFO_LOCKS_TRUNCATED;
        c->result.lacking |= SF_PART_LOCKS;
        return;
    }
    c->result.flags |= SF_INFO_LOCKS;
    find_held(c);
    link_owners(c);
    find_frames(c);
    find_references(c);
}
