#define _GNU_SOURCE
#include "memory/mapping.h"

#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>

/* Mappings that are kept for the next capture. Each is zeroed, and its first pages have memory. The base of a mapping in use is NULL. */
enum { MOST_KEPT = 96, KEPT_BYTES = 2 << 20, KEPT_BYTES_EACH = 512 << 10 };
typedef struct kept_map { _Atomic(void *) base; size_t mapped, touched; bool is_fresh; } kept_map;
static kept_map kept_maps[MOST_KEPT];
static size_t kept_bytes; /* touched, in total */
static bool is_keeping;

/* The caller that gets the base owns the mapping. */
static void *take_kept(kept_map *map)
{
    void *base = atomic_exchange(&map->base, NULL);
    if (base)
        kept_bytes -= map->touched;
    return base;
}

static void *find_kept(size_t bytes)
{
    for (size_t i = 0; i < MOST_KEPT; i++) {
        if (kept_maps[i].mapped == bytes && atomic_load(&kept_maps[i].base))
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
    is_keeping = keep;
    for (size_t i = 0; i < MOST_KEPT; i++)
        kept_maps[i].is_fresh = false;
}

void sf_keep_end(void)
{
    if (is_keeping)
        drop_kept(false);
    is_keeping = false;
}

/* A process that unloads the probe keeps no mappings. */
__attribute__((destructor)) static void drop_all(void) { drop_kept(true); }

static bool keep(void *base, size_t mapped, size_t touched)
{
    if (!is_keeping || touched > KEPT_BYTES_EACH || kept_bytes + touched > KEPT_BYTES)
        return false;
    for (size_t i = 0; i < MOST_KEPT; i++) {
        if (atomic_load(&kept_maps[i].base))
            continue;
        memset(base, 0, touched);
        if (mapped > touched && madvise((uint8_t *)base + touched, mapped - touched, MADV_DONTNEED) != 0)
            return false;
        kept_maps[i].mapped = mapped, kept_maps[i].touched = touched, kept_maps[i].is_fresh = true;
        kept_bytes += touched;
        atomic_store(&kept_maps[i].base, base);
        return true;
    }
    return false;
}

void *sf_map(size_t bytes, size_t ready)
{
    void *p = is_keeping ? find_kept(bytes) : NULL;
    if (!p)
        p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED)
        return NULL;
    /* Page faults here do not happen in the pause. */
    for (size_t i = 0; i < ready && i < bytes; i += PAGE)
        ((volatile uint8_t *)p)[i] = 0;
    return p;
}

void sf_unmap(void *base, size_t mapped, size_t used)
{
    size_t touched = used < mapped ? sf_whole_pages(used) : mapped;
    if (base && !keep(base, mapped, touched))
        munmap(base, mapped);
}
