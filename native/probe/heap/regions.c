/* Walks the heap by the collector's own descriptor (.NET 11): region by region and object by object, without the profiling interface.
 *
 * The threads are suspended, so their allocation contexts and the lists of regions do not change. But a background collection continues in a thread
 * that is not suspended. While it marks, it changes nothing that is read here, and its next step needs its own suspension. While it sweeps, it merges
 * dead objects and releases regions. Then everything is read from copies. If a copy is inconsistent, the walk goes a few objects back and reads
 * again. Regions are listed until there are no new ones.
 *
 * The type of an object is checked against what a type must be before its size is used. */
#include "heap/heap.h"

enum {
    MAX_REGIONS = 1 << 17,
    MAX_CONTEXTS = 1 << 15,
    MAX_HEAPS = 1 << 10,
    WINDOW = 64 << 10,
    ROUNDS = 8,
    TRAIL = 4,        /* objects that the walk goes back: merged space begins at one of the last */
    MOST_AGAIN = 256, /* in one region */
    LEAST_OBJECT = 24,
    OBJECT_HEAD = 16, /* type and length */
    LOOK_AT_CLOCK = 1024,
    SHOWN = 4 << 20, /* bytes that are checked at once for being readable */
};

typedef struct region {
    uintptr_t segment, begin, end;
    uint32_t round; /* of the last listing that contained it */
    bool lost;
} region;

/* A range in which a thread will allocate, without objects yet. */
typedef struct context { uintptr_t from, to; } context;

bool regions_map(capture *c)
{
    heap *h = c->heap;
    return sf_table_map(&h->regions, sizeof(region), MAX_REGIONS, 4 << 10)
        && sf_table_map(&h->contexts, sizeof(context), MAX_CONTEXTS, 0)
        && sf_table_map(&h->window, 1, WINDOW, 0)
        && sf_index_map_first(&h->region_index, MAX_REGIONS * 2, 1 << 7);
}

bool regions_known(const capture *c)
{
    const layout *k = &c->runtime.layout;
    return layout_knows(k, LAYOUT_COLLECTOR) && (layout_knows(k, LAYOUT_ONE_HEAP) || layout_knows(k, LAYOUT_MANY_HEAPS))
        && layout_knows(k, LAYOUT_ALLOCATION) && layout_knows(k, LAYOUT_THREAD_LIST) && layout_knows(k, LAYOUT_TYPES);
}

static void lose(capture *c) { c->heap->result.flags |= SF_HEAP_PART_LOST; }

static void add_context(capture *c, uintptr_t at)
{
    const layout *k = &c->runtime.layout;
    uintptr_t words[2]; /* pointer and limit */
    if (!sf_read((const void *)(at + k->allocation.inner + k->allocation.pointer), words, sizeof words) || words[0] == 0)
        return;
    bool is_context = plausible(words[0]) && plausible(words[1]) && words[0] <= words[1];
    uint32_t index = is_context ? sf_table_add(&c->heap->contexts) : SF_NONE;
    if (index == SF_NONE)
        lose(c);
    else
        *(context *)sf_table_at(&c->heap->contexts, index) = (context){ words[0], words[1] + k->allocation.reserve };
}

/* By address. There are few threads, and most have no context. */
static void sort_contexts(context *all, uint32_t count)
{
    for (uint32_t gap = count / 2; gap > 0; gap /= 2)
        for (uint32_t i = gap; i < count; i++) {
            context moved = all[i];
            uint32_t at = i;
            for (; at >= gap && all[at - gap].from > moved.from; at -= gap)
                all[at] = all[at - gap];
            all[at] = moved;
        }
}

/* For all threads of the runtime, including those that the profiling interface does not list. */
static void find_contexts(capture *c)
{
    const layout *k = &c->runtime.layout;
    heap *h = c->heap;
    uintptr_t thread, locals;
    add_context(c, k->allocation.global);
    if (!sf_read_pointer(k->thread_list.store + k->thread_list.first, &thread)) {
        lose(c);
        return;
    }
    for (uint32_t n = 0; thread != 0; n++) {
        thread -= k->thread.link_at;
        if (n == MAX_CONTEXTS || (n % LOOK_AT_CLOCK == LOOK_AT_CLOCK - 1 && heap_is_late(c, 3)) || !sf_read_pointer(thread + k->allocation.thread, &locals)) {
            lose(c);
            break;
        }
        if (locals != 0)
            add_context(c, locals + k->allocation.context);
        if (!sf_read_pointer(thread + k->thread.link, &thread)) {
            lose(c);
            break;
        }
    }
    sort_contexts((context *)h->contexts.base, h->contexts.count);
}

