/* Locks that are found by scanning the stacks: objects whose lock is only bits in their header, and the frames that refer to a lock.
 *
 * The runtime can compute which words of a stack are references, but that would take longer than the pause allows. So every word of a managed frame
 * that may be a reference is checked: an object is kept if its header or fields name a listed thread as the owner. A word can be a leftover of a call
 * that has returned, and its object may have moved since. What was found only in this way is marked (SF_LOCK_FROM_STACK). All reads can fail, and are
 * made in batches. */
#define _GNU_SOURCE
#include "locks/locks.h"
#include "locks/objects.h"

enum {
    SEGMENTS = 64,
    SEGMENT_WORDS = 8 << 10,
    MAX_STACK_BYTES = 1 << 20, /* checked of one stack */
    CANDIDATES = SF_READ_MANY,

    /* The reason to check a word. */
    MAY_BE_LOCK = 1,
    MAY_BE_WAITED = 2,
    MAY_BE = MAY_BE_LOCK | MAY_BE_WAITED,
};

/* The kernel allocates the memory of objects in one direction, from one end of its range. */
#define HEAP_DISTANCE ((uintptr_t)1 << 43)

/* The start of the managed part of a stack. */
static uintptr_t stack_begin(const capture *c, const sf_thread *thread)
{
    for (uint32_t i = 0; i < thread->frame_count; i++)
        if (frame_at(c, thread, i)->sp != 0)
            return frame_at(c, thread, i)->sp;
    return 0;
}

typedef struct segment { uint32_t thread; uintptr_t address; } segment;
typedef struct scan {
    capture *c;
    void (*visit)(struct scan *scan, uint32_t thread, uintptr_t address, const uintptr_t *words, size_t count);
    segment segments[SEGMENTS];
    sf_read_item items[SEGMENTS];
    uint32_t count, words;
    bool late;

    uintptr_t first_lock, last_lock; /* for find_frames: the lowest and the highest lock address */

    /* for find_held: the objects that will be checked next */
    uintptr_t heap;
    object_begin objects[CANDIDATES];
    uint8_t uses[CANDIDATES];
    sf_read_item candidates[CANDIDATES];
    waited_object waited[CANDIDATES];
    uint32_t candidate_count;
} scan;

static scan one_scan; /* captures never overlap */

void stacks_ready(void) { memset(&one_scan, 0, sizeof one_scan); }

static void read_segments(scan *s)
{
    sf_read_many(s->items, s->count);
    for (uint32_t i = 0; i < s->count; i++)
        if (s->items[i].ok)
            s->visit(s, s->segments[i].thread, s->segments[i].address, s->items[i].to, s->items[i].size / sizeof(uintptr_t));
    s->count = s->words = 0;
    s->late = s->late || is_late(s->c);
}

static void scan_stack(scan *s, uint32_t index)
{
    lock_scratch *scratch = sf_table_at(&s->c->scratch, 0);
    const thread_work *work = sf_table_at(&s->c->thread_work, index);
    uintptr_t from = work->waits_from ? work->waits_from : stack_begin(s->c, sf_table_at(&s->c->threads, index));
    uintptr_t to = work->stack_end & ~(sizeof from - 1);
    if (from == 0 || to <= from)
        return;
    if (to - from > MAX_STACK_BYTES) {
        to = from + MAX_STACK_BYTES;
        s->c->result.flags |= SF_INFO_LOCKS_TRUNCATED;
    }
    while (from < to && !s->late) {
        uint32_t words = (uint32_t)((to - from) / sizeof from);
        if (words > SEGMENT_WORDS)
            words = SEGMENT_WORDS;
        if (s->count == SEGMENTS || s->words + words > SCRATCH_WORDS)
            read_segments(s);
        s->segments[s->count] = (segment){ index, from };
        s->items[s->count++] = (sf_read_item){ from, scratch->words + s->words, words * sizeof from, false };
        s->words += words;
        from += words * sizeof from;
    }
}

