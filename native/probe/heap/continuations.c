/* Methods that the runtime suspends itself (runtime async).
 *
 * Such a method has no state machine. When it waits, the runtime saves its state in an object, its continuation. The continuation refers to the
 * continuation of the caller, and so on to the outermost method, whose task refers to the first continuation. A continuation also refers to a place
 * in the method's code. Only that place shows which method it is, and at which await. While the methods of a task run, the task has no reference: the
 * next continuation is on the stack of the running thread. */
#define _GNU_SOURCE
#include "heap/heap.h"
#include "locks/locks.h"

enum {
    MAX_SUSPENSIONS = 1 << 15,
    MAX_DISPATCHERS = 64, /* on one stack */
    LOOK_AT_CLOCK = 1024, /* continuations */
    MAX_PLACES = 1024,    /* of one piece of code, in each direction */
};

typedef struct suspension_work { uint64_t resume_info, address; uint32_t function, frame, code; } suspension_work;

bool continuations_map(capture *c)
{
    heap *h = c->heap;
    return sf_table_map(&h->suspension_work, sizeof(suspension_work), MAX_SUSPENSIONS, 8 << 10)
        && sf_table_map(&h->suspensions, sizeof(sf_suspension), MAX_SUSPENSIONS, 0)
        && sf_index_map(&h->suspension_index, MAX_SUSPENSIONS);
}

void continuations_unmap(capture *c)
{
    heap *h = c->heap;
    sf_table_unmap(&h->suspension_work);
    sf_table_unmap(&h->suspensions);
    sf_index_unmap(&h->suspension_index);
}

/* Resolves the place of a continuation. Each await of a method has one place for all waiters. The code stays while its continuations exist. They can
 * be collected when the program runs again, so the owner of the code is looked up now. */
static void note_place(capture *c, uint64_t resume_info)
{
    heap *h = c->heap;
    uintptr_t address;
    clr_id function = 0, rejit = 0;
    if (!plausible(resume_info) || sf_index_get(&h->suspension_index, resume_info) != SF_NONE)
        return;
    /* Continuations of the framework belong to no method and have no place. */
    uint32_t index = SF_NONE;
    if (!sf_read_pointer(resume_info + c->runtime.layout.continuation.place, &address) || address == 0
        || FAILED(info_function_at(c->runtime.info, address, &function, &rejit)) || function == 0)
        return;
    uint32_t described = describe_function(c, function);
    if (described != SF_NONE)
        index = sf_table_add(&h->suspension_work);
    if (index == SF_NONE) {
        h->result.flags |= SF_HEAP_OBJECTS_TRUNCATED;
        return;
    }
    *(suspension_work *)sf_table_at(&h->suspension_work, index) = (suspension_work){ resume_info, address, described, SF_NONE, 0 };
    *sf_index_find(&h->suspension_index, resume_info) = index + 1;
}

static bool is_kind(const heap *h, const heap_candidate *candidate, uint32_t flag)
{
    return candidate && ((heap_kind *)sf_table_at(&h->kinds, candidate->kind))->flags & flag;
}

void continuations_follow(capture *c, uint64_t first, uint32_t flags_of_first)
{
    heap *h = c->heap;
    const layout *k = &c->runtime.layout;
    uint32_t flags = SF_HEAP_OBJECT_CONTINUATION | flags_of_first;
    for (uint64_t address = first; address != 0; flags = SF_HEAP_OBJECT_CONTINUATION) {
        heap_candidate *at = heap_at(h, address);
        /* A continuation that was copied before was also followed to its end. */
        if (!is_kind(h, at, SF_HEAP_OBJECT_CONTINUATION) || at->copied != 0)
            return;
        if (++h->chained % LOOK_AT_CLOCK == 0 && heap_is_late(c, 4)) {
            h->result.flags |= SF_HEAP_TIME_TRUNCATED;
            return;
        }
        at->copied = heap_copy(c, at->address, at->kind, flags);
        if (at->copied == 0)
            return;
        note_place(c, heap_object_word(h, at->address + k->continuation.resume_info));
        address = heap_object_word(h, at->address + k->continuation.next);
    }
}

