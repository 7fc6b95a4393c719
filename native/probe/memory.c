#define _GNU_SOURCE
#include "memory.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096u

static void *map(size_t bytes, size_t ready)
{
    void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED)
        return NULL;
    /* Faults taken here are not taken during the pause. */
    for (size_t i = 0; i < ready && i < bytes; i += PAGE)
        ((volatile uint8_t *)p)[i] = 0;
    return p;
}

bool sf_table_map(sf_table *table, uint32_t record, uint32_t capacity, size_t ready)
{
    table->mapped = ((size_t)record * capacity + PAGE - 1) & ~(size_t)(PAGE - 1);
    table->base = map(table->mapped, ready);
    table->record = record;
    table->capacity = capacity;
    table->count = 0;
    table->full = false;
    return table->base != NULL;
}

void sf_table_unmap(sf_table *table)
{
    if (table->base)
        munmap(table->base, table->mapped);
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

enum { NEAR_SLOTS = 1024 };

bool sf_index_map(sf_index *index, uint32_t capacity)
{
    uint32_t slots = 64;
    while (slots < capacity * 2)
        slots *= 2;
    index->far_mask = slots - 1;
    index->near_keys = 0;
    index->mapped = (NEAR_SLOTS + slots) * sizeof *index->near;
    index->near = map(index->mapped, NEAR_SLOTS * sizeof *index->near);
    index->far = index->near ? index->near + NEAR_SLOTS : NULL;
    return index->near != NULL;
}

void sf_index_unmap(sf_index *index)
{
    if (index->near)
        munmap(index->near, index->mapped);
    index->near = NULL;
}

/* Both parts have twice as many slots as there can be keys in them, so that the search ends. */
static sf_index_slot *find(sf_index_slot *slots, uint32_t mask, uint64_t key)
{
    /* Keys are addresses: the multiplication spreads their low bits. */
    uint32_t i = (uint32_t)((key * 0x9E3779B97F4A7C15ull) >> 32) & mask;
    while (slots[i].value_plus_one != 0 && slots[i].key != key)
        i = (i + 1) & mask;
    return &slots[i];
}

uint32_t *sf_index_find(sf_index *index, uint64_t key)
{
    sf_index_slot *slot = find(index->near, NEAR_SLOTS - 1, key);
    if (slot->value_plus_one == 0) {
        if (index->near_keys < NEAR_SLOTS / 2)
            index->near_keys++;
        else
            slot = find(index->far, index->far_mask, key);
    }
    slot->key = key;
    return &slot->value_plus_one;
}

static int read_fd = -1;

void sf_read_open(void)
{
    /* Some container profiles forbid process_vm_readv even on oneself; one's own /proc/self/mem is always readable. */
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

void sf_read_many(sf_read_item *items, size_t count)
{
    for (size_t next = 0; next < count;) {
        struct iovec local[SF_READ_MANY], remote[SF_READ_MANY];
        size_t which[SF_READ_MANY], n = 0, i = next;
        for (; i < count && n < SF_READ_MANY; i++) {
            items[i].ok = false;
            if (items[i].address == 0)
                continue;
            local[n] = (struct iovec){ items[i].to, items[i].size };
            remote[n] = (struct iovec){ (void *)items[i].address, items[i].size };
            which[n++] = i;
        }
        ssize_t got = n > 0 && read_fd < 0 ? process_vm_readv(getpid(), local, n, remote, n, 0) : 0;
        /* The kernel stops at the first that it cannot read: what came before is good, that one is tried alone, the rest goes
         * into the next round. */
        size_t done = 0;
        for (ssize_t sum = 0; done < n && got >= sum + (ssize_t)local[done].iov_len; done++) {
            sum += (ssize_t)local[done].iov_len;
            items[which[done]].ok = true;
        }
        if (done < n) {
            sf_read_item *item = &items[which[done]];
            item->ok = sf_read((void *)item->address, item->to, item->size);
            i = which[done] + 1;
        }
        next = i;
    }
}

int64_t sf_now(int clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}