static void look_at_candidates(scan *s)
{
    /* A page of a mapped file may have to be read from a disk. */
    s->late = s->late || is_late(s->c);
    if (s->late) {
        s->candidate_count = 0;
        return;
    }
    uint32_t waited = 0;
    sf_read_many(s->candidates, s->candidate_count);
    for (uint32_t i = 0; i < s->candidate_count; i++) {
        uintptr_t address = s->candidates[i].address + sizeof(uintptr_t);
        if (s->candidates[i].ok && s->uses[i] & MAY_BE_LOCK)
            add_found(s->c, address, &s->objects[i]);
        if (s->candidates[i].ok && s->uses[i] & MAY_BE_WAITED)
            s->waited[waited++] = (waited_object){ .address = address, .type = object_type(&s->objects[i]) };
    }
    add_waited_objects(s->c, s->waited, waited);
    s->candidate_count = 0;
}

static void look_for_objects(scan *s, uint32_t thread, uintptr_t address, const uintptr_t *words, size_t count)
{
    enum { PAGE = 4096 };
    lock_scratch *scratch = sf_table_at(&s->c->scratch, 0);
    const thread_work *work = sf_table_at(&s->c->thread_work, thread);
    uintptr_t begin = work->waits_from ? stack_begin(s->c, sf_table_at(&s->c->threads, thread)) : 0;
    uintptr_t heap = s->heap - HEAP_DISTANCE, stack = address - MAX_STACK_BYTES, statics = work->statics;
    size_t n = 0;
    /* A candidate is near a known object, is not an address on this stack, and is not the address of the thread's variables, which is on the stack
     * for each call out of managed code: reading each of those would cost as much as all objects. Without branches, because they would be
     * unpredictable. */
    for (size_t i = 0; i < count; i++) {
        uintptr_t word = words[i];
        scratch->some[n] = (uint32_t)i;
        n += (word % sizeof word == 0) & (word - heap <= 2 * HEAP_DISTANCE) & (word - stack >= 2 * MAX_STACK_BYTES) & ((word ^ statics) >= PAGE);
    }
    for (size_t i = 0; i < n && !s->late; i++) {
        uintptr_t word = words[scratch->some[i]], at = address + scratch->some[i] * sizeof word;
        uint32_t uses = at >= begin ? MAY_BE_LOCK : 0;
        if (at < work->waits_to && word != work->object && add_waiting_word(s->c, thread, at, word))
            uses |= MAY_BE_WAITED;
        /* The low bits of a checked word say for which reason. */
        uintptr_t *seen = &scratch->seen[(word * 0x9E3779B97F4A7C15ull) >> 52];
        if ((*seen & ~(uintptr_t)MAY_BE) != word)
            *seen = word;
        if ((*seen & uses) == uses)
            continue;
        *seen |= uses;
        s->uses[s->candidate_count] = (uint8_t)uses;
        s->candidates[s->candidate_count] = (sf_read_item){ word - sizeof word, &s->objects[s->candidate_count], sizeof *s->objects, false };
        if (++s->candidate_count == CANDIDATES)
            look_at_candidates(s);
    }
}

void find_held(capture *c)
{
    scan *s = &one_scan;
    *s = (scan){ .c = c, .visit = look_for_objects };
    for (uint32_t i = 0; i < c->thread_work.count && s->heap == 0; i++)
        s->heap = ((thread_work *)sf_table_at(&c->thread_work, i))->object;
    if (s->heap == 0)
        return;
    for (uint32_t i = 0; i < c->threads.count && !s->late; i++) {
        find_waiting_part(c, i);
        scan_stack(s, i);
    }
    read_segments(s);
    look_at_candidates(s);
    if (s->late)
        c->result.flags |= SF_INFO_LOCKS_TRUNCATED;
}

/* The frame whose part of the stack contains an address. */
uint32_t frame_of_address(const capture *c, const sf_thread *thread, uintptr_t address)
{
    uint32_t found = SF_NONE;
    for (uint32_t i = 0; i < thread->frame_count; i++) {
        uintptr_t sp = frame_at(c, thread, i)->sp;
        if (sp > address)
            break;
        if (sp != 0)
            found = i;
    }
    return found;
}

