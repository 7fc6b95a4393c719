/* Fuzzes the heap: the collector's lists, types, objects, references, contexts, stacks (heap_image.h).
 *
 * Only the pages that the input selects can be read, by a call or by a load; around them is no memory. Reads go to this file instead of the kernel,
 * and so does the clock: on any machine, a read takes a microsecond and reading the clock a hundred nanoseconds. During a background collection,
 * bytes change and pages disappear after the number of reads that the input specifies. */
#define _GNU_SOURCE
#include "fuzz.h"
#include "heap_image.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static uint8_t *memory;
static uint32_t page_there;
static int64_t ticks;
static uint32_t reads, state; /* state: the collector's */
static heap_header header;

static int is_there(uintptr_t at, size_t n)
{
    uintptr_t offset = at - (uintptr_t)memory;
    if (at < (uintptr_t)memory || offset >= HEAP_MEMORY || n > HEAP_MEMORY - offset)
        return 0;
    for (size_t page = offset / HEAP_PAGE; n > 0 && page <= (offset + n - 1) / HEAP_PAGE; page++)
        if (!(page_there >> page & 1))
            return 0;
    return 1;
}

static void take_page(uint32_t page)
{
    page_there &= ~(1u << page);
    FUZZ_CHECK(mprotect(memory + (size_t)page * HEAP_PAGE, HEAP_PAGE, PROT_NONE) == 0);
}

static uint64_t placed(uint64_t word) { return word >> 32 == HEAP_TAG ? (uintptr_t)memory + (uint32_t)word : word; }

/* What a background collection does meanwhile. Without one, nothing changes. */
static void pass_time(void)
{
    ticks += 1000;
    reads++;
    for (int i = 0; i < HEAP_CHANGES && state != STATE_MARKING && state != STATE_IDLE; i++) {
        const heap_change *change = &header.changes[i];
        uint32_t at = change->at % HEAP_MEMORY & ~7u;
        if (change->after != reads || !is_there((uintptr_t)memory + at, 8))
            continue;
        uint64_t value = placed(change->value);
        if (change->page_gone != 0 && at >= PLACE_HEAP)
            take_page(at / HEAP_PAGE);
        else
            memcpy(memory + at, &value, sizeof value);
    }
}

static ssize_t fuzz_readv(pid_t pid, const struct iovec *local, unsigned long locals, const struct iovec *remote, unsigned long remotes, unsigned long flags)
{
    (void)pid, (void)flags;
    size_t done = 0, l = 0, in_local = 0;
    pass_time();
    for (unsigned long r = 0; r < remotes; r++) {
        if (!is_there((uintptr_t)remote[r].iov_base, remote[r].iov_len))
            return done > 0 ? (ssize_t)done : -1;
        for (size_t at = 0; at < remote[r].iov_len && l < locals;) {
            size_t n = remote[r].iov_len - at < local[l].iov_len - in_local ? remote[r].iov_len - at : local[l].iov_len - in_local;
            memcpy((uint8_t *)local[l].iov_base + in_local, (const uint8_t *)remote[r].iov_base + at, n);
            at += n, in_local += n, done += n;
            if (in_local == local[l].iov_len)
                l++, in_local = 0;
        }
    }
    return (ssize_t)done;
}

static int fuzz_madvise(void *at, size_t n, int advice) { return (void)at, (void)n, (void)advice, 0; }

static size_t whole_pages(size_t bytes) { return (bytes + HEAP_PAGE - 1) & ~(size_t)(HEAP_PAGE - 1); }

/* A write beyond a table hits an unmapped page. Mapping takes most of the time of an input, so unmapped memory is cleared and reused. */
enum { KEPT = 64 };
static struct { void *at; size_t bytes; } kept[KEPT];

static void *fuzz_mmap(void *at, size_t bytes, int protection, int flags, int fd, off_t offset)
{
    bytes = whole_pages(bytes);
    for (int i = 0; i < KEPT; i++)
        if (kept[i].at && kept[i].bytes == bytes) {
            void *again = kept[i].at;
            kept[i].at = NULL;
            FUZZ_CHECK(madvise(again, bytes, MADV_DONTNEED) == 0);
            return again;
        }
    uint8_t *mapped = mmap(at, bytes + HEAP_PAGE, protection, flags, fd, offset);
    FUZZ_CHECK(mapped != MAP_FAILED && mprotect(mapped + bytes, HEAP_PAGE, PROT_NONE) == 0);
    return mapped;
}

