/* Memory that is mapped before the pause and unmapped after it, or kept for the next capture: tables that only grow, hash indexes for them, and reads
 * of the runtime's memory that can fail without a fault. */
#ifndef STACKFLARE_MEMORY_H
#define STACKFLARE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/abi.h"

typedef struct sf_table {
    uint8_t *base;
    size_t mapped, ready;
    uint32_t record, count, capacity;
    bool full; /* something did not fit */
} sf_table;

/* Reserves room for capacity records. Physical memory is allocated when records are touched; for the first `ready` bytes, now. */
bool sf_table_map(sf_table *table, uint32_t record, uint32_t capacity, size_t ready);
/* For an empty table that may become large during the pause: fewer page faults, of 2 MB each if the kernel allows it. There is memory for
 * the first `ready` bytes, now. */
void sf_table_in_large_pages(sf_table *table, size_t ready);
void sf_table_unmap(sf_table *table);

/* The index of a new zeroed record; SF_NONE if the table is full. */
uint32_t sf_table_add(sf_table *table);

/* The index of the first of n new contiguous zeroed records; SF_NONE. */
uint32_t sf_table_add_many(sf_table *table, uint32_t n);

static inline void *sf_table_at(const sf_table *table, uint32_t index) { return table->base + (size_t)index * table->record; }

/* A map from 64-bit keys to indexes, in levels: each has twice as many slots as the one before and is used when that one is half full. Only the first is
 * touched before the pause. In one table for the maximum number of keys, each key would be the first on its page and cost two page faults: one to
 * read the empty slot, one to write it. A level costs one page fault for many keys. */
typedef struct sf_index_slot { uint64_t key; uint32_t value_plus_one; uint32_t pad; } sf_index_slot;
typedef struct sf_index {
    sf_index_slot *slots;
    size_t mapped;
    uint32_t first;       /* slots of the first level */
    uint32_t last, most;  /* the last level in use, and the last that there is */
    uint32_t keys;        /* in the last level in use */
} sf_index;

enum { SF_FIRST_KEYS = 512 };
bool sf_index_map(sf_index *index, uint32_t capacity);
/* For a map that may get many keys during the pause: the keys of the first level. A power of two. */
bool sf_index_map_first(sf_index *index, uint32_t capacity, uint32_t first_keys);
void sf_index_unmap(sf_index *index);

/* The slot of the key's value: 0 for a new key, else value + 1. The caller stores value + 1. */
uint32_t *sf_index_find(sf_index *index, uint64_t key);

/* A key's value; SF_NONE if the key does not exist. */
uint32_t sf_index_get(const sf_index *index, uint64_t key);

/* Copies from addresses that may not be mapped. Async-signal-safe, no allocation. */
bool sf_read(const void *address, void *to, size_t n);
static inline bool sf_read_pointer(uintptr_t address, uintptr_t *to) { return sf_read((const void *)address, to, sizeof *to); }

/* Many reads with one system call. Items with address 0 are skipped; ok says which succeeded. */
typedef struct sf_read_item { uintptr_t address; void *to; size_t size; bool ok; } sf_read_item;
enum { SF_READ_MANY = 128 };
void sf_read_many(sf_read_item *items, size_t count);

/* Whether a non-empty range can be read, so that plain loads may follow. Checks one page in this many, including the first and the last: a collector
 * maps and unmaps memory in larger pieces. */
#ifndef SF_READABLE_PAGES
#define SF_READABLE_PAGES 16 /* tests, whose memory is a few pages, use another number */
#endif
bool sf_readable(uintptr_t from, uintptr_t to);

/* For many small reads from few pages: a page from which one read succeeded is known to exist for the rest of the pause. */
typedef struct sf_proof { sf_index chunks; uint32_t count; uintptr_t chunk; uint32_t *known; } sf_proof;
bool sf_proof_map(sf_proof *proof);
void sf_proof_unmap(sf_proof *proof);
bool sf_proof_read(sf_proof *proof, uintptr_t address, void *to, size_t n);

/* Opens and closes the fallback of sf_read for kernels that forbid process_vm_readv. */
void sf_read_open(void);
void sf_read_close(void);

/* Whether a word can be the address of a structure of the runtime. */
static inline bool plausible(uintptr_t p) { return p % sizeof p == 0 && p > 0x10000 && p < (uintptr_t)1 << 56; }

int64_t sf_now(int clock); /* nanoseconds */

#endif
