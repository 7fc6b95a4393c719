/* Monitors in the table of sync blocks, while the runtime is suspended. */
#include "locks/locks.h"

enum {
    BLOCK_STRIDE = 256, /* sync blocks with smaller distances are read together */
    BLOCK_BYTES = 64,   /* the needed part of a sync block */
    RUN_BYTES = 4096,
    INDEX_BITS = 0x7FFFFFFF,
};

/* The monitor part of a sync block. */
typedef struct monitor {
    uint32_t state, recursion, index;
    uint64_t holder, holder_os_id;
} monitor;

static monitor decode(const layout *k, const uint8_t *block)
{
    monitor m;
    memcpy(&m.state, block + k->monitor.state, sizeof m.state);
    memcpy(&m.recursion, block + k->monitor.recursion, sizeof m.recursion);
    memcpy(&m.index, block + k->monitor.index, sizeof m.index);
    memcpy(&m.holder, block + k->monitor.holder, sizeof m.holder);
    memcpy(&m.holder_os_id, block + k->monitor.holder_os_id, sizeof m.holder_os_id);
    m.index &= INDEX_BITS;
    return m;
}

/* The owner of a monitor, if both ids belong to the same thread. If a thread ends without releasing the monitor, another can get its managed id; then
 * no thread has the kernel id. If a different thread has the kernel id, the layout is not the expected one. */
static uint32_t monitor_owner(capture *c, const monitor *block, bool *ended)
{
    const layout *k = &c->runtime.layout;
    bool by_thread = k->monitor.holder_is_thread;
    uint32_t id = (uint32_t)block->holder;
    if (!(block->state & k->monitor.held) || id == 0)
        return SF_NONE;
    if (by_thread && !sf_read((void *)(uintptr_t)(block->holder + k->thread.id), &id, sizeof id))
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

/* Adds a monitor by its sync block, which must be at its own place in the table. */
static uint32_t add_monitor(capture *c, const sync_entry *entry, const monitor *block)
{
    const layout *k = &c->runtime.layout;
    uintptr_t begin[2]; /* the header, and the type */
    uint32_t index;
    bool is_new;
    if (!sf_read((void *)(entry->object - sizeof *begin), begin, sizeof begin)
        || (begin[0] >> 32 & k->header.index_bits) != (k->header.index | block->index))
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
            .type = lock_type_index(c, type_of(begin[1])),
            .recursion = block->state & k->monitor.held && block->recursion > 0 ? block->recursion - 1 : 0,
            .waiters = block->state >> k->monitor.waiters_shift,
            .flags = SF_LOCK_WAITERS_KNOWN | (block->state & k->monitor.held ? SF_LOCK_HELD : 0),
        };
    if (ended)
        lock->flags |= SF_LOCK_OWNER_ENDED;
    return index;
}

uint32_t add_waited_monitor(capture *c, uintptr_t table, uintptr_t address)
{
    const layout *k = &c->runtime.layout;
    uint8_t bytes[BLOCK_BYTES];
    sync_entry entry;
    monitor block;
    if (address != 0 && address == c->last_waited) /* most of many waiters wait for the same one */
        return c->last_waited_lock;
    c->last_waited = address;
    c->last_waited_lock = SF_NONE;
    if (!plausible(address) || !sf_read((void *)address, bytes, k->monitor.bytes))
        return SF_NONE;
    block = decode(k, bytes);
    if (sf_read((void *)(table + block.index * sizeof entry), &entry, sizeof entry) && entry.block == address && plausible(entry.object))
        c->last_waited_lock = add_monitor(c, &entry, &block);
    return c->last_waited_lock;
}

/* Memory for reading a page of the table. */
static struct {
    sync_entry entries[SYNC_ENTRIES];
    sf_read_item items[SYNC_ENTRIES];
    uint32_t item_of[SYNC_ENTRIES];
} table_page;

/* Reads the sync blocks of a page of the table, and returns how many entries there are before one that was never used. */
static uint32_t read_blocks(capture *c, const sync_entry *entries, uint32_t count, uint32_t bytes)
{
    sf_read_item *items = table_page.items;
    uint8_t *to = sf_table_at(&c->scratch, 0);
    uint32_t *item_of = table_page.item_of, n = 0, used = 0, i;
    for (i = 0; i < count && (entries[i].block != 0 || entries[i].object != 0); i++) {
        uintptr_t block = entries[i].block;
        item_of[i] = SF_NONE;
        if (block == 0 || entries[i].object == 0 || entries[i].object & 1)
            continue; /* free, or only an index */
        sf_read_item *last = n > 0 ? &items[n - 1] : NULL;
        uintptr_t end = last ? last->address + last->size : 0;
        if (last && block >= end && block - end < BLOCK_STRIDE && block + bytes - last->address <= RUN_BYTES) {
            used += (uint32_t)(block + bytes - end);
            last->size = block + bytes - last->address;
        } else {
            items[n++] = (sf_read_item){ block, to + used, bytes, false };
            used += bytes;
        }
        item_of[i] = n - 1;
    }
    sf_read_many(items, n);
    return i;
}