static int fuzz_munmap(void *at, size_t bytes)
{
    bytes = whole_pages(bytes);
    for (int i = 0; i < KEPT; i++)
        if (!kept[i].at) {
            kept[i].at = at, kept[i].bytes = bytes;
            return 0;
        }
    return munmap(at, bytes + HEAP_PAGE);
}

static int fuzz_clock(clockid_t clock, struct timespec *to)
{
    (void)clock;
    ticks += 100;
    *to = (struct timespec){ ticks / 1000000000, ticks % 1000000000 };
    return 0;
}

#define SF_READABLE_PAGES 1 /* every page may disappear */
#define process_vm_readv fuzz_readv
#define madvise fuzz_madvise
#define mmap fuzz_mmap
#define munmap fuzz_munmap
#define clock_gettime fuzz_clock
#include "memory/memory.c"
#include "memory/mapping.c"
#undef mmap
#undef munmap

#include "heap/heap.h"
#include "locks/locks.h"
#include "heap_runtime.h"


static uintptr_t at(uint32_t offset) { return (uintptr_t)memory + offset; }

static void fill_layout(layout *k)
{
    static const uint8_t groups[] = { LAYOUT_THREAD_LIST, LAYOUT_STRINGS, LAYOUT_TYPES, LAYOUT_REFERENCES, LAYOUT_ELEMENTS, LAYOUT_TASKS, LAYOUT_ASYNC,
        LAYOUT_ASYNC_QUEUES, LAYOUT_COLLECTOR, LAYOUT_ALLOCATION, LAYOUT_HEAP_RANGE };
    bool server = header.options & HEAP_SERVER, old = header.options & HEAP_NO_CONTINUATIONS;
    memset(k, 0, sizeof *k);
    for (size_t i = 0; i < sizeof groups; i++)
        k->known |= (uint64_t)1 << groups[i];
    k->known |= (uint64_t)1 << (server ? LAYOUT_MANY_HEAPS : LAYOUT_ONE_HEAP);
    k->known |= old ? (uint64_t)1 << LAYOUT_OLD_CONTINUATIONS : (uint64_t)1 << LAYOUT_CONTINUATIONS | (uint64_t)1 << LAYOUT_DISPATCHERS;
    k->thread.link = THREAD_LINK;
    k->string.type = at(MADE_AT(MADE_STRING)), k->string.length = STRING_LENGTH, k->string.chars = STRING_CHARS;
    k->array.length = ARRAY_LENGTH, k->array.items = ARRAY_ITEMS;
    k->thread_list.store = at(PLACE_FIRST_THREAD);
    k->type.size = TYPE_SIZE, k->type.parent = TYPE_PARENT, k->type.module = TYPE_MODULE, k->type.class = TYPE_CLASS, k->type.flags = TYPE_FLAGS;
    k->type.flags2 = TYPE_FLAGS2, k->type.interface_count = TYPE_INTERFACE_COUNT, k->type.interfaces = TYPE_INTERFACES, k->type.element = TYPE_ELEMENT;
    k->type.token_shift = TOKEN_SHIFT, k->type.has_references = FLAG_REFERENCES, k->type.kind = FLAG_KIND, k->type.is_struct = FLAG_STRUCT;
    k->type.counts = FLAG_COUNTS, k->type.element_bytes = 0xFFFF, k->type.header = 8;
    k->type.object = at(MADE_AT(MADE_OBJECT)), k->type.object_array = at(MADE_AT(MADE_OBJECT_ARRAY));
    k->collector.generation_bytes = GENERATION_BYTES, k->collector.generations = GENERATIONS;
    k->collector.allocated = SEGMENT_ALLOCATED, k->collector.committed = SEGMENT_COMMITTED, k->collector.memory = SEGMENT_MEMORY, k->collector.next = SEGMENT_NEXT;
    k->collector.state = at(PLACE_STATE), k->collector.marking = STATE_MARKING, k->collector.idle = STATE_IDLE;
    k->one_heap.generations = at(PLACE_GENERATIONS), k->one_heap.allocated = at(PLACE_ALLOCATED), k->one_heap.last = at(PLACE_LAST);
    k->many_heaps.heaps = at(PLACE_HEAPS), k->many_heaps.count = at(PLACE_COUNT);
    k->many_heaps.generations = SERVER_GENERATIONS, k->many_heaps.allocated = SERVER_ALLOCATED, k->many_heaps.last = SERVER_LAST;
    k->allocation.thread = THREAD_LOCALS, k->allocation.context = LOCALS_CONTEXT, k->allocation.limit = 8, k->allocation.reserve = ALLOCATION_RESERVE;
    k->allocation.global = at(PLACE_CONTEXT), k->allocation.free = at(MADE_AT(MADE_FREE));
    k->collector.lowest = at(PLACE_HEAP), k->collector.highest = at(HEAP_MEMORY);
    k->task.continuation = TASK_CONTINUATION, k->task.state = TASK_STATE, k->task.action = TASK_ACTION, k->task.object = TASK_OBJECT;
    k->task.scheduler = TASK_SCHEDULER, k->task.properties = TASK_PROPERTIES, k->task.completed = TASK_COMPLETED;
    k->semaphore.async_head = SEMAPHORE_HEAD;
    k->continuation.next = CONTINUATION_NEXT, k->continuation.resume_info = CONTINUATION_RESUME_INFO, k->continuation.place = RESUME_INFO_PLACE;
    k->continuation.resume = CONTINUATION_RESUME_INFO;
    k->dispatcher.next = DISPATCHER_NEXT, k->dispatcher.continuation = DISPATCHER_CONTINUATION, k->dispatcher.task = DISPATCHER_TASK;
    for (uint32_t i = 0; i < CORE_CLASSES; i++)
        k->types[i].token = HEAP_TOKEN(i);
    k->types[CORE_ARRAY].class = at(MADE_AT(MADE_ARRAY)), k->types[CORE_TASK].class = at(MADE_AT(MADE_TASK));
    k->types[CORE_ASYNC_RESULT].class = at(MADE_AT(MADE_RESULT)), k->types[CORE_DISPOSABLE].class = at(MADE_AT(MADE_DISPOSABLE));
    k->types[CORE_CONTINUATION].class = at(MADE_AT(MADE_CONTINUATION)), k->types[CORE_DISPATCHER].class = at(MADE_AT(MADE_DISPATCHER));
}