static bool dispatches(const capture *c, uint32_t function)
{
    const layout *k = &c->runtime.layout;
    const sf_function *f = sf_table_at(&c->functions, function);
    const function_work *work = sf_table_at(&c->function_work, function);
    uint32_t type = f->declaring_type != SF_NONE ? f->declaring_type : work->owner;
    return f->module != SF_NONE && type != SF_NONE
        && ((sf_module *)sf_table_at(&c->modules, f->module))->module_id == c->runtime.core.module
        && ((sf_type *)sf_table_at(&c->types, type))->token == k->types[CORE_SUSPENDED_TASK].token;
}

bool continuations_begin(capture *c)
{
    bool any = false;
    if (!layout_knows(&c->runtime.layout, LAYOUT_CONTINUATIONS) || !layout_knows(&c->runtime.layout, LAYOUT_DISPATCHERS))
        return false;
    for (uint32_t i = 0; i < c->functions.count; i++) {
        function_work *work = sf_table_at(&c->function_work, i);
        work->dispatches = dispatches(c, i);
        any |= work->dispatches;
    }
    return any;
}

/* The frame whose part of the stack contains an address, if its function runs suspended methods; else SF_NONE. */
static uint32_t frame_with(const capture *c, const sf_thread *thread, uintptr_t address)
{
    uint32_t within = SF_NONE;
    for (uint32_t i = 0; i < thread->frame_count; i++) {
        uintptr_t sp = frame_at(c, thread, i)->sp;
        if (sp != 0 && sp > address)
            break;
        if (sp != 0)
            within = i;
    }
    uint32_t function = within == SF_NONE ? SF_NONE : frame_at(c, thread, within)->function;
    return function != SF_NONE && ((function_work *)sf_table_at(&c->function_work, function))->dispatches ? within : SF_NONE;
}

static void add_running(capture *c, uint32_t thread, uint32_t frame, uint64_t task, uint64_t next)
{
    heap *h = c->heap;
    const layout *k = &c->runtime.layout;
    heap_candidate *of = heap_at(h, task), *then = next != 0 ? heap_at(h, next) : NULL;
    uint32_t state;
    if (!is_kind(h, of, SF_HEAP_OBJECT_SUSPENDED) || !heap_read(h, of->address + k->task.state, &state, sizeof state) || state & k->task.completed)
        return;
    if (of->copied == 0) {
        of->copied = heap_copy(c, of->address, of->kind, ((heap_kind *)sf_table_at(&h->kinds, of->kind))->flags);
        h->result.method_count++;
    }
    continuations_follow(c, next, 0);
    bool goes_on = is_kind(h, then, SF_HEAP_OBJECT_CONTINUATION) && then->copied != 0;
    if (of->copied != 0)
        running_add(h, (sf_running){ thread, (uint32_t)(of - (heap_candidate *)h->candidates.base), frame,
                                     goes_on ? (uint32_t)(then - (heap_candidate *)h->candidates.base) + 1 : 0 });
}

void continuations_running(capture *c, uint32_t index)
{
    const layout *k = &c->runtime.layout;
    const sf_thread *thread = sf_table_at(&c->threads, index);
    bool any = false;
    for (uint32_t i = 0; i < thread->frame_count && !any; i++) {
        uint32_t function = frame_at(c, thread, i)->function;
        any = function != SF_NONE && ((function_work *)sf_table_at(&c->function_work, function))->dispatches;
    }
    void *place = NULL;
    uintptr_t at;
    if (!any || FAILED(info_thread_static(c->runtime.info, core_class_of(&c->runtime, CORE_DISPATCHER), k->dispatcher.current, k->app_domain, thread->thread_id, &place))
        || !place || !sf_read_pointer((uintptr_t)place, &at))
        return;
    /* From the innermost to the outermost on the stack. */
    for (int i = 0; i < MAX_DISPATCHERS && plausible(at); i++) {
        uintptr_t next, task, outer;
        uint32_t frame = frame_with(c, thread, at);
        if (frame == SF_NONE || !sf_read_pointer(at + k->dispatcher.continuation, &next) || !sf_read_pointer(at + k->dispatcher.task, &task)
            || !sf_read_pointer(at + k->dispatcher.next, &outer))
            return;
        add_running(c, index, frame, task, next);
        if (outer <= at)
            return;
        at = outer;
    }
}

