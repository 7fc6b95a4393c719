/* Searches the heap for async methods that wait, and for what they wait for.
 *
 * Every object is checked, from regions.c or from the runtime; one type in a few hundred matters. Objects of these types are recorded, and async
 * methods that have not completed are copied immediately. Then references are followed from these copies to what they wait for. A reference must lead
 * to a recorded object: a dead object can refer to memory that was released. So unchecked reads are made only in objects that were just read, which
 * stay while the program is paused. */
#define _GNU_SOURCE
#include "heap/heap.h"

#include <time.h>

enum {
    MAX_LEVELS = 6, /* of references: box, state machine, promise, array, task, what that waits for */
    MAX_PROMISES = 4, /* that wait for each other */
    OBJECT_BYTES = 64 << 10,
    SOURCE_BYTES = 256,
    CACHE_LINE = 64,
    LOOK_AT_CLOCK = 1024, /* objects */
};

/* Until the types are described, the record has the kind in place of the type. */
uint32_t heap_copy(capture *c, uintptr_t address, uint32_t kind_index, uint32_t flags)
{
    heap *h = c->heap;
    const heap_kind *kind = sf_table_at(&h->kinds, kind_index);
    uint64_t length = kind->size;
    uint32_t most = (flags & ~(uint32_t)SF_HEAP_OBJECT_DETAIL) == SF_HEAP_OBJECT_SOURCE ? SOURCE_BYTES : OBJECT_BYTES;
    if (flags & SF_HEAP_OBJECT_ARRAY) {
        uint32_t count;
        if (!heap_read(h, address + c->runtime.layout.array.length, &count, sizeof count))
            return 0;
        length += (uint64_t)count * sizeof address;
    }
    if (length > most) {
        length = most;
        flags |= SF_HEAP_OBJECT_TRUNCATED;
    }
    if (h->objects.count >= c->request->heap_max_objects) {
        h->result.flags |= SF_HEAP_OBJECTS_TRUNCATED;
        return 0;
    }
    uint32_t offset = sf_table_add_many(&h->bytes, (uint32_t)length);
    if (offset == SF_NONE) {
        h->result.flags |= SF_HEAP_BYTES_TRUNCATED;
        return 0;
    }
    heap_describe_kind(c, kind_index);
    uintptr_t type;
    /* Memory of a dead object is overwritten from its start: while the type is intact, the rest is too. */
    if (!heap_read(h, address, sf_table_at(&h->bytes, offset), length)
        || (h->moving && (!heap_read(h, address, &type, sizeof type) || type_of(type) != kind->type))) {
        h->bytes.count = offset;
        return 0;
    }
    uint32_t index = sf_table_add(&h->objects);
    *(sf_heap_object *)sf_table_at(&h->objects, index) = (sf_heap_object){ address, kind_index, flags, offset, (uint32_t)length };
    return index + 1;
}

static uint32_t flags_of_object(const capture *c, uintptr_t object, uint32_t kind)
{
    const heap *h = c->heap;
    const layout *k = &c->runtime.layout;
    uint32_t flags = ((heap_kind *)sf_table_at(&h->kinds, kind))->flags;
    uint32_t state = 0;
    return flags & SF_HEAP_OBJECT_TASK && heap_read(h, object + k->task.state, &state, sizeof state) && state & k->task.completed
        ? flags | SF_HEAP_OBJECT_COMPLETED : flags;
}

static int32_t remember(capture *c, uintptr_t object, uint32_t kind)
{
    heap *h = c->heap;
    const layout *k = &c->runtime.layout;
    uint32_t flags = flags_of_object(c, object, kind);
    uintptr_t head, then = 0;
    if (flags & SF_HEAP_OBJECT_SEMAPHORE
        && (!layout_knows(k, LAYOUT_ASYNC_QUEUES) || !heap_read(h, object + k->semaphore.async_head, &head, sizeof head) || head == 0))
        return 1;
    if (flags & SF_HEAP_OBJECT_CONTINUATION && !layout_knows(k, LAYOUT_CONTINUATIONS)) {
        if (layout_knows(k, LAYOUT_OLD_CONTINUATIONS) && heap_object_word(h, object + k->continuation.resume) != 0)
            h->result.flags |= SF_HEAP_UNREADABLE;
        return 1;
    }
    if (flags == SF_HEAP_OBJECT_DETAIL && h->details++ >= MAX_DETAILS)
        return 1;
    /* A program can keep any number of completed results. Only few of them have waiters. */
    uint32_t index = flags & SF_HEAP_OBJECT_COMPLETED && h->candidates.count >= MAX_CANDIDATES / 2 ? SF_NONE : sf_table_add(&h->candidates);
    if (index == SF_NONE) {
        h->result.flags |= SF_HEAP_OBJECTS_TRUNCATED;
        return flags & SF_HEAP_OBJECT_COMPLETED || flags == SF_HEAP_OBJECT_DETAIL ? 1 : 0;
    }
    bool suspended = flags & SF_HEAP_OBJECT_SUSPENDED && heap_object_word(h, object + k->task.object) != 0;
    bool method = (flags & SF_HEAP_OBJECT_METHOD || suspended) && !(flags & SF_HEAP_OBJECT_COMPLETED);
    h->result.method_count += method;
    /* Read it while the object is in the cache: see follow_promises. */
    if ((flags & (SF_HEAP_OBJECT_TASK | SF_HEAP_OBJECT_COMPLETED)) == SF_HEAP_OBJECT_TASK && !heap_read(h, object + k->task.continuation, &then, sizeof then))
        then = 0;
    *(heap_candidate *)sf_table_at(&h->candidates, index) = (heap_candidate){
        object, then, kind, method || flags & SF_HEAP_OBJECT_SEMAPHORE || details_in_use(h, object, sf_table_at(&h->kinds, kind)) ? heap_copy(c, object, kind, flags) : 0 };
    return 1;
}

