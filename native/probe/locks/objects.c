/* The objects other than locks that threads wait for: semaphores, events, tasks, threads and others.
 *
 * The runtime does not record them. But a waiting method needs its object after the wait, so the innermost part of the stack refers to it: CoreLib's
 * frames, or their caller. The words of that part that point to objects of these types are recorded with their frames. The name of the waiting method
 * then decides which one it is. If the runtime has a record of the monitor with which such an object waits, the object is proven. */
#include "locks/objects.h"
#include "locks/locks.h"

enum {
    CALL_BYTES = 2048,   /* of the stack between a call into the runtime and its record */
    PROTECTED_BYTES = 64, /* before the record, where the call keeps its arguments */
    MAX_BASES = 16,      /* depth of inheritance */
};

static const struct { enum core_class class; uint32_t kind; } kinds[] = {
    { CORE_SEMAPHORE, SF_OBJECT_SEMAPHORE_SLIM }, { CORE_EVENT, SF_OBJECT_EVENT_SLIM }, { CORE_RW_LOCK, SF_OBJECT_READER_WRITER_LOCK_SLIM },
    { CORE_TASK, SF_OBJECT_TASK }, { CORE_WAIT_HANDLE, SF_OBJECT_WAIT_HANDLE }, { CORE_THREAD, KIND_THREAD },
};
enum { KINDS = sizeof kinds / sizeof *kinds };

known_objects known;

void objects_open(void) { known = (known_objects){ .threading_module = SF_NONE }; }

/* CountdownEvent and Barrier are not in CoreLib but in another assembly. */
static bool is_threading_module(const capture *c, uint32_t index)
{
    static const char name[] = "System.Threading.dll";
    enum { LENGTH = sizeof name - 1 };
    for (; known.modules_seen < c->modules.count; known.modules_seen++) {
        const sf_module *m = sf_table_at(&c->modules, known.modules_seen);
        clr_char end[LENGTH];
        bool is = !(m->flags & SF_MODULE_COLLECTIBLE) && m->path_offset != SF_NONE && m->path_length >= sizeof end;
        if (is)
            memcpy(end, sf_table_at(&c->blob, m->path_offset + m->path_length - (uint32_t)sizeof end), sizeof end);
        for (int i = 0; is && i < LENGTH; i++)
            is = end[i] == (clr_char)name[i];
        if (is && m->path_length > sizeof end) {
            memcpy(end, sf_table_at(&c->blob, m->path_offset + m->path_length - (uint32_t)(sizeof end + sizeof *end)), sizeof *end);
            is = *end == '/';
        }
        if (is)
            known.threading_module = known.modules_seen;
    }
    return index != SF_NONE && index == known.threading_module;
}

static bool is_of_runtime(const capture *c, const raw_frame *frame)
{
    if (frame->function == SF_NONE)
        return true;
    const sf_function *f = sf_table_at(&c->functions, frame->function);
    return f->module == SF_NONE || ((sf_module *)sf_table_at(&c->modules, f->module))->module_id == c->runtime.core.module || is_threading_module(c, f->module);
}

/* From the innermost managed frame to the end of the frame that called into CoreLib. On .NET 9, some calls into the runtime have no managed frame
 * that keeps their object (Thread.Join). Then it is next to the runtime's record of the call, right below. */
void find_waiting_part(capture *c, uint32_t index)
{
    const sf_thread *thread = sf_table_at(&c->threads, index);
    thread_work *work = sf_table_at(&c->thread_work, index);
    uintptr_t frame;
    uint32_t i = 0;
    if (!(thread->state & c->runtime.layout.thread.waits) || !c->runtime.has_core)
        return;
    while (i < thread->frame_count && frame_at(c, thread, i)->sp == 0)
        i++;
    if (i == thread->frame_count)
        return;
    work->waits_from = frame_at(c, thread, i)->sp;
    memcpy(&frame, (void *)(thread->thread_id + c->runtime.layout.thread.frame), sizeof frame);
    if (plausible(frame) && frame < work->waits_from && work->waits_from - frame <= CALL_BYTES)
        work->waits_from = frame - PROTECTED_BYTES;
    while (i < thread->frame_count && is_of_runtime(c, frame_at(c, thread, i)))
        i++;
    for (i++; i < thread->frame_count && frame_at(c, thread, i)->sp == 0; i++)
        ;
    work->waits_to = i < thread->frame_count ? frame_at(c, thread, i)->sp : work->stack_end;
}

bool add_waiting_word(capture *c, uint32_t thread, uintptr_t at, uintptr_t word)
{
    uint32_t index = sf_table_add(&c->waiting_words);
    if (index == SF_NONE) {
        c->result.flags |= SF_INFO_LOCKS_TRUNCATED;
        return false;
    }
    *(waiting_word *)sf_table_at(&c->waiting_words, index) = (waiting_word){ at, word, thread, 0 };
    return true;
}

