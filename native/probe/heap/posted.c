/* What waits in the synchronization context of a thread, or in the scheduler of the task that it runs.
 *
 * An async method that must go on in a context is an action in a queue of the context, and no object says which thread will run it. So the objects
 * are followed to which the context of a waiting thread refers, until one is the action of a method. If no other thread refers to the objects in
 * between, no other thread can be at work on the queue: a loop over a queue refers to the queue, or to an object that does. */
#include "heap/heap.h"
#include "locks/locks.h"
#include "locks/objects.h"

enum {
    MAX_CONTEXTS = 8, /* so many fit into the low bits of an object's address */
    MAX_REACHED = 1 << 12,
    MAX_ELEMENTS = 1 << 10, /* of one array */
    MAX_OBJECT = 1 << 10,   /* bytes of one object that are followed */
    MAX_POSTED = 64,
    MAX_WITH_CONTEXT = 1 << 10, /* threads */
    MAX_DEPTH = 16,
    MAX_BOX_DEPTH = 3, /* a context can keep its queue in a method that awaits; farther away, it is the program's */
    WATCHED_BITS = 11, MAX_WATCHED = 1 << WATCHED_BITS, /* more than there can be */
    HOLDER_WORDS = 16, /* of an object to which a stack refers */
    LOOK_AT_CLOCK = 64,
};

typedef struct reached { uint64_t object; uint32_t from, depth, context; } reached;
typedef struct owner { uint64_t context; uint32_t thread; bool shared, scheduler; } owner;

static owner owners[MAX_CONTEXTS];
static uint32_t owner_count;
static struct { uint64_t object; uint64_t posted; } watched[MAX_WATCHED]; /* a hash table: for each object, the records that need it */
static uint64_t looked_at[1 << 10]; /* words of the current thread, in a hash table */
static uint32_t looking_thread;

bool posted_map(capture *c)
{
    heap *h = c->heap;
    return sf_table_map(&h->reached, sizeof(reached), MAX_REACHED, 0) && sf_index_map(&h->reached_index, MAX_REACHED) && sf_table_map(&h->posted, sizeof(sf_posted), MAX_POSTED + MAX_WITH_CONTEXT, 0);
}

void posted_unmap(capture *c)
{
    sf_table_unmap(&c->heap->reached);
    sf_table_unmap(&c->heap->posted);
    sf_index_unmap(&c->heap->reached_index);
}

/* What a context refers to is alive, and stays in the pause. */
static bool read_object(capture *c, uint64_t at, void *to, size_t n)
{
    return c->heap->moving ? sf_read((const void *)(uintptr_t)at, to, n) : sf_proof_read(&c->heap->type_memory, (uintptr_t)at, to, n);
}

static uintptr_t object_word(capture *c, uint64_t at)
{
    uintptr_t word;
    return read_object(c, at, &word, sizeof word) ? word : 0;
}

static uintptr_t type_at(capture *c, uint64_t object) { return type_of(object_word(c, object)); }

/* The runtime's own ones hand everything to the thread pool. */
static bool is_own_context(capture *c, uintptr_t context, enum core_class of_runtime)
{
    uintptr_t type = context != 0 ? type_at(c, context) : 0;
    return plausible(type) && !heap_is_core_type(c, type, of_runtime);
}

static bool is_derived(capture *c, uintptr_t type, enum core_class from)
{
    for (int depth = 0; depth < MAX_DEPTH && plausible(type); depth++) {
        if (heap_is_core_type(c, type, from))
            return true;
        type = heap_type_word(c, type + c->runtime.layout.type.parent);
    }
    return false;
}

typedef void see_context(capture *c, uint32_t thread, uintptr_t context, bool scheduler);

static void each_scheduler(capture *c, see_context *see)
{
    for (uint32_t i = 0; i < known.other_count; i++) {
        const sf_object *task = sf_table_at(&c->objects, known.others[i].object);
        uintptr_t scheduler = known.others[i].flags & SF_REFERENCE_RUNS ? object_word(c, task->address + c->runtime.layout.task.scheduler) : 0;
        if (is_own_context(c, scheduler, CORE_POOL_SCHEDULER))
            see(c, known.others[i].thread, scheduler, true);
    }
}

