/* The thread pool: the number of its workers, and of the work items that wait for them. It is managed code of CoreLib, with its numbers in its own
 * objects. Types and fields are found by name; without such a name in this runtime, a number is not known.
 *
 * The addresses are found before the suspend, and the numbers are read during the pause. Each object must have the expected type. */
#define _GNU_SOURCE
#include "walk/capture.h"

#include <time.h>

enum { MAX_SEGMENTS = 10000, MAX_LOCAL_QUEUES = 2048, MAX_SHARED_QUEUES = 256, MAX_NODES = 1024, LOCAL_BATCH = 32, TRIES = 12, TRY_AGAIN_NS = 250000 };
/* How long a pool with a queue is watched, and how much of the host's time is left to it. */
enum { FIRST_WATCH_NS = 4000000, WATCH_NS = 120000000, RESERVE_NS = 100000000 };

bool is_a(uintptr_t object, clr_id type)
{
    uintptr_t word;
    return type != 0 && object != 0 && plausible(object) && sf_read_pointer(object, &word) && type_of(word) == type;
}

/* A generic type has a separate type for each of its arguments: an existing object shows which one to use. The program runs, so the object may have
 * moved. Then there is something else at its address, or another type. */
static bool take_type(runtime *r, uintptr_t reference, enum core_class class)
{
    layout *k = &r->layout;
    uintptr_t object, word, module;
    uint32_t flags;
    if (!sf_read_pointer(reference, &object) || !plausible(object) || !sf_read_pointer(object, &word) || !plausible(type_of(word)))
        return false;
    word = type_of(word);
    if (!is_type(k, word) || !sf_read_pointer(word + k->type.module, &module) || module != r->core.module
        || !sf_read((void *)(word + k->type.flags2), &flags, sizeof flags) || flags >> k->type.token_shift != (k->types[class].token & 0x00FFFFFF))
        return false;
    k->types[class].class = word;
    layout_fill_class(k, &r->core, class);
    return true;
}

void pool_find(capture *c)
{
    runtime *r = &c->runtime;
    layout *k = &r->layout;
    uintptr_t work, queue;
    if (!r->has_core || k->pool.work_queue == 0)
        return;
    for (int i = 0; i < TRIES && core_class_of(r, CORE_QUEUE_SEGMENT) == 0; i++) {
        /* A garbage collection that moves objects ends soon. */
        struct timespec pause = { 0, TRY_AGAIN_NS };
        if (i > 0)
            nanosleep(&pause, NULL);
        if (sf_read_pointer(k->pool.work_queue, &work) && is_a(work, core_class_of(r, CORE_WORK_QUEUE)) && take_type(r, work + k->pool.shared[0], CORE_QUEUE)
            && sf_read_pointer(work + k->pool.shared[0], &queue) && is_a(queue, core_class_of(r, CORE_QUEUE)))
            take_type(r, queue + k->pool.queue_head, CORE_QUEUE_SEGMENT);
    }
}

static bool read_at(uintptr_t object, uint32_t offset, void *to, size_t n) { return sf_read((void *)(object + offset), to, n); }

/* A ring of slots: head and tail only increase. The tail is advanced by two rounds when nothing more may be added. */
static bool count_shared(capture *c, uintptr_t queue, int64_t *count)
{
    const runtime *r = &c->runtime;
    const layout *k = &r->layout;
    uintptr_t segment, word;
    if (!is_a(queue, core_class_of(r, CORE_QUEUE)) || !read_at(queue, k->pool.queue_head, &segment, sizeof segment))
        return false;
    for (int i = 0; segment != 0; i++) {
        uint32_t mask, head, tail;
        uintptr_t next;
        sf_read_item items[] = {
            { segment, &word, sizeof word, false }, { segment + k->pool.segment_mask, &mask, sizeof mask, false },
            { segment + k->pool.head, &head, sizeof head, false }, { segment + k->pool.tail, &tail, sizeof tail, false },
            { segment + k->pool.segment_next, &next, sizeof next, false },
        };
        enum { ITEMS = sizeof items / sizeof *items };
        if (i == MAX_SEGMENTS || !plausible(segment))
            return false;
        sf_read_many(items, ITEMS);
        for (int n = 0; n < ITEMS; n++)
            if (!items[n].ok)
                return false;
        if (type_of(word) != core_class_of(r, CORE_QUEUE_SEGMENT) || (mask & (mask + 1)) != 0 || mask > 1u << 30)
            return false;
        if (head != tail && head != tail - 2 * (mask + 1)) {
            uint32_t from = head & mask, to = tail & mask;
            uint32_t items = from < to ? to - from : mask + 1 - from + to;
            *count += items;
            if (layout_knows(k, LAYOUT_POOL_ITEMS) && !c->pool_known)
                pool_items_see(c, segment + k->pool.segment_slots, from, items, mask);
        }
        segment = next;
    }
    return true;
}