/* Keeps the order of threads, frames, locks: frames arrive in order, and each frame has few locks. */
static void add_held(capture *c, sf_held held)
{
    uint32_t at = c->held_locks.count;
    while (at > 0) {
        const sf_held *before = sf_table_at(&c->held_locks, at - 1);
        if (before->thread != held.thread || before->frame != held.frame || before->lock < held.lock)
            break;
        if (before->lock == held.lock)
            return;
        at--;
    }
    if (sf_table_add(&c->held_locks) == SF_NONE) {
        c->result.flags |= SF_INFO_LOCKS_TRUNCATED;
        return;
    }
    ((lock_work *)sf_table_at(&c->lock_work, held.lock))->frames++;
    sf_held *place = sf_table_at(&c->held_locks, at);
    memmove(place + 1, place, (c->held_locks.count - 1 - at) * sizeof *place);
    *place = held;
}

static void look_for_locks(scan *s, uint32_t thread, uintptr_t address, const uintptr_t *words, size_t count)
{
    const sf_thread *of = sf_table_at(&s->c->threads, thread);
    uint32_t next = 0, frame = SF_NONE;
    for (size_t i = 0; i < count; i++) {
        if (words[i] - s->first_lock > s->last_lock - s->first_lock)
            continue;
        uint32_t lock = words[i] % sizeof *words == 0 ? sf_index_get(&s->c->lock_index, words[i]) : SF_NONE;
        if (lock == SF_NONE || ((sf_lock *)sf_table_at(&s->c->locks, lock))->owner != thread)
            continue;
        /* Both are ascending, so each frame is visited once. */
        for (; next < of->frame_count && frame_at(s->c, of, next)->sp <= address + i * sizeof *words; next++)
            if (frame_at(s->c, of, next)->sp != 0)
                frame = next;
        if (frame != SF_NONE)
            add_held(s->c, (sf_held){ thread, lock, frame, 0 });
    }
}

/* For threads that hold a lock. Each lock with an owner finally has a record, with or without a frame. */
void find_frames(capture *c)
{
    scan *s = &one_scan;
    *s = (scan){ .c = c, .visit = look_for_locks, .first_lock = UINTPTR_MAX };
    for (uint32_t i = 0; i < c->locks.count; i++) {
        uintptr_t object = ((sf_lock *)sf_table_at(&c->locks, i))->object;
        s->first_lock = object < s->first_lock ? object : s->first_lock;
        s->last_lock = object > s->last_lock ? object : s->last_lock;
    }
    for (uint32_t i = 0; i < c->threads.count; i++) {
        const thread_work *work = sf_table_at(&c->thread_work, i);
        if (work->first_lock == SF_NONE)
            continue;
        if (!s->late)
            scan_stack(s, i);
        read_segments(s);
        for (uint32_t lock = work->first_lock; lock != SF_NONE; lock = ((lock_work *)sf_table_at(&c->lock_work, lock))->next)
            if (((lock_work *)sf_table_at(&c->lock_work, lock))->frames == 0)
                add_held(c, (sf_held){ i, lock, SF_NONE, 0 });
    }
    if (s->late)
        c->result.flags |= SF_INFO_LOCKS_TRUNCATED;
    for (uint32_t i = 0; i < c->held_locks.count; i++) {
        sf_held *held = sf_table_at(&c->held_locks, i);
        if (((lock_work *)sf_table_at(&c->lock_work, held->lock))->frames > 1)
            held->flags |= SF_HELD_AMBIGUOUS;
    }
}

static void (*see_words)(capture *c, uint32_t thread, const uintptr_t *words, size_t count);

static void show_words(scan *s, uint32_t thread, uintptr_t address, const uintptr_t *words, size_t count)
{
    (void)address;
    see_words(s->c, thread, words, count);
}

bool each_stack_word(capture *c, void (*see)(capture *c, uint32_t thread, const uintptr_t *words, size_t count))
{
    scan *s = &one_scan;
    *s = (scan){ .c = c, .visit = show_words };
    see_words = see;
    for (uint32_t i = 0; i < c->threads.count && !s->late; i++)
        scan_stack(s, i);
    read_segments(s);
    return !s->late;
}

void trim_held(capture *c)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < c->held_locks.count; i++) {
        const sf_held *held = sf_table_at(&c->held_locks, i);
        if (held->frame == SF_NONE || held->frame < ((sf_thread *)sf_table_at(&c->threads, held->thread))->frame_count)
            *(sf_held *)sf_table_at(&c->held_locks, kept++) = *held;
    }
    if (kept < c->held_locks.count)
        c->result.flags |= SF_INFO_LOCKS_TRUNCATED;
    c->held_locks.count = kept;
}