/* One thread, as after the walk: its frames have the start of their part of the stack and their function. */
static void add_thread(capture *c)
{
    sf_thread *thread = sf_table_at(&c->threads, sf_table_add(&c->threads));
    thread_work *work = sf_table_at(&c->thread_work, 0);
    uintptr_t words[HEAP_FRAMES * 2 + 1] = { 0 };
    c->thread_work.count = 1;
    thread->thread_id = 1;
    sf_read((const void *)at(PLACE_FRAMES), words, sizeof words);
    for (; thread->frame_count < HEAP_FRAMES && words[thread->frame_count * 2] != 0; thread->frame_count++) {
        uintptr_t function = words[thread->frame_count * 2 + 1];
        *(raw_frame *)sf_table_at(&c->raw, sf_table_add(&c->raw)) = (raw_frame){
            .ip = function, .sp = words[thread->frame_count * 2], .function = function == 0 ? SF_NONE : describe_function(c, function) };
    }
    work->stack_end = words[HEAP_FRAMES * 2];
    describe_functions(c);
}

static void check_tables(const capture *c)
{
    const heap *h = c->heap;
    const sf_table *checked[] = { &h->objects, &h->bytes, &h->kinds, &h->candidates, &h->layouts, &h->fields, &h->references, &h->running, &h->types,
        &h->regions, &h->contexts, &h->suspensions, &h->suspension_work, &c->types, &c->type_args, &c->functions, &c->modules, &c->frames };
    for (size_t i = 0; i < sizeof checked / sizeof *checked; i++)
        FUZZ_CHECK(checked[i]->count <= checked[i]->capacity);
    FUZZ_CHECK(h->objects.count <= c->request->heap_max_objects && h->bytes.count <= c->request->heap_max_copied + 8);
}

static const sf_heap_layout *layout_of(const heap *h, uint32_t type)
{
    for (uint32_t i = 0; i < h->layouts.count; i++)
        if (((sf_heap_layout *)sf_table_at(&h->layouts, i))->type == type)
            return sf_table_at(&h->layouts, i);
    return NULL;
}

/* The checks of HeapReader.cs, in its order. */
static void check_objects(const capture *c)
{
    const heap *h = c->heap;
    uint64_t last = 0;
    for (uint32_t i = 0; i < h->objects.count; i++) {
        const sf_heap_object *o = sf_table_at(&h->objects, i);
        FUZZ_CHECK(o->address > last && o->type < c->types.count && !(o->flags & HEAP_HEAD));
        FUZZ_CHECK(o->bytes_offset <= h->bytes.count && o->bytes_length <= h->bytes.count - o->bytes_offset);
        last = o->address;
    }
}

