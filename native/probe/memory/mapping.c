#define _GNU_SOURCE
#include "memory/mapping.h"

#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Mappings that are kept for the next capture. Each is zeroed, and its first pages have memory. The base of a mapping in use is NULL. */
enum { MOST_KEPT = 96, KEPT_BYTES = 2 << 20, KEPT_BYTES_EACH = 512 << 10, KEPT_SPACE_EACH = 24 << 20 };
typedef struct kept_map { void *base; size_t mapped, touched; bool is_fresh; } kept_map;
static kept_map kept_maps[MOST_KEPT];
static size_t kept_bytes; /* touched, in total */
static bool is_keeping;

/* Owns all of the above. The process can exit, and the destructor run, during a capture: then the capture owns it. Nobody waits for it. */
static atomic_flag is_owned = ATOMIC_FLAG_INIT;

static void *take_kept(kept_map *map)
{
    void *base = map->base;
    map->base = NULL;
    if (base)
        kept_bytes -= map->touched;
    return base;
}

static void *find_kept(size_t bytes, size_t *touched)
{
    for (size_t i = 0; i < MOST_KEPT; i++) {
        if (kept_maps[i].mapped != bytes || !kept_maps[i].base)
            continue;
        *touched = kept_maps[i].touched;
        return take_kept(&kept_maps[i]);
    }
    return NULL;
}

static void drop_kept(bool with_fresh)
{
    for (size_t i = 0; i < MOST_KEPT; i++) {
        size_t mapped = kept_maps[i].mapped;
        void *base = !kept_maps[i].is_fresh || with_fresh ? take_kept(&kept_maps[i]) : NULL;
        if (base)
            munmap(base, mapped);
    }
}

void sf_keep_begin(bool keep)
{
    is_keeping = keep && !atomic_flag_test_and_set(&is_owned);
    for (size_t i = 0; i < MOST_KEPT && is_keeping; i++)
        kept_maps[i].is_fresh = false;
}

void sf_keep_end(void)
{
    if (!is_keeping)
        return;
    drop_kept(false);
    is_keeping = false;
    atomic_flag_clear(&is_owned);
}

/* A process that unloads the probe keeps no mappings. */
__attribute__((destructor)) static void drop_all(void)
{
    if (!atomic_flag_test_and_set(&is_owned))
        drop_kept(true);
}

static bool keep(void *base, size_t mapped, size_t touched)
{
    if (!is_keeping || mapped > KEPT_SPACE_EACH || touched > KEPT_BYTES_EACH || kept_bytes + touched > KEPT_BYTES)
        return false;
    for (size_t i = 0; i < MOST_KEPT; i++) {
        if (kept_maps[i].base)
            continue;
        memset(base, 0, touched);
        if (mapped > touched && madvise((uint8_t *)base + touched, mapped - touched, MADV_DONTNEED) != 0)
            return false;
        /* With transparent huge pages, the kernel would turn every 2 MB that have one page into a huge page. */
        madvise(base, mapped, MADV_NOHUGEPAGE);
        kept_maps[i] = (kept_map){ base, mapped, touched, true };
        kept_bytes += touched;
        return true;
    }
    return false;
}

static void *map_new(size_t bytes)
{
    return mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
}

/* What is kept is also address space, and a process can have a limit for it. */
static void *map_without_kept(size_t bytes)
{
    if (!is_keeping && atomic_flag_test_and_set(&is_owned))
        return MAP_FAILED;
    drop_kept(true);
    if (!is_keeping)
        atomic_flag_clear(&is_owned);
    return map_new(bytes);
}

size_t sf_whole_pages(size_t bytes)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    return (bytes + page - 1) / page * page;
}

void *sf_map(size_t bytes, size_t ready)
{
    size_t touched = 0;
    void *p = is_keeping ? find_kept(bytes, &touched) : NULL;
    if (!p)
        p = map_new(bytes);
    if (p == MAP_FAILED)
        p = map_without_kept(bytes);
    if (p == MAP_FAILED)
        return NULL;
    /* Kept pages may have been swapped out or merged since. */
    size_t wanted = ready > touched ? ready : touched;
    sf_touch(p, wanted < bytes ? wanted : bytes);
    return p;
}

void sf_touch(void *base, size_t bytes)
{
    for (size_t i = 0; i < bytes; i += PAGE)
        ((volatile uint8_t *)base)[i] = 0;
}

void sf_unmap(void *base, size_t mapped, size_t used)
{
    size_t pages = sf_whole_pages(used), touched = pages < mapped ? pages : mapped;
    if (base && !keep(base, mapped, touched))
        munmap(base, mapped);
}
