/* Tests checking memory before reading it: what can be read, what cannot, and how long a result is valid. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "memory/memory.h"

#define CHECK(condition) \
    do { \
        if (!(condition)) { \
            fprintf(stderr, "proof: line %d: " #condition "\n", __LINE__); \
            exit(1); \
        } \
    } while (0)

enum { PAGE = 4096, CHUNK = 16 * PAGE, CHUNKS = 1 << 13, MORE = 8 };

/* Maps this many bytes from the start of a chunk, with other memory around them. */
static uint8_t *mapped(size_t bytes)
{
    uint8_t *all = mmap(NULL, bytes + CHUNK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    CHECK(all != MAP_FAILED);
    return all + (CHUNK - (uintptr_t)all % CHUNK) % CHUNK;
}

static bool reads(sf_proof *proof, const uint8_t *at, uint64_t expected)
{
    uint64_t word = ~expected;
    return sf_proof_read(proof, (uintptr_t)at, &word, sizeof word) && word == expected;
}

static void put(uint8_t *at, uint64_t word) { memcpy(at, &word, sizeof word); }

static void memory_that_is_gone(sf_proof *proof)
{
    uint8_t *memory = mapped(4 * PAGE);
    uint64_t word;
    CHECK(!sf_proof_read(proof, 8, &word, sizeof word));
    put(memory, 1), put(memory + 2 * PAGE, 3);
    CHECK(munmap(memory + PAGE, PAGE) == 0 && mprotect(memory + 3 * PAGE, PAGE, PROT_NONE) == 0);
    for (int again = 0; again < 2; again++) { /* the state of a page says nothing about its neighbour */
        CHECK(reads(proof, memory, 1) && reads(proof, memory + 2 * PAGE, 3));
        CHECK(!sf_proof_read(proof, (uintptr_t)memory + PAGE, &word, sizeof word) && !sf_proof_read(proof, (uintptr_t)memory + 3 * PAGE, &word, sizeof word));
    }
    CHECK(!sf_proof_read(proof, 0, &word, sizeof word) && !sf_proof_read(proof, UINTPTR_MAX - 7, &word, sizeof word));
    /* A failed read is not remembered: the page may be mapped later. */
    CHECK(mprotect(memory + 3 * PAGE, PAGE, PROT_READ | PROT_WRITE) == 0);
    put(memory + 3 * PAGE, 4);
    CHECK(reads(proof, memory + 3 * PAGE, 4));
}

/* A read that crosses into another page uses a call, even if the first page is known. */
static void crossing_a_page(sf_proof *proof)
{
    uint8_t *memory = mapped(2 * CHUNK), *edges[] = { memory + PAGE, memory + CHUNK };
    for (int i = 0; i < 2; i++) {
        put(edges[i] - 8, 10), put(edges[i], 11), put(edges[i] - 4, 12);
        CHECK(reads(proof, edges[i] - 4, 12));
        put(edges[i] - 8, 10), put(edges[i], 11);
        CHECK(reads(proof, edges[i] - 8, 10) && reads(proof, edges[i], 11));
        CHECK(mprotect(edges[i], PAGE, PROT_NONE) == 0);
        uint64_t word;
        CHECK(!sf_proof_read(proof, (uintptr_t)edges[i] - 4, &word, sizeof word));
        CHECK(reads(proof, edges[i] - 8, 10));
    }
}

/* More chunks than there is room for: the first ones stay known, the others are read with calls. */
static void more_chunks_than_fit(sf_proof *proof)
{
    uint8_t *memory = mapped((size_t)(CHUNKS + MORE) * CHUNK);
    for (uint32_t round = 0; round < 2; round++)
        for (uint64_t i = 0; i < CHUNKS + MORE; i++) {
            if (round == 0)
                put(memory + i * CHUNK + 64, i);
            CHECK(reads(proof, memory + i * CHUNK + 64, i));
        }
    CHECK(proof->count == CHUNKS);
    uint64_t word;
    for (uint64_t i = CHUNKS; i < CHUNKS + MORE; i++) {
        CHECK(munmap(memory + i * CHUNK, CHUNK) == 0);
        CHECK(!sf_proof_read(proof, (uintptr_t)memory + i * CHUNK + 64, &word, sizeof word));
    }
    CHECK(reads(proof, memory + 64, 0));
}

static void stretches(void)
{
    enum { PAGES = 300 << 4, HOLE = SF_READABLE_PAGES, FIRST = 1000, SECOND = 3000 }; /* more than one call checks */
    uint8_t *memory = mapped((size_t)PAGES * PAGE);
    uintptr_t from = (uintptr_t)memory;
    CHECK(sf_readable(from, from + PAGES * PAGE) && sf_readable(from + 8, from + 16) && sf_readable(from + PAGE - 8, from + PAGE + 8));
    CHECK(mprotect(memory + SECOND * PAGE, HOLE * PAGE, PROT_NONE) == 0);
    CHECK(sf_readable(from, from + SECOND * PAGE) && sf_readable(from + (SECOND + HOLE) * PAGE, from + PAGES * PAGE));
    CHECK(!sf_readable(from, from + SECOND * PAGE + 1) && !sf_readable(from + (SECOND + HOLE) * PAGE - 1, from + PAGES * PAGE));
    for (uintptr_t begin = 0; begin < 2 * HOLE; begin++) /* for every position of the first checked page */
        CHECK(!sf_readable(from + begin * PAGE + 8, from + PAGES * PAGE));
    CHECK(munmap(memory + FIRST * PAGE, HOLE * PAGE) == 0);
    CHECK(!sf_readable(from + (FIRST - 1) * PAGE, from + (FIRST + HOLE + 1) * PAGE) && sf_readable(from + (FIRST - 1) * PAGE, from + FIRST * PAGE));
    CHECK(!sf_readable((uintptr_t)1 << 55, ((uintptr_t)1 << 55) + PAGE));
}

int main(void)
{
    void (*const checks[])(sf_proof *) = { memory_that_is_gone, crossing_a_page, more_chunks_than_fit };
    sf_read_open();
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
        sf_proof proof;
        memset(&proof, 0xEE, sizeof proof); /* as the last capture leaves it */
        CHECK(sf_proof_map(&proof));
        checks[i](&proof);
        sf_proof_unmap(&proof);
    }
    stretches();
    sf_read_close();
    return 0;
}