static void each_context(capture *c, see_context *see)
{
    sf_read_item items[SF_READ_MANY];
    uintptr_t contexts[SF_READ_MANY];
    for (uint32_t first = 0, n; first < c->threads.count; first += n) {
        n = c->threads.count - first < SF_READ_MANY ? c->threads.count - first : SF_READ_MANY;
        for (uint32_t i = 0; i < n; i++) {
            uintptr_t object = ((thread_work *)sf_table_at(&c->thread_work, first + i))->object;
            contexts[i] = 0;
            items[i] = (sf_read_item){ object != 0 ? object + c->runtime.layout.managed_thread.context : 0, &contexts[i], sizeof *contexts, false };
        }
        sf_read_many(items, n);
        for (uint32_t i = 0; i < n; i++)
            if (items[i].ok && is_own_context(c, contexts[i], CORE_CONTEXT))
                see(c, first + i, contexts[i], false);
    }
    each_scheduler(c, see);
}

/* The contexts of waiting threads. A context that two threads have is not the work of one of them. */
static void add_owner(capture *c, uint32_t thread, uintptr_t context, bool scheduler)
{
    uint32_t same = 0;
    while (same < owner_count && owners[same].context != context)
        same++;
    if (same < owner_count)
        owners[same].shared |= owners[same].thread != thread;
    else if (owner_count < MAX_CONTEXTS)
        owners[owner_count++] = (owner){ context, thread, !(((sf_thread *)sf_table_at(&c->threads, thread))->state & c->runtime.layout.thread.waits), scheduler };
}

/* Threads of one kind have contexts of one type, and so their stacks are alike. */
static void add_context(capture *c, uint32_t thread, uintptr_t context, bool scheduler)
{
    uint32_t at = sf_table_add(&c->heap->posted);
    if (at != SF_NONE)
        *(sf_posted *)sf_table_at(&c->heap->posted, at) = (sf_posted){ .context = context, .thread = thread, .object = SF_NONE, .type = describe_type(c, type_at(c, context), 0), .keeper = SF_NONE,
            .flags = scheduler ? SF_POSTED_SCHEDULER : 0 };
}

/* The box of the method whose action an object is; NULL. */
static heap_candidate *method_of(capture *c, uint64_t object, uintptr_t type)
{
    const heap *h = c->heap;
    if (!plausible(type) || !heap_is_core_type(c, heap_type_word(c, type + c->runtime.layout.type.parent), CORE_MULTICAST))
        return NULL;
    heap_candidate *box = heap_at(h, object_word(c, object + c->runtime.layout.delegate.target));
    return box && box->copied != 0 && ((heap_kind *)sf_table_at(&h->kinds, box->kind))->flags & SF_HEAP_OBJECT_METHOD ? box : NULL;
}

static void reach(capture *c, reached r)
{
    heap *h = c->heap;
    uint32_t *place, index;
    if (!plausible(r.object) || r.depth > MAX_DEPTH)
        return;
    place = sf_index_find(&h->reached_index, r.object | r.context);
    if (*place != 0 || (index = sf_table_add(&h->reached)) == SF_NONE)
        return;
    *place = index + 1;
    *(reached *)sf_table_at(&h->reached, index) = r;
}

static void reach_word(capture *c, uint64_t at, uint32_t from, bool of_box)
{
    const reached *by = sf_table_at(&c->heap->reached, from);
    uintptr_t word = object_word(c, at);
    /* Each box has its own action, whether or not the action waits somewhere. */
    if (word != 0 && !(of_box && object_word(c, word + c->runtime.layout.delegate.target) == by->object))
        reach(c, (reached){ word, from, by->depth + 1, by->context });
}

/* An array's elements are references, or structs with references: the description of the latter is repeated for each element. */
static void follow_array(capture *c, uint32_t from, uintptr_t type, const heap_type *of)
{
    typedef struct part { uint32_t references, skip; } part;
    uint64_t object = ((reached *)sf_table_at(&c->heap->reached, from))->object;
    const layout *k = &c->runtime.layout;
    int64_t runs = (int64_t)heap_type_word(c, type - sizeof runs);
    uint32_t length;
    if (!read_object(c, object + k->array.length, &length, sizeof length))
        return;
    length = length < MAX_ELEMENTS ? length : MAX_ELEMENTS;
    uint64_t at = object + k->array.items, end = at + (uint64_t)length * of->element_bytes;
    for (; runs > 0 && at < end; at += sizeof at)
        reach_word(c, at, from, false);
    while (runs < 0 && runs >= -MAX_DEPTH && at < end) {
        uint64_t before = at;
        at = before == object + k->array.items ? object + heap_type_word(c, type - 2 * sizeof runs) : at;
        for (int64_t i = 0; i < -runs; i++) {
            part p;
            if (!heap_type_read(c, type - (3 + (uint64_t)i) * sizeof runs, &p, sizeof p))
                return;
            for (uint32_t n = 0; n < p.references && at < end; n++, at += sizeof at)
                reach_word(c, at, from, false);
            at += p.skip;
        }
        if (at <= before)
            return;
    }
}