static void check_layouts(const capture *c)
{
    const heap *h = c->heap;
    for (uint32_t i = 0; i < h->layouts.count; i++) {
        const sf_heap_layout *l = sf_table_at(&h->layouts, i), *above = l;
        FUZZ_CHECK(l->type < c->types.count && (l->parent == SF_NONE || l->parent < c->types.count) && (i == 0 || l[-1].type < l->type));
        FUZZ_CHECK(l->first_field <= h->fields.count && l->field_count <= h->fields.count - l->first_field);
        FUZZ_CHECK(l->first_reference <= h->references.count && l->reference_count <= h->references.count - l->first_reference);
        const sf_heap_field *fields = sf_table_at(&h->fields, l->first_field);
        for (uint32_t n = 1; n < l->field_count; n++)
            FUZZ_CHECK(fields[n - 1].offset <= fields[n].offset);
        const uint32_t *references = sf_table_at(&h->references, l->first_reference);
        for (uint32_t n = 1; n < l->reference_count; n++)
            FUZZ_CHECK(references[n - 1] < references[n]);
        for (uint32_t n = 0; above; n++, above = layout_of(h, above->parent))
            FUZZ_CHECK(n <= h->layouts.count); /* no type is its own parent */
    }
}

static void check_running(const capture *c)
{
    const heap *h = c->heap;
    for (uint32_t i = 0; i < h->running.count; i++) {
        const sf_running *r = sf_table_at(&h->running, i);
        FUZZ_CHECK(r->thread < c->threads.count && r->frame < ((sf_thread *)sf_table_at(&c->threads, r->thread))->frame_count);
        FUZZ_CHECK(r->object < h->objects.count && r->next <= h->objects.count);
        FUZZ_CHECK(((sf_heap_object *)sf_table_at(&h->objects, r->object))->flags & (SF_HEAP_OBJECT_METHOD | SF_HEAP_OBJECT_SUSPENDED));
        FUZZ_CHECK(i == 0 || r[-1].thread < r->thread
            || (r[-1].thread == r->thread && (r[-1].frame < r->frame || (r[-1].frame == r->frame && r[-1].object < r->object))));
    }
    for (uint32_t i = 0; i < h->suspensions.count; i++) {
        const sf_suspension *s = sf_table_at(&h->suspensions, i);
        FUZZ_CHECK(s->resume_info > (i == 0 ? 0 : s[-1].resume_info) && s->frame < c->frames.count);
    }
}