/* Heapsort, in place. */
static void sort(sf_suspension *all, uint32_t count)
{
    for (uint32_t end = count, top = count / 2; end > 1;) {
        sf_suspension moved;
        if (top > 0)
            moved = all[--top];
        else {
            moved = all[--end];
            all[end] = all[0];
        }
        uint32_t at = top;
        for (uint32_t next; (next = at * 2 + 1) < end; at = next) {
            if (next + 1 < end && all[next + 1].resume_info > all[next].resume_info)
                next++;
            if (all[next].resume_info <= moved.resume_info)
                break;
            all[at] = all[next];
        }
        all[at] = moved;
    }
}

/* Records a place of the same code, if there is one. */
static bool note_neighbour(capture *c, uint32_t of, uint64_t resume_info)
{
    heap *h = c->heap;
    const suspension_work *known = sf_table_at(&h->suspension_work, of);
    uintptr_t address;
    if (!sf_read_pointer(resume_info + c->runtime.layout.continuation.place, &address) || address == 0
        || !resolve_same_code(c, known->function, known->address, address))
        return false;
    uint32_t index = sf_index_get(&h->suspension_index, resume_info);
    if (index == SF_NONE) {
        index = sf_table_add(&h->suspension_work);
        if (index == SF_NONE)
            return false;
        *(suspension_work *)sf_table_at(&h->suspension_work, index) = (suspension_work){ resume_info, address, known->function, SF_NONE, 0 };
        *sf_index_find(&h->suspension_index, resume_info) = index + 1;
    }
    ((suspension_work *)sf_table_at(&h->suspension_work, index))->code = of + 1;
    return true;
}

/* In optimized code, an await can have several possible lines. The other places of the same code exclude some of them. The runtime keeps the places
 * of one piece of code next to each other. */
static void note_neighbours(capture *c, uint32_t of)
{
    const uint32_t size = c->runtime.layout.continuation.info_size;
    suspension_work *work = sf_table_at(&c->heap->suspension_work, of);
    if (work->code != 0 || !layout_knows(&c->runtime.layout, LAYOUT_RESUME_INFOS))
        return;
    work->code = of + 1;
    for (uint64_t i = 1; i <= MAX_PLACES && note_neighbour(c, of, work->resume_info + i * size); i++)
        ;
    for (uint64_t i = 1; i <= MAX_PLACES && note_neighbour(c, of, work->resume_info - i * size); i++)
        ;
}

void continuations_describe(capture *c)
{
    heap *h = c->heap;
    /* The loop adds places to this table. */
    for (uint32_t i = 0; i < h->suspension_work.count; i++) {
        suspension_work *work = sf_table_at(&h->suspension_work, i);
        work->frame = resolve_await(c, work->address, work->function);
        note_neighbours(c, i);
    }
    for (uint32_t i = 0; i < h->suspension_work.count; i++) {
        const suspension_work *work = sf_table_at(&h->suspension_work, i);
        uint32_t index = work->frame == SF_NONE ? SF_NONE : sf_table_add(&h->suspensions);
        if (index == SF_NONE) {
            h->result.flags |= SF_HEAP_OBJECTS_TRUNCATED;
            break;
        }
        *(sf_suspension *)sf_table_at(&h->suspensions, index) = (sf_suspension){ work->resume_info, work->frame, work->code };
    }
    sort((sf_suspension *)h->suspensions.base, h->suspensions.count);
}