static bool count_shared_array(capture *c, uintptr_t array, int64_t *count)
{
    const layout *k = &c->runtime.layout;
    uint32_t length;
    uintptr_t queue;
    if (!plausible(array) || !read_at(array, k->array.length, &length, sizeof length) || length > MAX_SHARED_QUEUES)
        return false;
    for (uint32_t i = 0; i < length; i++)
        if (!read_at(array, k->array.items + i * sizeof queue, &queue, sizeof queue) || !count_shared(c, queue, count))
            return false;
    return true;
}

/* The queues of the workers, from which others steal: during that, head and tail can briefly pass each other. */
static bool count_local(capture *c, int64_t *count)
{
    const runtime *r = &c->runtime;
    const layout *k = &r->layout;
    uintptr_t array, queues[LOCAL_BATCH], words[LOCAL_BATCH];
    int32_t heads[LOCAL_BATCH], tails[LOCAL_BATCH];
    sf_read_item items[3 * LOCAL_BATCH];
    uint32_t length;
    if (!sf_read_pointer(k->pool.local_queues, &array) || !plausible(array)
        || !read_at(array, k->array.length, &length, sizeof length) || length > MAX_LOCAL_QUEUES)
        return false;
    for (uint32_t first = 0; first < length; first += LOCAL_BATCH) {
        uint32_t n = length - first < LOCAL_BATCH ? length - first : LOCAL_BATCH;
        if (!read_at(array, k->array.items + first * sizeof *queues, queues, n * sizeof *queues))
            return false;
        for (uint32_t i = 0; i < n; i++) {
            if (!plausible(queues[i]))
                return false;
            items[3 * i] = (sf_read_item){ queues[i], &words[i], sizeof words[i], false };
            items[3 * i + 1] = (sf_read_item){ queues[i] + k->pool.local_head, &heads[i], sizeof heads[i], false };
            items[3 * i + 2] = (sf_read_item){ queues[i] + k->pool.local_tail, &tails[i], sizeof tails[i], false };
        }
        sf_read_many(items, 3 * n);
        for (uint32_t i = 0; i < n; i++) {
            if (!items[3 * i].ok || !items[3 * i + 1].ok || !items[3 * i + 2].ok || type_of(words[i]) != core_class_of(r, CORE_LOCAL_QUEUE))
                return false;
            if (heads[i] >= tails[i])
                continue;
            *count += (int64_t)tails[i] - heads[i];
            if (layout_knows(k, LAYOUT_POOL_ITEMS) && !c->pool_known)
                pool_items_see(c, queues[i] + k->pool.local_array, (uint32_t)heads[i], (uint32_t)tails[i] - (uint32_t)heads[i], UINT32_MAX);
        }
    }
    return true;
}

/* Also looks at the items, when they are counted for the first time: during the pause. */
static int64_t count_queued(capture *c)
{
    const runtime *r = &c->runtime;
    const layout *k = &r->layout;
    int64_t count = 0;
    uintptr_t work, queue;
    if (!layout_knows(k, LAYOUT_POOL_QUEUES) || !sf_read_pointer(k->pool.work_queue, &work) || !is_a(work, core_class_of(r, CORE_WORK_QUEUE)))
        return -1;
    for (int i = 0; i < SHARED_QUEUES; i++)
        if (!read_at(work, k->pool.shared[i], &queue, sizeof queue) || (queue != 0 && !count_shared(c, queue, &count)))
            return -1;
    if (!read_at(work, k->pool.shared_array, &queue, sizeof queue) || (queue != 0 && !count_shared_array(c, queue, &count)) || !count_local(c, &count))
        return -1;
    return count;
}

