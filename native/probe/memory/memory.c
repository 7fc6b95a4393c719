#define _GNU_SOURCE
#include "memory/memory.h"
#include "memory/mapping.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { LARGE_PAGE = 2 << 20 };

bool sf_table_map(sf_table *table, uint32_t record, uint32_t capacity, size_t ready)
{
    /* The kernel begins a mapping at a large page if its size is a multiple of one. */
    size_t bytes = (size_t)record * capacity;
    table->mapped = sf_whole_pages(bytes < 2 * LARGE_PAGE ? bytes : (bytes + LARGE_PAGE - 1) / LARGE_PAGE * LARGE_PAGE);
    table->base = sf_map(table->mapped, ready);
    table->record = record;
    table->capacity = capacity;
    table->count = 0;
    table->ready = ready;
    table->full = false;
    return table->base != NULL;
}

void sf_table_in_large_pages(sf_table *table, size_t ready)
{
    /* The kernel gives no large page where there are small ones already. */
    madvise(table->base, table->mapped, MADV_DONTNEED);
    madvise(table->base, table->mapped, MADV_HUGEPAGE);
    sf_touch(table->base, ready < table->mapped ? ready : table->mapped);
    table->ready = table->mapped; /* one byte may have brought 2 MB */
}

void sf_table_unmap(sf_table *table)
{
    size_t used = (size_t)table->record * table->count;
    sf_unmap(table->base, table->mapped, used > table->ready ? used : table->ready);
    table->base = NULL;
}

uint32_t sf_table_add_many(sf_table *table, uint32_t n)
{
    if (n > table->capacity - table->count) {
        table->full = true;
        return SF_NONE;
    }
    uint32_t index = table->count;
    table->count += n;
    return index;
}

uint32_t sf_table_add(sf_table *table)
{
    return sf_table_add_many(table, 1);
}

bool sf_index_map(sf_index *index, uint32_t capacity) { return sf_index_map_first(index, capacity, SF_FIRST_KEYS); }

static size_t slots_to(const sf_index *index, uint32_t level) { return (size_t)index->first * ((2ull << level) - 1); }

bool sf_index_map_first(sf_index *index, uint32_t capacity, uint32_t first_keys)
{
    *index = (sf_index){ .first = first_keys * 2 };
    while (index->first << index->most < capacity * 2) /* the last level alone can hold all keys */
        index->most++;
    index->mapped = slots_to(index, index->most) * sizeof *index->slots;
    index->slots = sf_map(index->mapped, index->first * sizeof *index->slots);
    return index->slots != NULL;
}

void sf_index_unmap(sf_index *index)
{
    sf_unmap(index->slots, index->mapped, slots_to(index, index->last) * sizeof *index->slots);
    index->slots = NULL;
}

/* The key's slot, or the empty slot for it in the last level in use. A level has empty slots, so that the search ends. */
static sf_index_slot *find(const sf_index *index, uint64_t key)
{
    /* Keys are addresses: the multiplication spreads their low bits. */
    uint32_t hash = (uint32_t)((key * 0x9E3779B97F4A7C15ull) >> 32);
    sf_index_slot *slots = index->slots;
    for (uint32_t level = 0;; slots += index->first << level++) {
        uint32_t mask = (index->first << level) - 1, i = hash & mask;
        while (slots[i].value_plus_one != 0 && slots[i].key != key)
            i = (i + 1) & mask;
        if (slots[i].value_plus_one != 0 || level == index->last)
            return &slots[i];
    }
}

uint32_t *sf_index_find(sf_index *index, uint64_t key)
{
    sf_index_slot *slot = find(index, key);
    if (slot->value_plus_one == 0 && index->keys++ >= index->first << index->last >> 1 && index->last < index->most) {
        index->last++;
        index->keys = 1;
        slot = find(index, key);
    }
    slot->key = key;
    return &slot->value_plus_one;
}