const uint8_t *sync_block_of(const sync_entry *entries, uint32_t i)
{
    const sf_read_item *item = table_page.item_of[i] != SF_NONE ? &table_page.items[table_page.item_of[i]] : NULL;
    return item && item->ok ? (const uint8_t *)item->to + (entries[i].block - item->address) : NULL;
}

enum page_end { PAGE_GOES_ON, PAGE_ENDS, PAGE_IS_WRONG };
static enum page_end read_page(capture *c, const sync_entry *entries, uint32_t count, uint32_t first, uint32_t *right)
{
    const layout *k = &c->runtime.layout;
    uint32_t end = read_blocks(c, entries, count, k->monitor.bytes);
    for (uint32_t i = 0; i < end; i++) {
        if (table_page.item_of[i] == SF_NONE)
            continue;
        const uint8_t *at = sync_block_of(entries, i);
        if (!at)
            return PAGE_IS_WRONG;
        monitor block = decode(k, at);
        if (block.index != first + i)
            return PAGE_IS_WRONG;
        ++*right;
        if (block.state & k->monitor.held || block.state >> k->monitor.waiters_shift)
            add_monitor(c, &entries[i], &block);
    }
    return end == count ? PAGE_GOES_ON : PAGE_ENDS;
}

static uint32_t entries_of_page(uintptr_t from)
{
    return (uint32_t)((sizeof table_page.entries - from % sizeof table_page.entries) / sizeof *table_page.entries);
}

/* All monitors that are held or waited for. False if the blocks do not have the expected layout. A full table has no end mark: the data behind it is
 * invalid after valid entries. An empty table has none either: if no thread waits, invalid data at the start means empty. */
bool read_monitors(capture *c, uintptr_t table)
{
    sync_entry *entries = table_page.entries;
    uint32_t right = 0, first = 1, wanted = c->locks.count;
    if (table == 0 || table % sizeof *entries != 0 || !layout_knows(&c->runtime.layout, LAYOUT_NATIVE_MONITORS) || c->runtime.layout.monitor.bytes > BLOCK_BYTES)
        return false;
    while (first < MAX_SYNC_BLOCKS) {
        /* To the end of the page, because memory behind the table may not exist. */
        uintptr_t from = table + first * sizeof *entries;
        uint32_t count = entries_of_page(from);
        if (!sf_read((void *)from, entries, count * sizeof *entries))
            return right > 0 || wanted == 0;
        enum page_end end = read_page(c, entries, count, first, &right);
        if (end != PAGE_GOES_ON)
            return end == PAGE_ENDS || right > 0 || wanted == 0;
        first += count;
        if (is_late(c))
            break;
    }
    c->result.flags |= SF_INFO_LOCKS_TRUNCATED;
    return true;
}

/* The runtime has a count of the used entries of the table. Whether an entry is a monitor depends on its Lock. */
bool read_managed_monitors(capture *c, uintptr_t table)
{
    const layout *k = &c->runtime.layout;
    sync_entry *entries = table_page.entries;
    uint32_t used, bytes = (k->sync_block.lock > k->sync_block.thin ? k->sync_block.lock : k->sync_block.thin) + (uint32_t)sizeof table;
    if (table == 0 || table % sizeof *entries != 0 || bytes > BLOCK_BYTES || !sf_read((void *)(k->sync_table.cache + k->sync_table.used), &used, sizeof used))
        return false;
    c->monitors_whole = used <= MAX_SYNC_BLOCKS;
    for (uint32_t first = 1, count; first < used && first < MAX_SYNC_BLOCKS; first += count) {
        uintptr_t from = table + first * sizeof *entries;
        if (is_late(c)) {
            c->monitors_whole = false;
            break;
        }
        count = entries_of_page(from);
        count = count < used - first ? count : used - first;
        if (!sf_read((void *)from, entries, count * sizeof *entries))
            return false;
        take_managed_page(c, entries, read_blocks(c, entries, count, bytes), first);
    }
    if (!c->monitors_whole)
        c->result.flags |= SF_INFO_LOCKS_TRUNCATED;
    /* Each waiting thread has a record. If no thread ever had one, none waits. */
    return (c->monitors_wrong == 0 || c->monitors_right > 0) && !(c->monitors_waited && c->runtime.blocking.where == VARIABLE_UNUSED);
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
    managed_ready();
    stacks_ready();
}
