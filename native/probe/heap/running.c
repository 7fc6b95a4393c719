/* Which async methods the threads run.
 *
 * A method that has awaited before has its state machine in its box, or as a class that the box refers to and that refers to the box. The machine's
 * MoveNext needs it until its end, also for its handlers, and so keeps a reference in its part of the stack. A word that points to a machine in one
 * of the boxes is taken for that reference. If a method has called itself, that part can have two of them. The outer one's was in a register that the
 * inner one has saved at the end of its part, or the inner one's is there as an argument. */
#define _GNU_SOURCE
#include "heap/heap.h"
#include "locks/locks.h"

#include <time.h>

enum {
    MOST_OF_FRAME = 4,
    TAKEN = 8,
    LOOK_AT_CLOCK = 16, /* frames, any of which can be large */
    MACHINE_WORDS = 1024,
#if defined(__x86_64__)
    PUT_ASIDE = 7, /* the return address and the callee-saved registers */
#else
    PUT_ASIDE = 12,
#endif
};

static heap_kind *kind_at(const heap *h, uint32_t kind) { return sf_table_at(&h->kinds, kind); }

/* Several types can share a method's code. The kind of the shared type knows the boxes. */
static uint32_t machine_of(const capture *c, const function_work *work)
{
    const heap *h = c->heap;
    uintptr_t type = work->type != 0 ? work->type : work->owner != SF_NONE ? ((sf_type *)sf_table_at(&c->types, work->owner))->class_id : 0;
    uint32_t kind = type != 0 ? heap_known_kind(h, type) : 0;
    return kind != 0 && kind_at(h, kind)->in_box ? kind : 0;
}

static bool refers(const heap *h, const heap_candidate *box, uint32_t size, uintptr_t object)
{
    uintptr_t word;
    for (uint32_t at = sizeof object; at + sizeof object <= size; at += sizeof object)
        if (heap_read(h, box->address + at, &word, sizeof word) && word == object)
            return true;
    return false;
}

/* The box of a state machine that is a class. Other objects of that type to which the machine refers are awaited by it. */
static heap_candidate *box_of(const capture *c, const heap_candidate *object, uint32_t machine)
{
    const heap *h = c->heap;
    const heap_kind *kind = kind_at(h, object->kind);
    for (uint32_t at = sizeof(uintptr_t), i = 0; at + sizeof(uintptr_t) <= kind->size && i < MACHINE_WORDS; at += sizeof(uintptr_t), i++) {
        uintptr_t word;
        heap_candidate *box = heap_read(h, object->address + at, &word, sizeof word) ? heap_at(h, word) : NULL;
        if (box && kind_at(h, box->kind)->machine == machine && refers(h, box, kind_at(h, box->kind)->size, object->address))
            return box;
    }
    return NULL;
}

/* What a word of a frame may be: a machine in a box, or a machine that is a class and has no box yet. */
typedef struct finding {
    uint64_t machine; /* address of the class, or of the box that contains it; 0: nothing */
    const heap_candidate *box;
    bool sure; /* it is not in the area of saved registers */
} finding;

static finding find_by_word(capture *c, uintptr_t word, uint32_t machine)
{
    const heap *h = c->heap;
    const heap_kind *kind = kind_at(h, machine);
    heap_candidate *found = plausible(word) ? heap_at(h, word - kind->in_box_at) : NULL;
    const heap_kind *of = found ? kind_at(h, found->kind) : NULL;
    if (found && kind->in_box_at != 0 && of->machine == machine)
        return (finding){ found->address, found, false };
    if (found && kind->in_box_at == 0 && of->flags & SF_HEAP_OBJECT_MACHINE && heap_shared_type(c, of->type) == kind->type)
        return (finding){ found->address, box_of(c, found, machine), false };
    return (finding){ 0 };
}

/* The last machines that were assigned to inner frames. */
typedef struct taken { uint64_t machine; uint32_t frame; bool sure; } taken;
static taken last_taken[TAKEN];
static uint32_t taken_count;

static taken *find_taken(uint64_t machine)
{
    for (uint32_t i = 0; i < TAKEN && i < taken_count; i++)
        if (last_taken[i].machine == machine)
            return &last_taken[i];
    return NULL;
}

static void take_back(heap *h, uint32_t thread, uint32_t frame, uint32_t box)
{
    for (uint32_t i = h->running.count, looked = 0; i > 0 && looked < TAKEN * MOST_OF_FRAME; i--, looked++) {
        sf_running *r = sf_table_at(&h->running, i - 1);
        if (r->thread != thread || r->frame != frame || r->object != box)
            continue;
        memmove(r, r + 1, (h->running.count - i) * sizeof *r);
        h->running.count--;
        return;
    }
}

/* Sorted by threads, frames and addresses, which is finally the order of the objects. */
void running_add(heap *h, sf_running r)
{
    if (sf_table_add(&h->running) == SF_NONE) {
        h->result.flags |= SF_HEAP_OBJECTS_TRUNCATED;
        return;
    }
    uint64_t address = ((heap_candidate *)sf_table_at(&h->candidates, r.object))->address;
    sf_running *all = (sf_running *)h->running.base;
    uint32_t at = h->running.count - 1;
    for (; at > 0; at--) {
        const sf_running *before = &all[at - 1];
        if (before->thread != r.thread || before->frame < r.frame
            || (before->frame == r.frame && ((heap_candidate *)sf_table_at(&h->candidates, before->object))->address < address))
            break;
        all[at] = *before;
    }
    all[at] = r;
}