uint32_t sf_index_get(const sf_index *index, uint64_t key)
{
    return find(index, key)->value_plus_one - 1; /* SF_NONE for 0 */
}

static int read_fd = -1;

void sf_read_open(void)
{
    /* Some container profiles forbid process_vm_readv even for the own process. /proc/self/mem is always readable. */
    uint64_t probe = 1, copy = 0;
    struct iovec to = { &copy, sizeof copy }, from = { &probe, sizeof probe };
    if (process_vm_readv(getpid(), &to, 1, &from, 1, 0) != sizeof copy)
        read_fd = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
}

void sf_read_close(void)
{
    if (read_fd >= 0)
        close(read_fd);
    read_fd = -1;
}

bool sf_read(const void *address, void *to, size_t n)
{
    if (read_fd >= 0)
        return pread(read_fd, to, n, (off_t)(uintptr_t)address) == (ssize_t)n;
    struct iovec local = { to, n }, remote = { (void *)(uintptr_t)address, n };
    return process_vm_readv(getpid(), &local, 1, &remote, 1, 0) == (ssize_t)n;
}

/* A range of memory that is read as one, and the buffers of its parts: of items, and of the gaps between them. */
typedef struct stretch { uint32_t first, count, first_local; } stretch;

static void sort_by_address(const sf_read_item *items, uint8_t *order, uint32_t n)
{
    for (uint32_t gap = n / 2; gap > 0; gap /= 2)
        for (uint32_t i = gap; i < n; i++) {
            uint8_t moved = order[i];
            uint32_t at = i;
            for (; at >= gap && items[order[at - gap]].address > items[moved].address; at -= gap)
                order[at] = order[at - gap];
            order[at] = moved;
        }
}

/* The cost is per range that the kernel has to look up, not per byte: items that are close together are read as one range. */
static void read_round(sf_read_item *items, uint32_t count)
{
    enum { NEAR = 1024, MOST = 4096 };
    static uint8_t between[NEAR];
    uint8_t order[SF_READ_MANY];
    struct iovec local[2 * SF_READ_MANY], remote[SF_READ_MANY];
    stretch stretches[SF_READ_MANY];
    uint32_t n = 0, locals = 0, found = 0;
    for (uint32_t i = 0; i < count; i++) {
        items[i].ok = false;
        if (items[i].address != 0)
            order[n++] = (uint8_t)i;
    }
    sort_by_address(items, order, n);
    for (uint32_t i = 0; i < n; i++) {
        const sf_read_item *item = &items[order[i]];
        struct iovec *last = found > 0 ? &remote[found - 1] : NULL;
        uintptr_t end = last ? (uintptr_t)last->iov_base + last->iov_len : 0;
        if (last && item->address >= end && item->address - end <= NEAR && last->iov_len + item->size + NEAR <= MOST) {
            if (item->address > end)
                local[locals++] = (struct iovec){ between, item->address - end };
            last->iov_len += item->address - end + item->size;
            stretches[found - 1].count++;
        } else {
            remote[found] = (struct iovec){ (void *)item->address, item->size };
            stretches[found++] = (stretch){ i, 1, locals };
        }
        local[locals++] = (struct iovec){ item->to, item->size };
    }
    for (uint32_t next = 0; next < found;) {
        uint32_t from = stretches[next].first_local;
        ssize_t got = read_fd < 0 ? process_vm_readv(getpid(), local + from, locals - from, remote + next, found - next, 0) : 0;
        for (ssize_t sum = 0; next < found && got >= sum + (ssize_t)remote[next].iov_len; next++) {
            sum += (ssize_t)remote[next].iov_len;
            for (uint32_t i = 0; i < stretches[next].count; i++)
                items[order[stretches[next].first + i]].ok = true;
        }
        /* The kernel stops at the first range that it cannot read completely. The items of that range are tried one by one. */
        for (uint32_t i = 0; next < found && i < stretches[next].count; i++) {
            sf_read_item *item = &items[order[stretches[next].first + i]];
            item->ok = sf_read((void *)item->address, item->to, item->size);
        }
        next++;
    }
}

