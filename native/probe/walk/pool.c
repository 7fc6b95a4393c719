/* The thread pool: how many workers it has, and how much work waits for them. It is managed code of CoreLib's, which keeps its numbers in
 * objects of its own. Names of types and fields lead to them (fields.c); what has no such name in this runtime is not known.
 *
 * Where things are is found before the suspend, and read while nothing moves. Each object has to say that it is of the type that it is
 * taken for. */
#define _GNU_SOURCE
#include "fields.h"

#include <time.h>

enum { MAX_SEGMENTS = 10000, MAX_LOCAL_QUEUES = 2048, MAX_SHARED_QUEUES = 256, MAX_NODES = 1024, LOCAL_BATCH = 32, TRIES = 12, TRY_AGAIN_NS = 250000 };

/* How arrays lie in memory, which all compiled code knows. */
enum { ARRAY_LENGTH = 8, ARRAY_ITEMS = 16 };

enum { POOL, THREAD_POOL, WORK_QUEUE, COUNTER, LOW_LEVEL_LOCK, QUEUE, SEGMENT, LOCAL_LIST, LOCAL_QUEUE, NODE, TYPES };

enum { SHARED_QUEUES = 3 };

/* Captures never overlap: the runtime attaches one profiler at a time. SF_NONE: not known; of a variable 0. */
static struct {
    clr_id type[TYPES];
    uintptr_t pool, work_queue, local_queues; /* the variables */
    uint32_t counts, min, max, counter;       /* of the pool */
    uint32_t shared[SHARED_QUEUES], shared_array;
    uint32_t queue_head, segment_next, segment_mask, head, tail;
    uint32_t local_head, local_tail;
    uint32_t lock, overflow, nodes, lock_state, node_count, node_next, node_before;
} at;

/* Where the last of a path of fields is, each a struct within the one before; of an object from its address. */
static uint32_t place(const core_lib *core, core_type type, const char *name, const char *second, const char *third)
{
    const char *const path[] = { name, second, third };
    uint32_t sum = 0;
    for (int i = 0; i < 3 && path[i]; i++) {
        core_field field = { .name = path[i] };
        if (!core_find_fields(core, &type, &field, 1) || field.offset == SF_NONE)
            return SF_NONE;
        sum += field.offset;
        type = (core_type){ .token = field.type, .class = field.type ? core_loaded(core, field.type) : 0 };
    }
    return sum;
}

static uintptr_t variable(const core_lib *core, const core_type *type, const char *name)
{
    core_field field = { .name = name };
    return core_find_fields(core, type, &field, 1) && field.offset == SF_NONE ? core_static_address(core, type, &field) : 0;
}

static bool is_a(uintptr_t object, clr_id type)
{
    uintptr_t word;
    return type != 0 && object != 0 && plausible(object) && sf_read_pointer(object, &word) && type_of(word) == type;
}

/* A generic type is another one for each of its arguments: that of an object is the one to ask about. The program runs, and the object may
 * be gone from where it was; then there is something else, or another type. */
static bool take_type(const core_lib *core, uintptr_t reference, core_type *type)
{
    const contract *k = &core->capture->contract;
    uintptr_t object, word, module;
    uint32_t flags;
    if (!sf_read_pointer(reference, &object) || !plausible(object) || !sf_read_pointer(object, &word) || !plausible(type_of(word)))
        return false;
    word = type_of(word);
    if (!is_type(k, word) || !sf_read_pointer(word + k->type_module, &module) || module != core->module
        || !sf_read((void *)(word + k->type_flags2), &flags, sizeof flags) || flags >> 8 != (type->token & 0x00FFFFFF))
        return false;
    type->class = word;
    return true;
}