/* The last region of the youngest generation is filled up to an address that the collector has, not up to the region's end. */
typedef struct last_region { uintptr_t segment, allocated; } last_region;

static bool read_region(const capture *c, uintptr_t segment, const last_region *last, region *to, uintptr_t *next)
{
    const layout *k = &c->runtime.layout;
    uint8_t copy[LAYOUT_REGION_BYTES];
    if (!plausible(segment) || !sf_read((const void *)segment, copy, sizeof copy))
        return false;
    to->segment = segment;
    to->begin = heap_word((uintptr_t)copy + k->collector.memory);
    to->end = segment == last->segment ? last->allocated : heap_word((uintptr_t)copy + k->collector.allocated);
    *next = heap_word((uintptr_t)copy + k->collector.next);
    return plausible(to->begin) && plausible(to->end) && to->begin <= to->end && to->end <= heap_word((uintptr_t)copy + k->collector.committed);
}

static bool list_regions(capture *c, uintptr_t generations, const last_region *last, uint32_t round)
{
    const layout *k = &c->runtime.layout;
    heap *h = c->heap;
    uint8_t copy[LAYOUT_GENERATION_BYTES * LAYOUT_GENERATIONS];
    bool any = false;
    if (!sf_read((const void *)generations, copy, (size_t)k->collector.generation_bytes * k->collector.generations))
        return false;
    for (uint32_t g = 0; g < k->collector.generations; g++) {
        uintptr_t segment = heap_word((uintptr_t)copy + g * k->collector.generation_bytes + k->collector.first), next = 0;
        for (uint32_t n = 0; segment != 0; segment = next) {
            region r = { .round = round };
            any = true;
            if (n++ == MAX_REGIONS || (n % LOOK_AT_CLOCK == 0 && heap_is_late(c, 3)) || !read_region(c, segment, last, &r, &next))
                return false;
            uint32_t *place = sf_index_find(&h->region_index, segment);
            if (*place == 0) {
                uint32_t index = sf_table_add(&h->regions);
                if (index == SF_NONE)
                    return false;
                *(region *)sf_table_at(&h->regions, index) = r;
                *place = index + 1;
            } else {
                region *known = sf_table_at(&h->regions, *place - 1);
                if (known->round == round && !h->moving)
                    return false; /* in two lists */
                known->round = round;
            }
        }
    }
    return any;
}

static bool list_all(capture *c, uint32_t round)
{
    const layout *k = &c->runtime.layout;
    last_region last;
    if (!layout_knows(k, LAYOUT_MANY_HEAPS))
        return sf_read_pointer(k->one_heap.last, &last.segment) && sf_read_pointer(k->one_heap.allocated, &last.allocated)
            && list_regions(c, k->one_heap.generations, &last, round);
    uint32_t count;
    if (!sf_read((const void *)k->many_heaps.count, &count, sizeof count) || count == 0 || count > MAX_HEAPS)
        return false;
    for (uint32_t i = 0; i < count; i++) {
        uintptr_t at;
        if (!sf_read_pointer(k->many_heaps.heaps + i * sizeof at, &at) || !sf_read_pointer(at + k->many_heaps.last, &last.segment)
            || !sf_read_pointer(at + k->many_heaps.allocated, &last.allocated) || !list_regions(c, at + k->many_heaps.generations, &last, round))
            return false;
    }
    return true;
}