void sf_read_many(sf_read_item *items, size_t count)
{
    for (size_t i = 0; i < count; i += SF_READ_MANY)
        read_round(items + i, (uint32_t)(count - i < SF_READ_MANY ? count - i : SF_READ_MANY));
}

bool sf_readable(uintptr_t from, uintptr_t to)
{
    enum { STEP = SF_READABLE_PAGES * (int)PAGE };
    uint8_t bytes[SF_READ_MANY];
    sf_read_item items[SF_READ_MANY];
    bool is_last = false;
    for (uintptr_t at = from; !is_last;) {
        uint32_t n = 0;
        for (; n < SF_READ_MANY && !is_last; at += STEP, n++) {
            is_last = at >= to - 1;
            items[n] = (sf_read_item){ is_last ? to - 1 : at, &bytes[n], 1, false };
        }
        sf_read_many(items, n);
        for (uint32_t i = 0; i < n; i++)
            if (!items[i].ok)
                return false;
    }
    return true;
}

enum { PROOF_CHUNKS = 1 << 13, PROOF_FIRST = 1 << 8, PROOF_PAGES = 16, PROOF_BYTES = PROOF_PAGES * PAGE };

bool sf_proof_map(sf_proof *proof)
{
    proof->count = 0;
    proof->chunk = 1; /* no chunk begins there */
    return sf_index_map_first(&proof->chunks, PROOF_CHUNKS, PROOF_FIRST);
}

void sf_proof_unmap(sf_proof *proof) { sf_index_unmap(&proof->chunks); }

/* The pages of a chunk that are known to exist, one bit each; NULL if there is no room for another chunk. */
static uint32_t *known_pages(sf_proof *proof, uintptr_t chunk)
{
    if (chunk == proof->chunk)
        return proof->known;
    if (proof->count == PROOF_CHUNKS && sf_index_get(&proof->chunks, chunk) == SF_NONE)
        return NULL;
    uint32_t *known = sf_index_find(&proof->chunks, chunk);
    if (*known == 0) {
        proof->count++;
        *known = 1; /* not a page, but marks that the chunk is in the index */
    }
    proof->chunk = chunk;
    return proof->known = known;
}

/* Sequential reads will need the next pages too, so one call checks several. The kernel stops at the first page that does not exist. */
static uint32_t pages_from(uintptr_t address)
{
    enum { AHEAD = 8 };
    uint8_t bytes[AHEAD];
    struct iovec local = { bytes, sizeof bytes }, remote[AHEAD];
    uintptr_t first = address % PROOF_BYTES / PAGE;
    uint32_t n = PROOF_PAGES - first < AHEAD ? (uint32_t)(PROOF_PAGES - first) : AHEAD;
    for (uint32_t i = 0; i < n; i++)
        remote[i] = (struct iovec){ (void *)(address + i * PAGE), 1 };
    ssize_t there = read_fd < 0 ? process_vm_readv(getpid(), &local, 1, remote, n, 0) : 0;
    return there > 0 ? ((1u << there) - 1) << (first + 1) : 0;
}

/* A read that crosses a page proves nothing. */
bool sf_proof_read(sf_proof *proof, uintptr_t address, void *to, size_t n)
{
    uintptr_t offset = address % PROOF_BYTES;
    uint32_t *known = address % PAGE + n <= PAGE ? known_pages(proof, address - offset) : NULL, page = 2u << offset / PAGE;
    if (known && !(*known & page) && *known & page >> 1 & ~1u)
        *known |= pages_from(address);
    if (known && *known & page) {
        memcpy(to, (const void *)address, n);
        return true;
    }
    if (!sf_read((const void *)address, to, n))
        return false;
    if (known)
        *known |= page;
    return true;
}

int64_t sf_now(int clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}