static void find_queues(const core_lib *core, core_type *types)
{
    static const char *const names[SHARED_QUEUES] = { "workItems", "highPriorityWorkItems", "lowPriorityWorkItems" };
    at.work_queue = variable(core, &types[THREAD_POOL], "s_workQueue");
    at.local_queues = variable(core, &types[LOCAL_LIST], "s_queues");
    at.local_head = place(core, types[LOCAL_QUEUE], "m_headIndex", NULL, NULL);
    at.local_tail = place(core, types[LOCAL_QUEUE], "m_tailIndex", NULL, NULL);
    for (int i = 0; i < SHARED_QUEUES; i++)
        at.shared[i] = place(core, types[WORK_QUEUE], names[i], NULL, NULL);
    at.shared_array = place(core, types[WORK_QUEUE], "_assignableWorkItemQueues", NULL, NULL);
    types[QUEUE].class = types[SEGMENT].class = 0;
    at.queue_head = SF_NONE;
    uintptr_t work, queue;
    for (int i = 0; i < TRIES && types[SEGMENT].class == 0 && at.work_queue != 0 && at.shared[0] != SF_NONE; i++) {
        /* A garbage collection that moves objects is over soon. */
        struct timespec pause = { 0, TRY_AGAIN_NS };
        if (i > 0)
            nanosleep(&pause, NULL);
        if (!sf_read_pointer(at.work_queue, &work) || !is_a(work, types[WORK_QUEUE].class) || !take_type(core, work + at.shared[0], &types[QUEUE]))
            continue;
        at.queue_head = place(core, types[QUEUE], "_head", NULL, NULL);
        if (at.queue_head != SF_NONE && sf_read_pointer(work + at.shared[0], &queue) && is_a(queue, types[QUEUE].class))
            take_type(core, queue + at.queue_head, &types[SEGMENT]);
    }
    at.segment_next = place(core, types[SEGMENT], "_nextSegment", NULL, NULL);
    at.segment_mask = place(core, types[SEGMENT], "_slotsMask", NULL, NULL);
    at.head = place(core, types[SEGMENT], "_headAndTail", "Head", NULL);
    at.tail = place(core, types[SEGMENT], "_headAndTail", "Tail", NULL);
}

void pool_find(capture *c)
{
    static core_type types[TYPES] = {
        [POOL] = { .space = "System.Threading", .name = "PortableThreadPool" },
        [THREAD_POOL] = { .space = "System.Threading", .name = "ThreadPool" },
        [WORK_QUEUE] = { .space = "System.Threading", .name = "ThreadPoolWorkQueue" },
        [COUNTER] = { .space = "System.Threading", .name = "ThreadInt64PersistentCounter" },
        [LOW_LEVEL_LOCK] = { .space = "System.Threading", .name = "LowLevelLock" },
        [QUEUE] = { .space = "System.Collections.Concurrent", .name = "ConcurrentQueue`1" },
        [SEGMENT] = { .space = "System.Collections.Concurrent", .name = "ConcurrentQueueSegment`1" },
        /* Nested types have no namespace. */
        [LOCAL_LIST] = { .space = "", .name = "WorkStealingQueueList" },
        [LOCAL_QUEUE] = { .space = "", .name = "WorkStealingQueue" },
        [NODE] = { .space = "", .name = "ThreadLocalNode" },
    };
    core_lib core;
    memset(&at, 0, sizeof at);
    if (!core_open(c, &core))
        return;
    core_find_types(&core, types, TYPES);
    at.pool = variable(&core, &types[POOL], "ThreadPoolInstance");
    at.counts = place(&core, types[POOL], "_separated", "counts", "_data");
    at.min = place(&core, types[POOL], "_minThreads", NULL, NULL);
    at.max = place(&core, types[POOL], "_maxThreads", NULL, NULL);
    at.counter = place(&core, types[POOL], "_completionCounter", NULL, NULL);
    at.lock = place(&core, types[COUNTER], "_lock", NULL, NULL);
    at.overflow = place(&core, types[COUNTER], "_overflowCount", NULL, NULL);
    at.nodes = place(&core, types[COUNTER], "_nodes", NULL, NULL);
    at.lock_state = place(&core, types[LOW_LEVEL_LOCK], "_state", NULL, NULL);
    at.node_count = place(&core, types[NODE], "_count", NULL, NULL);
    at.node_next = place(&core, types[NODE], "_next", NULL, NULL);
    at.node_before = place(&core, types[NODE], "_prev", NULL, NULL);
    find_queues(&core, types);
    for (int i = 0; i < TYPES; i++)
        at.type[i] = types[i].class;
}

