/* Before the pause: whether the heap can be searched, and the memory for it. */
#define _GNU_SOURCE
#include "heap/heap.h"

#include <fcntl.h>
#include <unistd.h>

enum {
    MAX_KNOWN_TYPES = 1 << 17,
    FIRST_TYPES = 1 << 11,
    MAX_KINDS = 1 << 14,
    MAX_LAYOUT_FIELDS = 1 << 17,
    MAX_RUNNING = 1 << 14,

    /* A program of this size can have so many methods that page faults during copying would be a large part of the pause. It can afford the few
     * megabytes that large pages waste. */
    LARGE_HEAP = 24 << 20,

    /* Of the copies; of others, a quarter. */
    MOST_READY = 8 << 20,
};

static const guid iid_info15 = { 0xB446462D, 0xBD22, 0x41DD, { 0x87, 0x2D, 0xDC, 0x71, 0x4C, 0x49, 0xEB, 0x56 } };

static bool is_wanted(const capture *c) { return c->request->flags & SF_REQUEST_HEAP; }

bool heap_map(capture *c)
{
    heap *h = c->heap;
    const sf_request *r = c->request;
    return !is_wanted(c)
        || (sf_table_map(&h->objects, sizeof(sf_heap_object), r->heap_max_objects + 1, 16 << 10)
            && sf_table_map(&h->bytes, 1, r->heap_max_copied + 8, 64 << 10)
            && sf_table_map(&h->kinds, sizeof(heap_kind), MAX_KINDS, 8 << 10)
            && sf_table_map(&h->candidates, sizeof(heap_candidate), MAX_CANDIDATES, 32 << 10)
            && sf_table_map(&h->buckets, sizeof(uint32_t), MAX_BUCKETS, 0)
            && sf_table_map(&h->layout_work, sizeof(layout_work), CAPTURE_TYPES, 16 << 10)
            && sf_table_map(&h->layouts, sizeof(sf_heap_layout), CAPTURE_TYPES, 0)
            && sf_table_map(&h->fields, sizeof(sf_heap_field), MAX_LAYOUT_FIELDS, 0)
            && sf_table_map(&h->references, sizeof(uint32_t), MAX_LAYOUT_FIELDS, 8 << 10)
            && sf_table_map(&h->running, sizeof(sf_running), MAX_RUNNING, 0)
            && sf_table_map(&h->types, sizeof(heap_type), MAX_KNOWN_TYPES, 32 << 10)
            && sf_index_map_first(&h->type_index, MAX_KNOWN_TYPES * 2, FIRST_TYPES)
            && sf_proof_map(&h->type_memory)
            && regions_map(c)
            && continuations_map(c)
            && posted_map(c));
}

void heap_unmap(capture *c)
{
    heap *h = c->heap;
    sf_table *tables[] = { &h->objects, &h->bytes, &h->kinds, &h->candidates, &h->buckets, &h->layout_work, &h->layouts, &h->fields, &h->references,
                           &h->running, &h->types, &h->regions, &h->contexts, &h->window };
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        sf_table_unmap(tables[i]);
    sf_index_unmap(&h->type_index);
    sf_index_unmap(&h->region_index);
    sf_proof_unmap(&h->type_memory);
    continuations_unmap(c);
    posted_unmap(c);
}

/* The program's private memory, which contains its heap. The profiling interface knows the heap's size only as of the last collection that a profiler
 * observed. */
static uint64_t private_bytes(void)
{
    char text[128];
    int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? 0 : read(fd, text, sizeof text);
    uint64_t numbers[3] = { 0 }; /* pages: total, resident, file mappings */
    uint32_t n = 0;
    if (fd >= 0)
        close(fd);
    for (ssize_t i = 0; i < length && n < 3; i++)
        if (text[i] >= '0' && text[i] <= '9')
            numbers[n] = numbers[n] * 10 + (uint64_t)(text[i] - '0');
        else
            n++;
    return n == 3 && numbers[1] > numbers[2] ? (numbers[1] - numbers[2]) * (uint64_t)sysconf(_SC_PAGESIZE) : 0;
}

void heap_open(capture *c)
{
    heap *h = c->heap;
    bool enumerate = c->request->flags & SF_REQUEST_ENUMERATE;
    if (!is_wanted(c))
        return;
    h->result.status = SF_HEAP_UNKNOWN;
    h->result.heap_bytes = private_bytes();
    sf_table_add(&h->kinds); /* kind 0: types that do not matter */
    if (FAILED(clr_query(c->runtime.info, &iid_info15, &h->info))) {
        h->info = NULL;
        h->result.status = SF_HEAP_UNAVAILABLE;
        return;
    }
    if (!enumerate) {
        clr_release(h->info);
        h->info = NULL;
    }
    if (!heap_know_types(c))
        return;
    if (!enumerate && !regions_known(c))
        h->result.status = SF_HEAP_NEEDS_MAIN;
    else
        h->wanted = true;
    if (h->wanted)
        framework_find(&c->runtime.layout, c->runtime.info, c->runtime.core.module, h->framework);
    if (!h->wanted || h->result.heap_bytes <= LARGE_HEAP)
        return;
    /* A busy web service has so much of each. Getting a large page can take the kernel milliseconds. */
    size_t copies = h->result.heap_bytes / 64, others = h->result.heap_bytes / 256;
    sf_table_in_large_pages(&h->bytes, copies < MOST_READY ? copies : MOST_READY);
    sf_table *large[] = { &h->candidates, &h->buckets, &h->objects };
    for (size_t i = 0; i < sizeof large / sizeof *large; i++)
        sf_table_in_large_pages(large[i], others < MOST_READY / 4 ? others : MOST_READY / 4);
}

void heap_close(capture *c)
{
    clr_release(c->heap->info);
    c->heap->info = NULL;
}