static uint32_t first_context(const heap *h, uintptr_t from)
{
    uint32_t low = 0, high = h->contexts.count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (((context *)sf_table_at(&h->contexts, middle))->from < from)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The position of the walk. An object is read at its address + shift, up to visible. */
typedef struct place {
    uintptr_t at, end, shift, visible;
    uintptr_t seen; /* objects before this were seen already */
    uintptr_t trail[TRAIL];
    uint32_t step, context, again;
} place;

static bool copy_window(heap *h, place *p)
{
    size_t n = p->end - p->at < WINDOW ? p->end - p->at : WINDOW;
    if (!sf_read((const void *)p->at, h->window.base, n))
        return false;
    p->shift = (uintptr_t)h->window.base - p->at;
    p->visible = p->at + n;
    return true;
}

/* If nothing moves, objects are read in place, after a check that the memory exists: the addresses come from the runtime and are not trusted. */
static bool show(place *p, uintptr_t from, uintptr_t to)
{
    if (to < from + SHOWN)
        to = p->end - from < SHOWN ? p->end : from + SHOWN;
    if (!sf_readable(from, to))
        return false;
    p->visible = to;
    return true;
}

static void go_to(heap *h, place *p, uintptr_t at)
{
    p->at = p->visible = at;
    p->context = first_context(h, at);
    for (int i = 0; i < TRAIL; i++)
        p->trail[i] = at;
}

/* The data changed during the read. A valid object begins at one of the last objects, unless the region is now shorter or gone. */
static bool look_again(capture *c, place *p, region *r)
{
    heap *h = c->heap;
    region now;
    uintptr_t next;
    if (!h->moving || p->again++ == MOST_AGAIN || !read_region(c, r->segment, &(last_region){ 0 }, &now, &next) || now.begin != r->begin)
        return false;
    if (now.end < p->end)
        p->end = now.end;
    go_to(h, p, p->trail[p->step % TRAIL]);
    return true;
}

enum stretch_end { AT_END, AT_NONSENSE, NO_MORE_WANTED };

/* Visits objects up to an allocation context or to the region's end. */
static enum stretch_end walk_stretch(capture *c, place *p, uintptr_t stop)
{
    heap *h = c->heap;
    const uint32_t length_at = c->runtime.layout.array.length;
    const bool counts = c->request->heap_max_objects == 0, moving = h->moving;
    uintptr_t at = p->at;
    enum stretch_end end = AT_END;
    while (at < stop) {
        if (at + OBJECT_HEAD > p->visible) {
            p->at = at;
            if (p->end - at < OBJECT_HEAD || !(moving ? copy_window(h, p) : show(p, at, at + OBJECT_HEAD)))
                return AT_NONSENSE;
        }
        const uintptr_t here = at + p->shift;
        __builtin_prefetch((const void *)(here + HEAP_AHEAD_BYTES));
        const heap_recent *type = heap_recent_of(c, type_of(heap_word(here)));
        uint64_t bytes = !type ? 0 : type->bytes;
        if (type && type->element_bytes != 0)
            bytes += (uint64_t)heap_half(here + length_at) * type->element_bytes;
        bytes = (bytes + sizeof bytes - 1) & ~(sizeof bytes - 1);
        if (bytes < LEAST_OBJECT || bytes > p->end - at) {
            end = AT_NONSENSE;
            break;
        }
        if (at >= p->seen && !type->is_free) {
            h->result.seen_objects++;
            if (type->kind != 0 && !counts) {
                end = !moving && at + bytes > p->visible && !show(p, at, at + bytes) ? AT_NONSENSE : heap_see(c, at, type->kind) ? AT_END : NO_MORE_WANTED;
                if (end != AT_END)
                    break;
            }
        }
        if (moving)
            p->trail[p->step % TRAIL] = at;
        at += bytes;
        if (++p->step % LOOK_AT_CLOCK == 0 && heap_is_late(c, 3)) {
            h->result.flags |= SF_HEAP_TIME_TRUNCATED; /* the rest of the time is for following references, without which the copies are of little use */
            end = NO_MORE_WANTED;
            break;
        }
    }
    p->at = at;
    if (at > p->seen)
        p->seen = at;
    return end;
}

/* False to stop the walk. */
static bool walk_region(capture *c, region *r)
{
    heap *h = c->heap;
    place p = { .end = r->end, .seen = r->begin };
    go_to(h, &p, r->begin);
    while (p.at < p.end) {
        const context *gap = p.context < h->contexts.count ? sf_table_at(&h->contexts, p.context) : NULL;
        if (gap && p.at >= gap->from) {
            p.at = p.at == gap->from ? gap->to : p.at;
            p.context++;
            continue;
        }
        enum stretch_end end = walk_stretch(c, &p, gap && gap->from < p.end ? gap->from : p.end);
        if (end == NO_MORE_WANTED)
            return false;
        if (end == AT_NONSENSE && !look_again(c, &p, r)) {
            r->lost = true;
            return true;
        }
    }
    return true;
}

void regions_walk(capture *c)
{
    heap *h = c->heap;
    const layout *k = &c->runtime.layout;
    uint32_t state, walked = 0, round = 0;
    h->regions.count = h->contexts.count = 0;
    h->moving = !sf_read((const void *)k->collector.state, &state, sizeof state) || (state != k->collector.marking && state != k->collector.idle);
    find_contexts(c);
    bool whole = list_all(c, ++round);
    while (walked < h->regions.count) {
        if (!walk_region(c, sf_table_at(&h->regions, walked++)))
            return;
        if (walked == h->regions.count && h->moving && round < ROUNDS)
            whole = list_all(c, ++round);
    }
    /* Regions that were released meanwhile are not lost data. */
    for (uint32_t i = 0; i < h->regions.count; i++) {
        const region *r = sf_table_at(&h->regions, i);
        whole = whole && !(r->lost && r->round == round);
    }
    if (!whole)
        lose(c);
}