static bool read_at(uintptr_t object, uint32_t offset, void *to, size_t n)
{
    return offset != SF_NONE && sf_read((void *)(object + offset), to, n);
}

/* A ring of slots: head and tail count on, and the tail is moved on by two rounds when nothing more may be added. */
static bool count_shared(uintptr_t queue, int64_t *count)
{
    uintptr_t segment, word;
    if (!is_a(queue, at.type[QUEUE]) || !read_at(queue, at.queue_head, &segment, sizeof segment))
        return false;
    for (int i = 0; segment != 0; i++) {
        uint32_t mask, head, tail;
        uintptr_t next;
        sf_read_item items[] = {
            { segment, &word, sizeof word, false }, { segment + at.segment_mask, &mask, sizeof mask, false },
            { segment + at.head, &head, sizeof head, false }, { segment + at.tail, &tail, sizeof tail, false },
            { segment + at.segment_next, &next, sizeof next, false },
        };
        enum { ITEMS = sizeof items / sizeof *items };
        if (i == MAX_SEGMENTS || !plausible(segment))
            return false;
        sf_read_many(items, ITEMS);
        for (int k = 0; k < ITEMS; k++)
            if (!items[k].ok)
                return false;
        if (type_of(word) != at.type[SEGMENT] || (mask & (mask + 1)) != 0 || mask > 1u << 30)
            return false;
        if (head != tail && head != tail - 2 * (mask + 1)) {
            uint32_t from = head & mask, to = tail & mask;
            *count += from < to ? to - from : mask + 1 - from + to;
        }
        segment = next;
    }
    return true;
}

static bool count_shared_array(uintptr_t array, int64_t *count)
{
    uint32_t length;
    uintptr_t queue;
    if (!plausible(array) || !read_at(array, ARRAY_LENGTH, &length, sizeof length) || length > MAX_SHARED_QUEUES)
        return false;
    for (uint32_t i = 0; i < length; i++)
        if (!read_at(array, ARRAY_ITEMS + i * sizeof queue, &queue, sizeof queue) || !count_shared(queue, count))
            return false;
    return true;
}

/* Those of the workers, from which others steal: then head and tail have passed each other for a moment. */
static bool count_local(int64_t *count)
{
    uintptr_t array, queues[LOCAL_BATCH], words[LOCAL_BATCH];
    int32_t heads[LOCAL_BATCH], tails[LOCAL_BATCH];
    sf_read_item items[3 * LOCAL_BATCH];
    uint32_t length;
    if (at.local_head == SF_NONE || at.local_tail == SF_NONE || !sf_read_pointer(at.local_queues, &array) || !plausible(array)
        || !read_at(array, ARRAY_LENGTH, &length, sizeof length) || length > MAX_LOCAL_QUEUES)
        return false;
    for (uint32_t first = 0; first < length; first += LOCAL_BATCH) {
        uint32_t n = length - first < LOCAL_BATCH ? length - first : LOCAL_BATCH;
        if (!read_at(array, ARRAY_ITEMS + first * sizeof *queues, queues, n * sizeof *queues))
            return false;
        for (uint32_t i = 0; i < n; i++) {
            if (!plausible(queues[i]))
                return false;
            items[3 * i] = (sf_read_item){ queues[i], &words[i], sizeof words[i], false };
            items[3 * i + 1] = (sf_read_item){ queues[i] + at.local_head, &heads[i], sizeof heads[i], false };
            items[3 * i + 2] = (sf_read_item){ queues[i] + at.local_tail, &tails[i], sizeof tails[i], false };
        }
        sf_read_many(items, 3 * n);
        for (uint32_t i = 0; i < n; i++) {
            if (!items[3 * i].ok || !items[3 * i + 1].ok || !items[3 * i + 2].ok || type_of(words[i]) != at.type[LOCAL_QUEUE])
                return false;
            if (heads[i] < tails[i])
                *count += (int64_t)tails[i] - heads[i];
        }
    }
    return true;
}

