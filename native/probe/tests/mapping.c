/* Tests mappings that are kept between captures: which are reused, that they are zeroed, and their maximum number. */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "memory/mapping.h"

#define CHECK(condition) \
    do { \
        if (!(condition)) { \
            fprintf(stderr, "mapping: line %d: " #condition "\n", __LINE__); \
            exit(1); \
        } \
    } while (0)

enum { SIZE = 64 * PAGE, KEPT = 2 << 20 };

static bool is_zero(const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (p[i] != 0)
            return false;
    return true;
}

static size_t resident(void *p, size_t bytes)
{
    unsigned char pages[1024];
    size_t count = 0;
    if (mincore(p, bytes, pages) != 0)
        return 0; /* no longer mapped */
    for (size_t i = 0; i < bytes / PAGE; i++)
        count += pages[i] & 1;
    return count;
}

static uint8_t *capture(bool keep, size_t bytes, size_t ready, size_t used)
{
    sf_keep_begin(keep);
    uint8_t *p = sf_map(bytes, ready);
    CHECK(p && is_zero(p, bytes));
    memset(p, 1, bytes);
    sf_unmap(p, bytes, used);
    sf_keep_end();
    return p;
}

static void what_is_not_kept_is_unmapped(void)
{
    uint8_t *p = capture(false, SIZE, PAGE, SIZE);
    CHECK(resident(p, SIZE) == 0);
}

static void what_is_kept_is_zero_and_only_what_was_used_takes_memory(void)
{
    uint8_t *p = capture(true, SIZE, PAGE, 3 * PAGE + 1);
    CHECK(resident(p, SIZE) == 4);
    CHECK(capture(true, SIZE, PAGE, 2 * PAGE) == p);
    CHECK(resident(p, SIZE) == 2);
    /* A capture for another process does not change it. */
    CHECK(capture(false, SIZE, PAGE, PAGE) != p && resident(p, SIZE) == 2);
    CHECK(capture(true, SIZE, PAGE, PAGE) == p);
}

static void what_the_last_capture_did_not_use_is_given_back(void)
{
    uint8_t *p = capture(true, SIZE, PAGE, PAGE);
    capture(true, 2 * SIZE, PAGE, PAGE);
    CHECK(resident(p, SIZE) == 0);
}

static void there_is_a_bound(void)
{
    enum { MANY = 96 };
    static uint8_t *maps[MANY];
    size_t kept = 0;
    sf_keep_begin(true);
    for (int i = 0; i < MANY; i++)
        CHECK((maps[i] = sf_map(SIZE, 0)) && memset(maps[i], 1, SIZE));
    for (int i = 0; i < MANY; i++)
        sf_unmap(maps[i], SIZE, SIZE);
    for (int i = 0; i < MANY; i++)
        kept += resident(maps[i], SIZE) * PAGE;
    CHECK(kept > 0 && kept <= KEPT);
    /* A single large table is not kept. */
    uint8_t *large = sf_map(KEPT, 0);
    CHECK(large && memset(large, 1, KEPT));
    sf_unmap(large, KEPT, KEPT);
    CHECK(resident(large, KEPT) == 0);
    sf_keep_end();
}

int main(void)
{
    what_is_not_kept_is_unmapped();
    what_is_kept_is_zero_and_only_what_was_used_takes_memory();
    what_the_last_capture_did_not_use_is_given_back();
    there_is_a_bound();
    return 0;
}
