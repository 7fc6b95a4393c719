/* The roles of the types of heap objects, and the offsets of references in an object.
 *
 * The contract gives the layout of a MethodTable, except for two parts: the list of interfaces and the description of references. Both are compared
 * with what CoreLib's metadata says of Task, before the pause. */
#include "heap/heap.h"

enum {
    MAX_PARENTS = 64,
    MAX_REFERENCES = 2048, /* in one object */
};

static uintptr_t parent_of(capture *c, uintptr_t type) { return heap_type_word(c, type + c->runtime.layout.type.parent); }

uint32_t heap_known_kind(const heap *h, uintptr_t type)
{
    uint32_t index = sf_index_get(&h->type_index, type);
    return index == SF_NONE ? 0 : ((heap_type *)sf_table_at(&h->types, index))->kind;
}

/* How many bytes of such an object are read without checking its length. */
static uint32_t bytes_read_of(const layout *k, uint32_t flags)
{
    enum { WORD = sizeof(uintptr_t), HALF = sizeof(uint32_t) };
    const struct { uint32_t flag, at, bytes; } parts[] = {
        { SF_HEAP_OBJECT_TASK, k->task.state, HALF }, { SF_HEAP_OBJECT_TASK, k->task.continuation, WORD }, { SF_HEAP_OBJECT_SUSPENDED, k->task.object, WORD },
        { SF_HEAP_OBJECT_SEMAPHORE, k->semaphore.async_head, WORD }, { SF_HEAP_OBJECT_CONTINUATION, k->continuation.next, WORD },
        { SF_HEAP_OBJECT_CONTINUATION, k->continuation.resume_info, WORD }, { SF_HEAP_OBJECT_CONTINUATION, k->continuation.resume, WORD },
    };
    uint32_t bytes = 0;
    for (uint32_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (flags & parts[i].flag && parts[i].at + parts[i].bytes > bytes)
            bytes = parts[i].at + parts[i].bytes;
    return bytes;
}

uint32_t heap_kind_of(capture *c, uintptr_t type)
{
    heap_type *of = heap_type_of(c, type, 0);
    return of ? heap_kind_of_type(c, type, of) : 0;
}

uint32_t heap_kind_of_type(capture *c, uintptr_t type, heap_type *of)
{
    heap *h = c->heap;
    uint32_t flags = of->flags | of->by_interface;
    if (flags == 0 || of->kind != 0)
        return flags == 0 ? 0 : of->kind;
    if (of->bytes - c->runtime.layout.type.header < bytes_read_of(&c->runtime.layout, flags))
        return 0;
    uint32_t kind = sf_table_add(&h->kinds);
    if (kind == SF_NONE) {
        h->result.flags |= SF_HEAP_OBJECTS_TRUNCATED;
        return 0;
    }
    *(heap_kind *)sf_table_at(&h->kinds, kind) = (heap_kind){
        .type = type, .flags = flags, .index = SF_NONE, .size = of->bytes - c->runtime.layout.type.header, .framework = of->framework };
    of->kind = kind;
    return kind;
}

/* The runtime describes an object's references for its garbage collector, before the MethodTable and growing downwards: the number of runs of
 * references, then for each run its offset and its length minus the object's size. A negative number of runs means an array of structs. */
static uint32_t references_of(capture *c, uintptr_t type, uint32_t *offsets, bool *cut)
{
    typedef struct run { uint64_t length, offset; } run;
    uint32_t size = heap_type_half(c, type + c->runtime.layout.type.size), n = 0;
    if (!(heap_type_half(c, type + c->runtime.layout.type.flags) & c->runtime.layout.type.has_references))
        return 0;
    int64_t runs = (int64_t)heap_type_word(c, type - sizeof runs);
    for (int64_t i = 1; i <= runs; i++) {
        run r;
        if (n == MAX_REFERENCES) {
            *cut = true;
            break;
        }
        if (!heap_type_read(c, type - sizeof runs - (uint64_t)i * sizeof r, &r, sizeof r))
            return 0;
        r.length += size;
        if (r.offset < sizeof type || r.offset >= size || r.length > size - c->runtime.layout.type.header - r.offset)
            return 0; /* not the expected layout */
        for (uint64_t at = r.offset; at < r.offset + r.length; at += sizeof at) {
            if (n == MAX_REFERENCES) {
                *cut = true;
                break;
            }
            uint32_t place = n++;
            for (; place > 0 && offsets[place - 1] > at; place--)
                offsets[place] = offsets[place - 1];
            offsets[place] = (uint32_t)at;
        }
    }
    for (uint32_t i = 1; i < n; i++)
        if (offsets[i] == offsets[i - 1])
            return 0; /* the same */
    return n;
}

uint32_t heap_references_of(capture *c, uintptr_t type, uint32_t *offsets, uint32_t most)
{
    static uint32_t all[MAX_REFERENCES];
    bool cut = false;
    uint32_t count = references_of(c, type, all, &cut);
    count = count < most ? count : most;
    memcpy(offsets, all, count * sizeof *all);
    return count;
}

static bool is_struct(capture *c, uintptr_t type) { return (heap_type_half(c, type + c->runtime.layout.type.flags) & c->runtime.layout.type.kind) == c->runtime.layout.type.is_struct; }

/* A type can be unloaded when the program runs, so its identity and type arguments are read now. */
static void want_layout(capture *c, uintptr_t type, uint32_t kind)
{
    bool as_struct = is_struct(c, type);
    uint32_t index = describe_type(c, type, 0);
    for (int depth = 0; depth < MAX_PARENTS && index != SF_NONE; depth++) {
        layout_work *work = sf_table_at(&c->heap->layout_work, index);
        if (kind != 0)
            work->kind = kind;
        if (work->wanted)
            return;
        type = parent_of(c, type);
        *work = (layout_work){ true, as_struct, type != 0 ? describe_type(c, type, 0) : SF_NONE, kind };
        index = work->parent;
        as_struct = false;
        kind = 0;
    }
}

uintptr_t heap_shared_type(capture *c, uintptr_t type)
{
    uintptr_t class = layout_knows(&c->runtime.layout, LAYOUT_TYPES) ? heap_type_word(c, type + c->runtime.layout.type.class) : 0;
    return class & 1 ? class & ~(uintptr_t)1 : type;
}

/* The machine is the only struct among the box's own fields, and the runtime puts structs last. */
static void join_machine(capture *c, heap_kind *box, uintptr_t type)
{
    type = heap_shared_type(c, type);
    box->machine = heap_kind_of(c, type);
    if (box->machine == 0)
        return;
    heap_kind *machine = sf_table_at(&c->heap->kinds, box->machine);
    uint32_t bytes = heap_type_half(c, type + c->runtime.layout.type.size) - c->runtime.layout.type.header - (uint32_t)sizeof type;
    machine->in_box = true;
    machine->in_box_at = is_struct(c, type) && bytes < box->size ? box->size - bytes : 0;
}

/* The runtime makes a continuation type for each set of references to save. Metadata does not contain these types. */
static uintptr_t class_with_name(capture *c, const heap_kind *kind)
{
    bool has_name = !(kind->flags & SF_HEAP_OBJECT_CONTINUATION) || heap_is_core_type(c, kind->type, CORE_TASK_CONTINUATION)
        || heap_is_core_type(c, kind->type, CORE_SOURCE_CONTINUATION);
    return has_name ? kind->type : core_class_of(&c->runtime, CORE_CONTINUATION);
}

void heap_describe_kind(capture *c, uint32_t index)
{
    static uint32_t offsets[MAX_REFERENCES];
    heap_kind *kind = sf_table_at(&c->heap->kinds, index);
    if (kind->described)
        return;
    kind->described = true;
    uintptr_t class = class_with_name(c, kind);
    kind->index = describe_type(c, class, 0);
    if (kind->index == SF_NONE)
        return;
    bool cut = false;
    uint32_t count = kind->flags & SF_HEAP_OBJECT_ARRAY ? 0 : references_of(c, kind->type, offsets, &cut);
    uint32_t first = sf_table_add_many(&c->heap->references, count);
    if (cut || first == SF_NONE)
        c->heap->result.flags |= SF_HEAP_REFERENCES_TRUNCATED;
    if (first != SF_NONE && count > 0) {
        memcpy(sf_table_at(&c->heap->references, first), offsets, count * sizeof *offsets);
        kind->first_reference = first;
        kind->reference_count = count;
    }
    want_layout(c, class, class == kind->type ? index : 0);
    const sf_type *type = sf_table_at(&c->types, kind->index);
    if (!(kind->flags & SF_HEAP_OBJECT_METHOD) || type->arg_count == 0)
        return;
    uint32_t machine = *(uint32_t *)sf_table_at(&c->type_args, type->arg_start + type->arg_count - 1);
    uintptr_t machine_type = machine == SF_NONE ? 0 : ((sf_type *)sf_table_at(&c->types, machine))->class_id;
    if (plausible(machine_type)) {
        want_layout(c, machine_type, 0);
        join_machine(c, kind, machine_type);
    }
}

/* Finds the list of interfaces in Task, by the two interfaces that Task has. */
static bool find_interfaces(capture *c, uintptr_t task, uintptr_t one, uintptr_t other)
{
    enum { FIRST = 48, LAST = 72 };
    uint32_t count;
    uintptr_t list, entries[2];
    if (!sf_read((void *)(task + c->runtime.layout.type.interface_count), &count, sizeof count) || (count & 0xFFFF) != 2)
        return false;
    for (uint32_t at = FIRST; at <= LAST; at += sizeof list)
        if (sf_read_pointer(task + at, &list) && plausible(list) && sf_read((void *)list, entries, sizeof entries)
            && ((entries[0] == one && entries[1] == other) || (entries[0] == other && entries[1] == one))) {
            c->runtime.layout.type.interfaces = at;
            return true;
        }
    return false;
}

/* Task's references must be exactly its fields that are not numbers. */
static bool knows_references(capture *c, uintptr_t task)
{
    static uint32_t offsets[MAX_REFERENCES];
    const layout *k = &c->runtime.layout;
    const uint32_t fields[] = { k->task.action, k->task.object, k->task.scheduler, k->task.properties, k->task.continuation };
    enum { FIELDS = sizeof fields / sizeof *fields };
    bool cut = false;
    uint32_t n = references_of(c, task, offsets, &cut), right = 0;
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t f = 0; f < FIELDS; f++)
            right += fields[f] == offsets[i];
    for (uint32_t f = 0; f < FIELDS; f++)
        c->heap->task_words |= fields[f] < 64 * sizeof(uintptr_t) ? (uint64_t)1 << fields[f] / sizeof(uintptr_t) : 0;
    return n == FIELDS && right == n;
}

bool heap_know_types(capture *c)
{
    const runtime *r = &c->runtime;
    const layout *k = &r->layout;
    uintptr_t task = core_class_of(r, CORE_TASK);
    if (!r->has_core || !layout_knows(k, LAYOUT_REFERENCES) || !layout_knows(k, LAYOUT_STRINGS) || core_class_of(r, CORE_ARRAY) == 0)
        return false;
    if (task == 0 && k->types[CORE_TASK].token != 0) {
        c->heap->result.status = SF_HEAP_WALKED; /* the program has not used tasks yet, so nothing can be found */
        return false;
    }
    if (layout_knows(k, LAYOUT_ASYNC) && layout_knows(k, LAYOUT_TASKS) && knows_references(c, task)
        && find_interfaces(c, task, core_class_of(r, CORE_ASYNC_RESULT), core_class_of(r, CORE_DISPOSABLE)) && heap_knows_elements(c))
        return true;
    c->result.lacking |= SF_PART_ASYNC;
    return false;
}