/* Each worker has its own counter, in a ring that begins and ends at an unused one. A thread that changes the ring holds its lock. */
static int64_t count_completed(const runtime *r, uintptr_t counter)
{
    const layout *k = &r->layout;
    uintptr_t lock, nodes, before, node;
    int64_t sum;
    int32_t state;
    if (!layout_knows(k, LAYOUT_POOL_COMPLETED) || !is_a(counter, core_class_of(r, CORE_COUNTER))
        || !read_at(counter, k->pool.lock, &lock, sizeof lock) || !is_a(lock, core_class_of(r, CORE_LOW_LEVEL_LOCK))
        || !read_at(lock, k->pool.lock_state, &state, sizeof state) || state != 0
        || !read_at(counter, k->pool.overflow, &sum, sizeof sum) || sum < 0 || !read_at(counter, k->pool.nodes, &nodes, sizeof nodes))
        return -1;
    before = node = nodes;
    for (int i = 0; i < MAX_NODES; i++) {
        uintptr_t word, next, back;
        uint32_t count;
        sf_read_item items[] = {
            { node, &word, sizeof word, false }, { node + k->pool.node_count, &count, sizeof count, false },
            { node + k->pool.node_next, &next, sizeof next, false }, { node + k->pool.node_before, &back, sizeof back, false },
        };
        if (!plausible(node))
            return -1;
        sf_read_many(items, 4);
        if (!items[0].ok || !items[1].ok || !items[2].ok || !items[3].ok || type_of(word) != core_class_of(r, CORE_COUNTER_NODE) || (i > 0 && back != before))
            return -1;
        sum += node == nodes ? 0 : count;
        if (next == nodes)
            return sum;
        before = node;
        node = next;
    }
    return -1;
}

/* Working workers, workers, and the target number of workers, 16 bits each, from the lowest. */
static void read_counts(const layout *k, sf_pool *pool, uintptr_t object)
{
    uint64_t counts;
    if (!read_at(object, k->pool.counts, &counts, sizeof counts))
        return;
    int16_t working = (int16_t)counts, workers = (int16_t)(counts >> 16);
    if (working < 0 || working > workers)
        return;
    pool->working = working;
    pool->workers = workers;
}

void pool_read(capture *c)
{
    const runtime *r = &c->runtime;
    const layout *k = &r->layout;
    uintptr_t object, counter;
    int16_t min, max;
    if (!layout_knows(k, LAYOUT_POOL) || is_late(c) || !sf_read_pointer(k->pool.instance, &object) || !is_a(object, core_class_of(r, CORE_POOL)))
        return;
    sf_pool *pool = &c->pool;
    *pool = (sf_pool){ -1, -1, -1, -1, -1, -1, -1, -1 };
    if (layout_knows(k, LAYOUT_POOL_COUNTS))
        read_counts(k, pool, object);
    if (layout_knows(k, LAYOUT_POOL_LIMITS) && read_at(object, k->pool.min, &min, sizeof min) && read_at(object, k->pool.max, &max, sizeof max)
        && min > 0 && min <= max) {
        pool->min = min;
        pool->max = max;
    }
    pool_items_begin();
    pool->queued = count_queued(c);
    if (pool->queued >= 0)
        pool_items_describe(c);
    if (layout_knows(k, LAYOUT_POOL_COMPLETED) && read_at(object, k->pool.counter, &counter, sizeof counter))
        pool->completed = count_completed(r, counter);
    c->pool_known = pool->workers >= 0 || pool->min >= 0 || pool->queued >= 0 || pool->completed >= 0;
}

/* A queue that was not empty during the pause says little: the next worker may have been about to take the item. So it is looked at again, until as many
 * items are completed as were queued and the queue is half as long. The program runs, so an object can move while it is read: then there is something else
 * at its address, which is not of the expected type. */
void pool_watch(capture *c, int64_t resumed)
{
    const runtime *r = &c->runtime;
    const layout *k = &r->layout;
    sf_pool *pool = &c->pool;
    if (!c->pool_known || pool->queued <= 0 || pool->completed < 0)
        return;
    for (int64_t pause = FIRST_WATCH_NS, now; (now = sf_now(CLOCK_MONOTONIC)) < resumed + WATCH_NS && now + pause < c->host_deadline - RESERVE_NS; pause *= 2) {
        uintptr_t object, counter;
        if (sf_read_pointer(k->pool.instance, &object) && is_a(object, core_class_of(r, CORE_POOL)) && read_at(object, k->pool.counter, &counter, sizeof counter)) {
            int64_t completed = count_completed(r, counter), queued = count_queued(c);
            if (completed >= pool->completed && queued >= 0 && is_a(object, core_class_of(r, CORE_POOL)) && is_a(counter, core_class_of(r, CORE_COUNTER))) {
                pool->completed_later = completed;
                pool->queued_later = queued;
                if (completed - pool->completed >= pool->queued && queued <= pool->queued / 2)
                    return;
            }
        }
        struct timespec rest = { 0, (long)pause };
        nanosleep(&rest, NULL);
    }
}