static bool lay_out(const uint8_t *data, size_t size)
{
    if (size <= sizeof header)
        return false;
    memcpy(&header, data, sizeof header);
    data += sizeof header, size -= sizeof header;
    if (size > HEAP_MEMORY)
        size = HEAP_MEMORY;
    if (!memory) {
        memory = mmap(NULL, HEAP_MEMORY * 3, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        FUZZ_CHECK(memory != MAP_FAILED);
        memory += HEAP_MEMORY;
    }
    FUZZ_CHECK(mprotect(memory, HEAP_MEMORY, PROT_READ | PROT_WRITE) == 0);
    memset(memory, 0, HEAP_MEMORY);
    memcpy(memory, data, size);
    for (size_t i = 0; i + 8 <= size; i += 8) {
        uint64_t word = placed(heap_word((uintptr_t)memory + i));
        memcpy(memory + i, &word, sizeof word);
    }
    page_there = (1u << HEAP_PAGES) - 1;
    for (uint32_t page = 1; page < HEAP_PAGES; page++) /* the first page has the variables */
        if (header.holes >> page & 1)
            take_page(page);
    ticks = 1000000000;
    state = 0, reads = 0;
    return true;
}

static capture captured;
static heap captured_heap;

/* The tables of a capture that the heap needs; small, because mapping them would take most of the time of an input. */
enum { FEW = 64, MORE = 1 << 12 };
static const struct { uint16_t table, record, capacity; } tables[] = {
#define TABLE(name, type, capacity) { offsetof(capture, name), sizeof(type), capacity }
    TABLE(threads, sf_thread, FEW), TABLE(thread_work, thread_work, FEW), TABLE(raw, raw_frame, FEW), TABLE(functions, sf_function, MORE),
    TABLE(function_work, function_work, MORE), TABLE(modules, sf_module, MORE), TABLE(module_work, module_work, MORE), TABLE(type_args, uint32_t, MORE),
    TABLE(frames, sf_frame, MORE), TABLE(il_places, uint32_t, MORE), TABLE(blob, uint8_t, MORE),
};
static const uint16_t indexes[] = { offsetof(capture, function_index), offsetof(capture, module_index), offsetof(capture, frame_index), offsetof(capture, type_index),
    offsetof(capture, body_index) };

static sf_table *table_at(capture *c, size_t i) { return (sf_table *)((uint8_t *)c + tables[i].table); }

static bool map_tables(capture *c)
{
    /* Each type has an entry in the heap's own tables, by its index. */
    bool mapped = heap_map(c) && sf_table_map(&c->types, sizeof(sf_type), CAPTURE_TYPES, 0) && sf_table_map(&c->type_work, sizeof(type_work), CAPTURE_TYPES, 0)
        && sf_table_map(&c->scratch, sizeof(lock_scratch), 1, 0);
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        mapped = mapped && sf_table_map(table_at(c, i), tables[i].record, tables[i].capacity, 0);
    for (size_t i = 0; i < sizeof indexes / sizeof *indexes; i++)
        mapped = mapped && sf_index_map_first((sf_index *)((uint8_t *)c + indexes[i]), i == 3 ? CAPTURE_TYPES : MORE, FEW);
    return mapped;
}

static void unmap_tables(capture *c)
{
    heap_unmap(c);
    sf_table_unmap(&c->types), sf_table_unmap(&c->type_work), sf_table_unmap(&c->scratch);
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        sf_table_unmap(table_at(c, i));
    for (size_t i = 0; i < sizeof indexes / sizeof *indexes; i++)
        sf_index_unmap((sf_index *)((uint8_t *)c + indexes[i]));
}

/* What framework.c finds in the libraries: a type of which all references count, and one with links and texts. */
static void add_details(capture *c)
{
    framework_type *types = c->heap->framework;
    types[0] = (framework_type){ .module = at(PLACE_MODULE), .class = at(MADE_AT(MADE_REQUEST)), .token = 0x400 + MADE_REQUEST, .in_use_at = DETAIL_IN_USE, .all_links = true,
        .walked = true };
    types[1] = (framework_type){ .module = at(PLACE_MODULE), .class = at(MADE_AT(MADE_SOCKET)), .token = 0x400 + MADE_SOCKET, .link_at = { DETAIL_LINK },
        .text_at = { DETAIL_TEXT, DETAIL_OTHER_TEXT } };
}

/* The tables can be inspected until heap_end. */
static bool heap_begin(const uint8_t *data, size_t size)
{
    enum { LATE = 20000000 }; /* little happens between two reads of the clock */
    static sf_request request;
    capture *c = &captured;
    if (!lay_out(data, size))
        return false;
    request = (sf_request){ .flags = SF_REQUEST_HEAP, .max_threads = 8, .max_thread_frames = 64, .max_total_frames = 256, .max_image_bytes = 4096,
        .pause_limit_us = header.limit_us % 100000, .heap_limit_us = header.limit_us % 100000, .heap_max_objects = header.max_objects,
        .heap_max_copied = header.max_copied * 256u };
    memset(c, 0, sizeof *c);
    memset(&captured_heap, 0, sizeof captured_heap);
    c->request = &request;
    c->heap = &captured_heap;
    c->runtime = (runtime){ .info = &heap_info, .major = 11, .has_core = true };
    c->runtime.core.module = at(PLACE_MODULE);
    FUZZ_CHECK(map_tables(c));
    fill_layout(&c->runtime.layout);
    c->pause_deadline = sf_now(CLOCK_MONOTONIC) + (int64_t)request.pause_limit_us * 1000;
    heap_open(c);
    /* With inconsistent types, the probe would not walk. The walk must be safe anyway. */
    if (!c->heap->wanted)
        c->runtime.layout.type.interfaces = TYPE_INTERFACES;
    c->heap->wanted = true;
    add_details(c);
    add_thread(c);
    memcpy(&state, memory + PLACE_STATE, sizeof state);
    reads = 0;
    FUZZ_CHECK(heap_claim(c));
    heap_walk(c);
    FUZZ_CHECK(c->heap->begun == 0 || ticks - c->heap->begun <= (int64_t)request.heap_limit_us * 1000 + LATE);
    check_tables(c);
    state = STATE_IDLE;
    heap_unclaim(c);
    heap_describe(c);
    check_tables(c);
    check_objects(c);
    check_layouts(c);
    check_running(c);
    return true;
}

static void heap_end(void)
{
    heap_close(&captured);
    unmap_tables(&captured);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (heap_begin(data, size))
        heap_end();
    return 0;
}