static void follow_object(capture *c, uint32_t index)
{
    heap *h = c->heap;
    reached from = *(reached *)sf_table_at(&h->reached, index);
    uintptr_t type = type_at(c, from.object);
    if (!plausible(type))
        return;
    heap_candidate *box = method_of(c, from.object, type);
    if (box && from.depth > 1) {
        uint32_t at = h->posted.count < MAX_POSTED ? sf_table_add(&h->posted) : SF_NONE;
        if (at != SF_NONE)
            *(sf_posted *)sf_table_at(&h->posted, at) = (sf_posted){ .context = owners[from.context].context, .thread = owners[from.context].thread,
                .object = (uint32_t)(box - (heap_candidate *)h->candidates.base), .type = index, .keeper = SF_NONE, .flags = owners[from.context].scheduler ? SF_POSTED_SCHEDULER : 0 };
        return;
    }
    heap_type *of = heap_type_of(c, type, 0);
    if (!of || !(heap_type_half(c, type + c->runtime.layout.type.flags) & c->runtime.layout.type.has_references)
        || (from.depth > 0 && (is_derived(c, type, CORE_CONTEXT) || heap_is_core_type(c, type, CORE_THREAD) || heap_is_core_type(c, type, CORE_POOL_SCHEDULER))))
        return;
    bool is_box = of->flags & SF_HEAP_OBJECT_METHOD;
    if (is_box && from.depth > MAX_BOX_DEPTH)
        return;
    if (of->element_bytes != 0) {
        follow_array(c, index, type, of);
        return;
    }
    static uint32_t offsets[MAX_OBJECT / sizeof(uintptr_t)];
    uint32_t count = heap_references_of(c, type, offsets, sizeof offsets / sizeof *offsets);
    for (uint32_t i = 0; i < count; i++)
        reach_word(c, from.object + offsets[i], index, is_box);
}

static uint32_t watched_at(uint64_t object)
{
    uint32_t at = heap_place_of((uintptr_t)object, WATCHED_BITS);
    while (watched[at].object != 0 && watched[at].object != object)
        at = (at + 1) % MAX_WATCHED;
    return at;
}

/* The objects between the context and the action. */
static void watch(capture *c)
{
    heap *h = c->heap;
    memset(watched, 0, sizeof watched);
    for (uint32_t i = 0; i < h->posted.count; i++) {
        sf_posted *p = sf_table_at(&h->posted, i);
        const reached *r = sf_table_at(&h->reached, p->type);
        p->type = describe_type(c, type_at(c, p->context), 0);
        while (r->depth > 1) {
            r = sf_table_at(&h->reached, r->from);
            if (r->depth == 1)
                p->keeper = describe_type(c, type_at(c, r->object), 0);
            uint32_t place = watched_at(r->object);
            watched[place].object = r->object;
            watched[place].posted |= (uint64_t)1 << i;
        }
    }
}

static void add_thread(uint32_t *threads, uint32_t *count, uint32_t thread)
{
    if (*count == 0 || threads[(*count - 1) % SF_POSTED_OTHERS] != thread)
        threads[(*count)++ % SF_POSTED_OTHERS] = thread;
}

static void found(capture *c, uint32_t thread, uint64_t posted)
{
    for (uint32_t i = 0; posted != 0; i++, posted >>= 1) {
        sf_posted *p = sf_table_at(&c->heap->posted, i);
        if (posted & 1 && p->thread == thread)
            p->flags |= SF_POSTED_SEEN_HERE;
        else if (posted & 1)
            add_thread(p->others, &p->other_count, thread);
    }
}

static bool is_context(uintptr_t word)
{
    for (uint32_t i = 0; i < owner_count; i++)
        if (owners[i].context == word)
            return true;
    return false;
}