/* Only counts: measures the runtime's own enumeration. */
static int32_t count_object(clr_id object, void *state)
{
    (void)object;
    ((capture *)state)->heap->result.seen_objects++;
    return 1;
}

/* By wall time, not processor time: the length of the pause is what is promised. */
bool heap_is_late(const capture *c, int quarters)
{
    return sf_now(CLOCK_MONOTONIC) - c->heap->begun > (int64_t)c->request->heap_limit_us * 1000 / 4 * quarters;
}

static int32_t on_object(clr_id object, void *state)
{
    capture *c = state;
    heap *h = c->heap;
    if (++h->result.seen_objects % LOOK_AT_CLOCK == 0 && heap_is_late(c, 3)) { /* the last quarter is for following references, without which the copies are of little use */
        h->result.flags |= SF_HEAP_TIME_TRUNCATED;
        return 0;
    }
    __builtin_prefetch((const void *)(object + HEAP_AHEAD_BYTES));
    const heap_recent *type = heap_recent_of(c, type_of(heap_word(object)));
    return !type || type->kind == 0 ? 1 : remember(c, object, type->kind);
}

bool heap_see(capture *c, uintptr_t object, uint32_t kind) { return remember(c, object, kind) != 0; }

/* Objects that are near each other in the heap are near each other in the buckets, so that a method and its task, allocated together, share cache
 * lines. Beyond a page of 4 KiB, the order is arbitrary. Two objects of 64 bytes or more never begin in the same line. */
static uint32_t bucket_of(const heap *h, uint64_t address)
{
    enum { PAGE = 12, LINE = 6, LINES = 63 };
    return ((uint32_t)((address >> PAGE) * 0x9E3779B97F4A7C15ull >> 32) + (uint32_t)(address >> LINE & LINES)) & h->bucket_mask;
}

/* Objects for which there is no time are not in the buckets, so no reference finds them. */
static void make_buckets(capture *c)
{
    heap *h = c->heap;
    uint32_t *buckets = (uint32_t *)h->buckets.base;
    h->bucket_mask = 63;
    while (h->bucket_mask < h->candidates.count * 2)
        h->bucket_mask = h->bucket_mask * 2 + 1;
    if (h->bucket_mask >= MAX_BUCKETS)
        h->bucket_mask = MAX_BUCKETS - 1;
    for (uint32_t i = 0; i < h->candidates.count; i++) {
        if (i % LOOK_AT_CLOCK == LOOK_AT_CLOCK - 1 && heap_is_late(c, 4)) {
            h->result.flags |= SF_HEAP_TIME_TRUNCATED;
            return;
        }
        uint32_t b = bucket_of(h, ((heap_candidate *)sf_table_at(&h->candidates, i))->address);
        while (buckets[b] != 0)
            b = (b + 1) & h->bucket_mask;
        buckets[b] = i + 1;
    }
}

heap_candidate *heap_at(const heap *h, uint64_t address)
{
    const uint32_t *buckets = (const uint32_t *)h->buckets.base;
    uint32_t b = bucket_of(h, address);
    for (; buckets[b] != 0; b = (b + 1) & h->bucket_mask) {
        heap_candidate *candidate = sf_table_at(&h->candidates, buckets[b] - 1);
        if (candidate->address == address)
            return candidate;
    }
    return NULL;
}

/* What only says more of what is there already must not take its room. */
static bool is_wanted_now(const heap *h, uint32_t kind)
{
    const heap_kind *of = sf_table_at(&h->kinds, kind);
    return (of->flags == SF_HEAP_OBJECT_DETAIL) == h->detailing && (!h->of_methods || details_of_methods(h, of));
}