/* The copied ones have not completed. */
static void add(heap *h, uint32_t thread, uint32_t frame, const finding *f)
{
    taken *known = find_taken(f->machine);
    uint32_t box = f->box ? (uint32_t)(f->box - (heap_candidate *)h->candidates.base) : SF_NONE;
    if (known && !known->sure)
        take_back(h, thread, known->frame, box);
    if (!known)
        known = &last_taken[taken_count++ % TAKEN];
    *known = (taken){ f->machine, frame, f->sure };
    if (box == SF_NONE || f->box->copied == 0)
        return;
    running_add(h, (sf_running){ thread, box, frame, 0 });
}

/* Certain references are preferred to possible saved registers, and machines that no inner frame has to those that one has: an iterator's method can
 * be on the stack twice, the outer one on its way back. */
static void choose(heap *h, uint32_t thread, uint32_t frame, const finding *findings, uint32_t count)
{
    enum { SURE_AND_NEW, NEW, SURE, RANKS };
    for (int rank = 0; rank < RANKS; rank++) {
        bool any = false, fits[MOST_OF_FRAME];
        for (uint32_t i = 0; i < count; i++) {
            const taken *known = find_taken(findings[i].machine);
            bool sure = findings[i].sure, is_new = !known || (sure && !known->sure);
            fits[i] = rank == SURE_AND_NEW ? sure && is_new : rank == NEW ? is_new : sure;
        }
        for (uint32_t i = 0; i < count; i++) {
            if (fits[i])
                add(h, thread, frame, &findings[i]);
            any |= fits[i];
        }
        if (any)
            return;
    }
}

static void look_into_frame(capture *c, uint32_t thread, uint32_t frame, uint32_t machine)
{
    const sf_thread *of = sf_table_at(&c->threads, thread);
    uintptr_t from = frame_at(c, of, frame)->sp, to = 0;
    lock_scratch *scratch = sf_table_at(&c->scratch, 0);
    for (uint32_t i = frame + 1; i < of->frame_count && to == 0; i++)
        to = frame_at(c, of, i)->sp;
    if (to == 0)
        to = ((thread_work *)sf_table_at(&c->thread_work, thread))->stack_end & ~(sizeof to - 1);
    if (from == 0 || to <= from)
        return;
    uint32_t words = to - from < sizeof scratch->words ? (uint32_t)((to - from) / sizeof to) : SCRATCH_WORDS, count = 0;
    if (!sf_read((void *)from, scratch->words, words * sizeof to))
        return;
    finding findings[MOST_OF_FRAME];
    for (uint32_t i = 0; i < words && count < MOST_OF_FRAME; i++) {
        finding f = find_by_word(c, scratch->words[i], machine);
        uint32_t same = 0;
        while (same < count && findings[same].machine != f.machine)
            same++;
        f.sure = i + PUT_ASIDE < words;
        if (f.machine != 0 && same == count)
            findings[count++] = f;
    }
    choose(c->heap, thread, frame, findings, count);
}

void running_find(capture *c)
{
    heap *h = c->heap;
    uint32_t interesting = 0, looked = 0;
    for (uint32_t i = 0; i < c->functions.count && h->result.method_count > 0; i++) {
        function_work *work = sf_table_at(&c->function_work, i);
        work->machine = machine_of(c, work);
        interesting += work->machine != 0;
    }
    bool dispatchers = continuations_begin(c);
    for (uint32_t t = 0; t < c->threads.count && (interesting > 0 || dispatchers); t++) {
        const sf_thread *thread = sf_table_at(&c->threads, t);
        taken_count = 0;
        for (uint32_t f = 0; f < thread->frame_count; f++) {
            uint32_t function = frame_at(c, thread, f)->function;
            uint32_t machine = function == SF_NONE ? 0 : ((function_work *)sf_table_at(&c->function_work, function))->machine;
            if (machine == 0)
                continue;
            if (looked++ % LOOK_AT_CLOCK == LOOK_AT_CLOCK - 1 && heap_is_late(c, 4)) {
                h->result.flags |= SF_HEAP_TIME_TRUNCATED;
                return;
            }
            look_into_frame(c, t, f, machine);
        }
        if (dispatchers)
            continuations_running(c, t);
    }
}

uint32_t heap_object_of(const heap *h, uint32_t candidate)
{
    const sf_heap_object *objects = (const sf_heap_object *)h->objects.base;
    uint64_t address = ((heap_candidate *)sf_table_at(&h->candidates, candidate))->address;
    uint32_t low = 0, high = h->objects.count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (objects[middle].address < address)
            low = middle + 1;
        else
            high = middle;
    }
    return low < h->objects.count && objects[low].address == address ? low : SF_NONE;
}

/* After the pause, when the objects are sorted. Leaves out frames that did not fit into the snapshot. */
void running_describe(capture *c)
{
    heap *h = c->heap;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < h->running.count; i++) {
        sf_running r = *(sf_running *)sf_table_at(&h->running, i);
        r.object = heap_object_of(h, r.object);
        r.next = r.next != 0 ? heap_object_of(h, r.next - 1) + 1 : 0; /* SF_NONE + 1 is 0 */
        if (r.object == SF_NONE || r.frame >= ((sf_thread *)sf_table_at(&c->threads, r.thread))->frame_count)
            continue;
        /* Two machines can refer to one box. A reader accepts each box once. */
        const sf_running *last = kept > 0 ? sf_table_at(&h->running, kept - 1) : NULL;
        if (!last || last->thread != r.thread || last->frame != r.frame || last->object != r.object)
            *(sf_running *)sf_table_at(&h->running, kept++) = r;
    }
    h->running.count = kept;
}