static int64_t count_queued(void)
{
    int64_t count = 0;
    uintptr_t work, queue;
    if (at.work_queue == 0 || at.local_queues == 0 || at.type[SEGMENT] == 0 || at.segment_next == SF_NONE || at.segment_mask == SF_NONE
        || at.head == SF_NONE || at.tail == SF_NONE || !sf_read_pointer(at.work_queue, &work) || !is_a(work, at.type[WORK_QUEUE]))
        return -1;
    for (int i = 0; i < SHARED_QUEUES; i++)
        if (!read_at(work, at.shared[i], &queue, sizeof queue) || (queue != 0 && !count_shared(queue, &count)))
            return -1;
    if (!read_at(work, at.shared_array, &queue, sizeof queue) || (queue != 0 && !count_shared_array(queue, &count)) || !count_local(&count))
        return -1;
    return count;
}

/* Each worker counts for itself, in a ring that begins and ends with one that nobody uses. Whoever changes the ring holds the lock. */
static int64_t count_completed(uintptr_t counter)
{
    uintptr_t lock, nodes, before, node;
    int64_t sum;
    int32_t state;
    if (!is_a(counter, at.type[COUNTER]) || at.node_count == SF_NONE || at.node_next == SF_NONE || at.node_before == SF_NONE
        || !read_at(counter, at.lock, &lock, sizeof lock) || !is_a(lock, at.type[LOW_LEVEL_LOCK])
        || !read_at(lock, at.lock_state, &state, sizeof state) || state != 0
        || !read_at(counter, at.overflow, &sum, sizeof sum) || sum < 0 || !read_at(counter, at.nodes, &nodes, sizeof nodes))
        return -1;
    before = node = nodes;
    for (int i = 0; i < MAX_NODES; i++) {
        uintptr_t word, next, back;
        uint32_t count;
        sf_read_item items[] = {
            { node, &word, sizeof word, false }, { node + at.node_count, &count, sizeof count, false },
            { node + at.node_next, &next, sizeof next, false }, { node + at.node_before, &back, sizeof back, false },
        };
        if (!plausible(node))
            return -1;
        sf_read_many(items, 4);
        if (!items[0].ok || !items[1].ok || !items[2].ok || !items[3].ok || type_of(word) != at.type[NODE] || (i > 0 && back != before))
            return -1;
        sum += node == nodes ? 0 : count;
        if (next == nodes)
            return sum;
        before = node;
        node = next;
    }
    return -1;
}

/* Workers that work, workers, and workers that the pool aims for, 16 bits each from the lowest on. */
static void read_counts(sf_pool *pool, uintptr_t object)
{
    uint64_t counts;
    if (!read_at(object, at.counts, &counts, sizeof counts))
        return;
    int16_t working = (int16_t)counts, workers = (int16_t)(counts >> 16);
    if (working < 0 || working > workers)
        return;
    pool->working = working;
    pool->workers = workers;
}

void pool_read(capture *c, int64_t deadline)
{
    uintptr_t object, counter;
    int16_t min, max;
    if (at.pool == 0 || sf_now(CLOCK_MONOTONIC) > deadline || !sf_read_pointer(at.pool, &object) || !is_a(object, at.type[POOL]))
        return;
    sf_pool *pool = &c->pool;
    *pool = (sf_pool){ -1, -1, -1, -1, -1, -1 };
    read_counts(pool, object);
    if (read_at(object, at.min, &min, sizeof min) && read_at(object, at.max, &max, sizeof max) && min > 0 && min <= max) {
        pool->min = min;
        pool->max = max;
    }
    pool->queued = count_queued();
    if (read_at(object, at.counter, &counter, sizeof counter))
        pool->completed = count_completed(counter);
    c->pool_known = pool->workers >= 0 || pool->min >= 0 || pool->queued >= 0 || pool->completed >= 0;
}
