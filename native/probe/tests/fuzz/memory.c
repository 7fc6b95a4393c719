/* Fuzzes tables, indexes and reads with any sequence of calls, compared with a simple model. */
#include "fuzz.h"

#include "memory/memory.h"

#include <string.h>
#include <sys/mman.h>

enum { CAPACITY = 4096, PAGES = 16, PAGE = 4096 };

/* Each key keeps the value that it got first. */
static void use_index(fuzz_input *in)
{
    static uint64_t keys[CAPACITY];
    sf_index index;
    uint32_t count = 0;
    FUZZ_CHECK(sf_index_map(&index, CAPACITY));
    while (in->left > 0 && count < CAPACITY) {
        uint64_t key = fuzz_take(in, 2) << 3;
        uint32_t *place = sf_index_find(&index, key), known = 0;
        while (known < count && keys[known] != key)
            known++;
        FUZZ_CHECK(*place == (known < count ? known + 1 : 0));
        if (known == count) {
            keys[count] = key;
            *place = ++count;
        }
        FUZZ_CHECK(sf_index_get(&index, key) == known);
        uint64_t other = fuzz_take(in, 2) << 3 | 1; /* our keys never have the lowest bit set */
        FUZZ_CHECK(sf_index_get(&index, other) == SF_NONE);
    }
    sf_index_unmap(&index);
}

/* Reads of a range with holes: an item is read completely or not at all, and reports which. */
static void read_many(fuzz_input *in)
{
    static uint8_t to[SF_READ_MANY][256];
    sf_read_item items[SF_READ_MANY];
    uint8_t *memory = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    FUZZ_CHECK(memory != MAP_FAILED);
    for (uint32_t i = 0; i < PAGES * PAGE; i++)
        memory[i] = (uint8_t)(i * 7 + i / PAGE);
    uint32_t holes = (uint32_t)fuzz_take(in, 2), count = 1 + (uint32_t)fuzz_take(in, 1) % SF_READ_MANY;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t at = (uint32_t)fuzz_take(in, 2), size = 1 + (uint32_t)fuzz_take(in, 1);
        if (at + size > PAGES * PAGE)
            at = PAGES * PAGE - size;
        bool none = fuzz_take(in, 1) % 8 == 7;
        items[i] = (sf_read_item){ none ? 0 : (uintptr_t)memory + at, to[i], size, false };
    }
    memset(to, 0xEE, sizeof to);
    uint8_t *expected = malloc(PAGES * PAGE);
    memcpy(expected, memory, PAGES * PAGE);
    for (uint32_t i = 0; i < PAGES; i++)
        if (holes >> i & 1)
            munmap(memory + i * PAGE, PAGE);
    sf_read_many(items, count);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t at = (uint32_t)(items[i].address - (uintptr_t)memory), size = (uint32_t)items[i].size;
        bool there = items[i].address != 0 && !(holes >> at / PAGE & 1) && !(holes >> (at + size - 1) / PAGE & 1);
        FUZZ_CHECK(items[i].ok == there);
        FUZZ_CHECK(!there || memcmp(to[i], expected + at, size) == 0);
        FUZZ_CHECK(size == 256 || to[i][size] == 0xEE); /* nothing after an item is written */
    }
    free(expected);
    munmap(memory, PAGES * PAGE);
}

static void use_table(fuzz_input *in)
{
    sf_table table;
    uint32_t record = 1 + (uint32_t)fuzz_take(in, 1) % 64, count = 0;
    FUZZ_CHECK(sf_table_map(&table, record, CAPACITY, 4096));
    for (int i = 0; i < 256 && in->left > 0; i++) {
        uint32_t n = (uint32_t)fuzz_take(in, 3), index = sf_table_add_many(&table, n);
        FUZZ_CHECK(index == (n <= CAPACITY - count ? count : SF_NONE));
        if (index == SF_NONE) {
            FUZZ_CHECK(table.full);
            continue;
        }
        count += n;
        if (n > 0)
            memset(sf_table_at(&table, index), 0xAB, (size_t)n * record);
    }
    sf_table_unmap(&table);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_input in = { data, size };
    switch (fuzz_take(&in, 1) % 3) {
    case 0: use_index(&in); break;
    case 1: read_many(&in); break;
    default: use_table(&in); break;
    }
    return 0;
}