static void found_context(capture *c, uint32_t thread, uintptr_t context)
{
    for (uint32_t i = 0; i < c->heap->posted.count; i++) {
        sf_posted *p = sf_table_at(&c->heap->posted, i);
        if (p->context == context && p->thread != thread)
            add_thread(p->holders, &p->holder_count, thread);
    }
}

/* How many words of a copied object belong to it; a stack's words may lead anywhere. */
static uint32_t words_of(capture *c, const uintptr_t *copy)
{
    heap *h = c->heap;
    h->guessing = true;
    const heap_type *of = heap_type_of(c, type_of(copy[0]), 0);
    h->guessing = false;
    uint32_t words = of ? (of->bytes - c->runtime.layout.type.header) / (uint32_t)sizeof *copy : 0;
    return words < HOLDER_WORDS ? words : HOLDER_WORDS;
}

static void look_at_holder(capture *c, uint32_t thread, const uintptr_t *copy)
{
    for (uint32_t i = 1; i < HOLDER_WORDS; i++) {
        uint64_t posted = copy[i] != 0 ? watched[watched_at(copy[i])].posted : 0;
        bool context = is_context(copy[i]);
        if ((posted == 0 && !context) || i >= words_of(c, copy))
            continue;
        found(c, thread, posted);
        if (context)
            found_context(c, thread, copy[i]);
    }
}

/* A page of a mapped file may have to be read from a disk, so the clock is looked at before each batch. */
static bool too_late;

/* A word of a stack may be one of these objects, or an object that refers to one. */
static void look_at_words(capture *c, uint32_t thread, const uintptr_t *words, size_t count)
{
    sf_read_item items[SF_READ_MANY];
    static uintptr_t holders[SF_READ_MANY][HOLDER_WORDS];
    uint32_t n = 0;
    if (thread != looking_thread) {
        looking_thread = thread;
        memset(looked_at, 0, sizeof looked_at);
    }
    for (size_t i = 0; i <= count; i++) {
        if (n == SF_READ_MANY || (i == count && n > 0)) {
            too_late = too_late || heap_is_late(c, 4);
            if (too_late)
                return;
            sf_read_many(items, n);
            for (uint32_t o = 0; o < n; o++)
                if (items[o].ok)
                    look_at_holder(c, thread, holders[o]);
            n = 0;
        }
        uintptr_t word = i < count ? words[i] : 0;
        uint64_t *last = &looked_at[heap_place_of(word, 10)];
        if (!plausible(word) || *last == word)
            continue;
        *last = word;
        if (is_context(word)) {
            found_context(c, thread, word);
            continue;
        }
        found(c, thread, watched[watched_at(word)].posted);
        items[n] = (sf_read_item){ word, holders[n], sizeof holders[n], false };
        n++;
    }
}

void posted_find(capture *c)
{
    heap *h = c->heap;
    if (!layout_knows(&c->runtime.layout, LAYOUT_CONTEXTS) || h->result.method_count == 0)
        return;
    h->reaching = true;
    owner_count = 0;
    each_context(c, add_owner);
    for (uint32_t i = 0; i < owner_count; i++)
        if (!owners[i].shared)
            reach(c, (reached){ owners[i].context, SF_NONE, 0, i });
    for (uint32_t i = 0; i < h->reached.count && !(i % LOOK_AT_CLOCK == LOOK_AT_CLOCK - 1 && heap_is_late(c, 4)); i++)
        follow_object(c, i);
    watch(c);
    looking_thread = SF_NONE;
    /* Without a look at all stacks, nothing is proven. */
    too_late = false;
    if (h->posted.count > 0 && (!each_stack_word(c, look_at_words) || too_late)) {
        h->posted.count = 0;
        h->result.flags |= SF_HEAP_TIME_TRUNCATED;
    }
    if (h->posted.count > 0)
        each_context(c, add_context);
    h->reaching = false;
}

void posted_describe(capture *c)
{
    heap *h = c->heap;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < h->posted.count; i++) {
        sf_posted p = *(sf_posted *)sf_table_at(&h->posted, i);
        bool is_method = p.object != SF_NONE;
        p.object = is_method ? heap_object_of(h, p.object) : SF_NONE;
        if (!is_method || p.object != SF_NONE)
            *(sf_posted *)sf_table_at(&h->posted, kept++) = p;
    }
    h->posted.count = kept;
}