static verdict *verdict_of(uintptr_t type) { return &known.verdicts[type * 0x9E3779B97F4A7C15ull >> 56]; }
_Static_assert(VERDICTS == 1 << (64 - 56), "what the shift leaves");

static uint32_t kind_of_class(const capture *c, uintptr_t class)
{
    for (uint32_t i = 0; i < KINDS; i++)
        if (core_class_of(&c->runtime, kinds[i].class) == class)
            return kinds[i].kind;
    return 0;
}

/* Finds the kind of each type of a batch by its base types, one level for the whole batch at a time. Many candidate words are not types, and a
 * thousand threads have thousands of candidates. */
static void find_kinds(capture *c, waited_object *objects, uint32_t count)
{
    sf_read_item *items = known.way.items;
    uintptr_t *parents = known.way.parents;
    uint16_t *of = known.way.of;
    const layout *k = &c->runtime.layout;
    uint32_t open = count;
    for (uint32_t i = 0; i < count; i++)
        of[i] = (uint16_t)i;
    for (int depth = 0; depth < MAX_BASES && open > 0; depth++) {
        uint32_t n = 0;
        for (uint32_t i = 0; i < open; i++) {
            waited_object *o = &objects[of[i]];
            if (!plausible(o->base) || o->base == k->type.object || (o->kind = kind_of_class(c, o->base)) != 0)
                continue;
            items[n] = (sf_read_item){ o->base + k->type.parent, &parents[n], sizeof *parents, false };
            of[n++] = of[i];
        }
        sf_read_many(items, n);
        for (uint32_t i = 0; i < n; i++)
            objects[of[i]].base = items[i].ok ? parents[i] : 0;
        open = n;
    }
}

/* A type of another module must be the declaring type of a frame's method. */
static uint32_t kind_of_type(capture *c, const waited_object *o)
{
    uint32_t kind = o->kind, index = kind == 0 ? sf_index_get(&c->type_index, o->type) : SF_NONE;
    if (index != SF_NONE && is_threading_module(c, ((sf_type *)sf_table_at(&c->types, index))->module))
        kind = KIND_UNNAMED;
    return kind != 0 && is_type(&c->runtime.layout, o->type) ? kind : 0;
}

static void add_object(capture *c, uintptr_t address, uintptr_t type, uint32_t kind)
{
    uint32_t *place, index;
    if (kind == 0 || *(place = sf_index_find(&c->object_index, address)) != 0)
        return;
    if ((index = sf_table_add(&c->objects)) == SF_NONE) {
        c->result.flags |= SF_INFO_LOCKS_TRUNCATED;
        return;
    }
    *place = index + 1;
    *(object_work *)sf_table_at(&c->object_work, sf_table_add(&c->object_work)) = (object_work){ .class = type };
    *(sf_object *)sf_table_at(&c->objects, index) = (sf_object){
        address, kind, lasting_type_index(c, type), SF_NONE, SF_NONE, SF_COUNT_UNKNOWN, 0,
    };
}

/* For collectors with regions, which reserve an address range of their own. */
static bool is_in_heap(const layout *k, uintptr_t address)
{
    return layout_knows(k, LAYOUT_HEAP_RANGE) && layout_knows(k, LAYOUT_COLLECTOR) && address - k->collector.lowest < k->collector.highest - k->collector.lowest;
}

/* A type that was already seen, also in the same batch, is not looked up again, unless another type has replaced it in the hash table. */
void add_waited_objects(capture *c, waited_object *objects, uint32_t count)
{
    uint32_t batch = ++known.batches;
    for (uint32_t i = 0; i < count; i++) {
        waited_object *o = &objects[i];
        verdict *v = verdict_of(o->type);
        bool is_known = v->type == o->type;
        o->asks = !is_known && plausible(o->type) && !is_in_heap(&c->runtime.layout, o->type);
        o->base = o->asks ? o->type : 0;
        if (is_known)
            v->batch = batch;
        else if (o->asks && v->batch != batch)
            *v = (verdict){ o->type, 0, batch };
    }
    find_kinds(c, objects, count);
    for (uint32_t i = 0; i < count; i++) {
        waited_object *o = &objects[i];
        verdict *v = verdict_of(o->type);
        if (o->asks)
            o->kind = kind_of_type(c, o);
        if (o->asks && v->type == o->type)
            v->kind = o->kind;
    }
    for (uint32_t i = 0; i < count; i++) {
        const waited_object *o = &objects[i];
        const verdict *v = verdict_of(o->type);
        add_object(c, o->address, o->type, o->asks ? o->kind : v->type == o->type ? v->kind : 0);
    }
}