/* Copies the targets of references, if their types matter and they are not copied yet. The targets are all over the heap, and memory latency
 * dominates. So the whole next batch is prefetched one step ahead. */
static void follow_batch(capture *c)
{
    heap *h = c->heap;
    const uint32_t *buckets = (const uint32_t *)h->buckets.base;
    for (uint32_t i = 0; i < h->ahead_count; i++) {
        uint32_t first = buckets[bucket_of(h, h->ahead[i])];
        if (first != 0)
            __builtin_prefetch(sf_table_at(&h->candidates, first - 1), 1);
    }
    for (uint32_t i = 0; i < h->ahead_count; i++) {
        heap_candidate *to = heap_at(h, h->ahead[i]);
        h->ahead[i] = (uintptr_t)to;
        if (to && to->copied == 0) {
            __builtin_prefetch((const void *)to->address);
            __builtin_prefetch((const void *)(to->address + CACHE_LINE));
        }
    }
    for (uint32_t i = 0; i < h->ahead_count; i++) {
        heap_candidate *to = (heap_candidate *)h->ahead[i];
        if (to && to->copied == 0 && is_wanted_now(h, to->kind))
            to->copied = heap_copy(c, to->address, to->kind, flags_of_object(c, to->address, to->kind));
    }
    h->ahead_count = 0;
}

static void follow(capture *c, uint64_t from, uint64_t address)
{
    heap *h = c->heap;
    if (address == 0 || address == from)
        return;
    __builtin_prefetch((const uint32_t *)h->buckets.base + bucket_of(h, address));
    h->ahead[h->ahead_count++] = address;
    if (h->ahead_count == HEAP_AHEAD)
        follow_batch(c);
}

void heap_follow_all(capture *c, const sf_heap_object *from)
{
    const heap *h = c->heap;
    const heap_kind *kind = sf_table_at(&h->kinds, from->type);
    const uint8_t *bytes = sf_table_at(&h->bytes, from->bytes_offset);
    const uint32_t *offsets = sf_table_at(&h->references, kind->first_reference);
    uint64_t passed = from->flags & SF_HEAP_OBJECT_TASK ? h->task_words : 0;
    for (uint32_t i = 0; i < kind->reference_count && offsets[i] + sizeof(uint64_t) <= from->bytes_length; i++)
        if (offsets[i] >= 64 * sizeof(uint64_t) || !(passed >> offsets[i] / sizeof(uint64_t) & 1))
            follow(c, from->address, heap_word((uintptr_t)bytes + offsets[i]));
    for (uint32_t at = c->runtime.layout.array.items; from->flags & SF_HEAP_OBJECT_ARRAY && at + sizeof(uint64_t) <= from->bytes_length; at += sizeof(uint64_t))
        follow(c, from->address, heap_word((uintptr_t)bytes + at));
}

static void follow_levels(capture *c, uint32_t first)
{
    const heap *h = c->heap;
    for (int level = 0; level < MAX_LEVELS; level++) {
        uint32_t end = h->objects.count;
        for (; first < end; first++) {
            if (first % LOOK_AT_CLOCK == LOOK_AT_CLOCK - 1 && heap_is_late(c, 4)) {
                c->heap->result.flags |= SF_HEAP_TIME_TRUNCATED;
                return;
            }
            const sf_heap_object *object = sf_table_at(&h->objects, first);
            if (object->flags & SF_HEAP_OBJECT_SUSPENDED && !(object->flags & SF_HEAP_OBJECT_COMPLETED))
                continuations_follow(c, heap_word((uintptr_t)sf_table_at(&h->bytes, object->bytes_offset) + c->runtime.layout.task.object), HEAP_HEAD);
            if (object->flags & (SF_HEAP_OBJECT_METHOD | SF_HEAP_OBJECT_TASK | SF_HEAP_OBJECT_MACHINE | SF_HEAP_OBJECT_ARRAY | HEAP_HEAD))
                heap_follow_all(c, object);
        }
        follow_batch(c);
    }
}

/* Some tasks that wait for others have no reference to them: Task.WhenAll only counts the incomplete ones. But each of those refers to its
 * continuation, like any task. So the continuation of a copied task is copied as well, unless it is a method. Such tasks can wait for each other. */
static void follow_promises(capture *c)
{
    heap *h = c->heap;
    uint32_t before = 0;
    for (int round = 0; round < MAX_PROMISES && before < h->objects.count; round++) {
        before = h->objects.count;
        for (uint32_t i = 0; i < h->candidates.count; i++) {
            heap_candidate *task = sf_table_at(&h->candidates, i);
            if (i % LOOK_AT_CLOCK == 0 && heap_is_late(c, 4)) {
                h->result.flags |= SF_HEAP_TIME_TRUNCATED;
                return;
            }
            if (task->copied != 0 || task->then == 0)
                continue;
            const heap_candidate *promise = heap_at(h, task->then);
            if (promise && promise->copied != 0
                && (((heap_kind *)sf_table_at(&h->kinds, promise->kind))->flags & (SF_HEAP_OBJECT_TASK | SF_HEAP_OBJECT_METHOD)) == SF_HEAP_OBJECT_TASK)
                task->copied = heap_copy(c, task->address, task->kind, flags_of_object(c, task->address, task->kind));
        }
        follow_levels(c, before);
    }
}

/* Objects of libraries to which methods refer. */
static void follow_methods(capture *c)
{
    heap *h = c->heap;
    uint32_t end = details_have_methods(h) ? h->objects.count : 0;
    h->of_methods = true;
    for (uint32_t i = 0; i < end; i++) {
        if (i % LOOK_AT_CLOCK == LOOK_AT_CLOCK - 1 && heap_is_late(c, 4)) {
            h->result.flags |= SF_HEAP_TIME_TRUNCATED;
            break;
        }
        const sf_heap_object *object = sf_table_at(&h->objects, i);
        if (object->flags & (SF_HEAP_OBJECT_METHOD | SF_HEAP_OBJECT_MACHINE | SF_HEAP_OBJECT_CONTINUATION))
            heap_follow_all(c, object);
    }
    follow_batch(c);
    h->of_methods = false;
}

/* After everything else: what the objects of the framework's libraries refer to. */
static void follow_details(capture *c)
{
    heap *h = c->heap;
    uint32_t first = 0;
    h->detailing = true;
    follow_methods(c);
    for (int level = 0; level < MAX_LEVELS; level++) {
        uint32_t end = h->objects.count;
        for (; first < end; first++) {
            if (first % LOOK_AT_CLOCK == LOOK_AT_CLOCK - 1 && heap_is_late(c, 4)) {
                h->result.flags |= SF_HEAP_TIME_TRUNCATED;
                return;
            }
            const sf_heap_object *object = sf_table_at(&h->objects, first);
            if (object->flags & SF_HEAP_OBJECT_DETAIL)
                details_follow(c, object);
        }
        follow_batch(c);
        details_copy_guesses(c);
    }
}

/* The runtime's own heap walk fails on the unfinished work of a background collection (seen on .NET 9 and 10, once in a few hundred walks of a
 * program that collects all the time). The runtime turns background collections off for an attaching profiler that requests collection events: no new
 * one begins until the probe is unloaded, and the runtime reports one that is in progress. During the pause, no collection can begin between the two
 * steps. We receive no collection events, because this ends with the pause. */
bool heap_claim(capture *c)
{
    heap *h = c->heap;
    h->claimed = h->wanted;
    if (!h->wanted || !h->info)
        return true;
    h->result.hresult = info_set_events(c->runtime.info, COR_PRF_ENABLE_STACK_SNAPSHOT | COR_PRF_MONITOR_GC);
    h->claimed = !FAILED(h->result.hresult);
    h->result.status = h->claimed ? SF_HEAP_UNKNOWN : SF_HEAP_REFUSED;
    if (h->result.hresult != CORPROF_E_TIMEOUT_WAITING_FOR_CONCURRENT_GC)
        return true;
    h->result.status = SF_HEAP_COLLECTING;
    heap_unclaim(c);
    return false;
}

void heap_unclaim(capture *c)
{
    if (c->heap->info)
        info_set_events(c->runtime.info, COR_PRF_ENABLE_STACK_SNAPSHOT);
}

void heap_walk(capture *c)
{
    heap *h = c->heap;
    if (!h->claimed)
        return;
    if (is_late(c)) { /* the threads have used all the time */
        h->result.status = SF_HEAP_WALKED;
        h->result.flags |= SF_HEAP_TIME_TRUNCATED;
        return;
    }
    int64_t begin = sf_now(CLOCK_MONOTONIC);
    h->result.now_ns = h->begun = begin;
    if (h->info)
        h->result.hresult = info_heap_objects(h->info, c->request->heap_max_objects > 0 ? on_object : count_object, c);
    else
        regions_walk(c);
    int64_t walked = sf_now(CLOCK_MONOTONIC);
    h->result.walk_ns = walked - begin;
    h->result.status = FAILED(h->result.hresult) ? SF_HEAP_REFUSED : SF_HEAP_WALKED;
    if (FAILED(h->result.hresult)) {
        h->objects.count = h->bytes.count = h->references.count = h->result.method_count = 0;
        return;
    }
    make_buckets(c);
    running_find(c);
    follow_levels(c, 0);
    follow_promises(c);
    follow_details(c);
    posted_find(c);
    describe_functions(c);
    h->result.follow_ns = sf_now(CLOCK_MONOTONIC) - walked;
}
