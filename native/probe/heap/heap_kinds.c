/* What the types of the heap's objects are to us.
 *
 * The runtime enumerates the objects, and so answers for their types: what is read of those, and of what they are derived from, are plain
 * loads. Where in a MethodTable things are is in the contract, but for two: the list of interfaces and the description of where an object
 * has references. Both are held against what CoreLib's metadata says of Task, before the pause. */
#include "heap/heap.h"

enum {
    MAX_PARENTS = 64,
    MAX_KNOWN_TYPES = 1 << 17,
    MAX_REFERENCES = 2048, /* in one object */
};

static uintptr_t parent_of(const capture *c, uintptr_t type) { return heap_word(type + c->runtime.layout.type.parent); }

static bool is_core_type(const capture *c, uintptr_t type, enum core_class which)
{
    const layout *k = &c->runtime.layout;
    return k->types[which].token != 0 && heap_word(type + k->type.module) == c->runtime.core.module
        && heap_half(type + k->type.flags2) >> k->type.token_shift == (k->types[which].token & 0x00FFFFFF);
}

/* The classes that an object's type may be or be derived from, and what that makes of the object. */
static const struct { enum core_class class; uint32_t flags; } bases[] = {
    { CORE_BOX, SF_HEAP_OBJECT_METHOD | SF_HEAP_OBJECT_TASK },
    { CORE_POOLED_BOX, SF_HEAP_OBJECT_METHOD | SF_HEAP_OBJECT_POOLED | SF_HEAP_OBJECT_SOURCE },
    { CORE_SUSPENDED_TASK, SF_HEAP_OBJECT_SUSPENDED | SF_HEAP_OBJECT_TASK },
    { CORE_CONTINUATION, SF_HEAP_OBJECT_CONTINUATION },
    { CORE_TASK, SF_HEAP_OBJECT_TASK },
    { CORE_TIMER, SF_HEAP_OBJECT_TIMER },
    { CORE_SEMAPHORE, SF_HEAP_OBJECT_SEMAPHORE },
};
enum { BASES = sizeof bases / sizeof *bases };

static uint32_t flags_of_class(const capture *c, uintptr_t type)
{
    for (int depth = 0; depth < MAX_PARENTS && type != 0; depth++, type = parent_of(c, type))
        for (int i = 0; i < BASES; i++)
            if (is_core_type(c, type, bases[i].class))
                return bases[i].flags;
    return 0;
}

static bool is_task_array(const capture *c, uintptr_t type)
{
    uint32_t kind, rank = 0;
    clr_id element = 0;
    if (info_array_class(c->runtime.info, type, &kind, &element, &rank) != S_OK || rank != 1 || !plausible(element)
        || heap_half(type + c->runtime.layout.type.size) != c->runtime.layout.array.items + c->runtime.layout.type.header)
        return false;
    return flags_of_class(c, element) & SF_HEAP_OBJECT_TASK;
}

static uint32_t flags_of(const capture *c, uintptr_t type)
{
    const layout *k = &c->runtime.layout;
    if (parent_of(c, type) == core_class_of(&c->runtime, CORE_ARRAY))
        return is_task_array(c, type) ? SF_HEAP_OBJECT_ARRAY : 0;
    uint32_t flags = flags_of_class(c, type);
    if (flags != 0)
        return flags;
    uint32_t count = heap_half(type + k->type.interface_count) & 0xFFFF, found = 0;
    uintptr_t list = count > 0 ? heap_word(type + k->type.interfaces) : 0;
    for (uint32_t i = 0; i < count; i++) {
        uintptr_t interface = heap_word(list + i * sizeof list);
        found |= is_core_type(c, interface, CORE_MACHINE) ? SF_HEAP_OBJECT_MACHINE
            : is_core_type(c, interface, CORE_SOURCE) || is_core_type(c, interface, CORE_SOURCE_OF) ? SF_HEAP_OBJECT_SOURCE : 0;
    }
    return found;
}

uint32_t heap_kind_of(capture *c, uintptr_t type)
{
    heap *h = c->heap;
    uint32_t kind = sf_index_get(&h->kind_index, type);
    if (kind != SF_NONE)
        return kind;
    uint32_t flags = flags_of(c, type);
    kind = flags != 0 ? sf_table_add(&h->kinds) : 0;
    if (kind == SF_NONE || h->known_types == MAX_KNOWN_TYPES) {
        h->result.flags |= SF_HEAP_OBJECTS_TRUNCATED;
        return 0;
    }
    if (kind != 0)
        *(heap_kind *)sf_table_at(&h->kinds, kind) = (heap_kind){
            .type = type, .flags = flags, .index = SF_NONE, .size = heap_half(type + c->runtime.layout.type.size) - c->runtime.layout.type.header };
    h->known_types++;
    *sf_index_find(&h->kind_index, type) = kind + 1;
    return kind;
}

/* The runtime describes to its garbage collector where an object has references, before the MethodTable and backwards: how many runs of
 * them there are, then of each the offset and the length, less the object's size. A negative number is that of an array of structs. */
static uint32_t references_of(const capture *c, uintptr_t type, uint32_t *offsets)
{
    typedef struct run { uint64_t length, offset; } run;
    uint32_t size = heap_half(type + c->runtime.layout.type.size), n = 0;
    if (!(heap_half(type + c->runtime.layout.type.flags) & c->runtime.layout.type.has_references))
        return 0;
    int64_t runs = (int64_t)heap_word(type - sizeof runs);
    for (int64_t i = 1; i <= runs; i++) {
        run r;
        memcpy(&r, (const void *)(type - sizeof runs - (uint64_t)i * sizeof r), sizeof r);
        r.length += size;
        if (r.offset < sizeof type || r.offset >= size || r.length > size - c->runtime.layout.type.header - r.offset)
            return 0; /* not what we take it for */
        for (uint64_t at = r.offset; at < r.offset + r.length && n < MAX_REFERENCES; at += sizeof at) {
            uint32_t place = n++;
            for (; place > 0 && offsets[place - 1] > at; place--)
                offsets[place] = offsets[place - 1];
            offsets[place] = (uint32_t)at;
        }
    }
    return n;
}

static bool is_struct(const capture *c, uintptr_t type) { return (heap_half(type + c->runtime.layout.type.flags) & c->runtime.layout.type.kind) == c->runtime.layout.type.is_struct; }

/* A type can be unloaded as soon as the program runs: which it is, and of which it is made, is read now. */
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

uintptr_t heap_shared_type(const capture *c, uintptr_t type)
{
    uintptr_t class = layout_knows(&c->runtime.layout, LAYOUT_TYPES) ? heap_word(type + c->runtime.layout.type.class) : 0;
    return class & 1 ? class & ~(uintptr_t)1 : type;
}

/* The machine is the box's only field of its own that is a struct, and the runtime puts those last. */
static void join_machine(capture *c, heap_kind *box, uintptr_t type)
{
    type = heap_shared_type(c, type);
    box->machine = heap_kind_of(c, type);
    if (box->machine == 0)
        return;
    heap_kind *machine = sf_table_at(&c->heap->kinds, box->machine);
    uint32_t bytes = heap_half(type + c->runtime.layout.type.size) - c->runtime.layout.type.header - (uint32_t)sizeof type;
    machine->in_box = true;
    machine->in_box_at = is_struct(c, type) && bytes < box->size ? box->size - bytes : 0;
}

/* The runtime makes a type of continuations for each set of references that there is to keep: one that metadata has nothing of. */
static uintptr_t class_with_name(const capture *c, const heap_kind *kind)
{
    bool has_name = !(kind->flags & SF_HEAP_OBJECT_CONTINUATION) || is_core_type(c, kind->type, CORE_TASK_CONTINUATION)
        || is_core_type(c, kind->type, CORE_SOURCE_CONTINUATION);
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
    uint32_t count = kind->flags & SF_HEAP_OBJECT_ARRAY ? 0 : references_of(c, kind->type, offsets);
    uint32_t first = sf_table_add_many(&c->heap->references, count);
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

/* The list of Task's interfaces is where its two are. */
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

/* Task's references are those of its fields that are none of its numbers. */
static bool knows_references(const capture *c, uintptr_t task)
{
    static uint32_t offsets[MAX_REFERENCES];
    const layout *k = &c->runtime.layout;
    const uint32_t fields[] = { k->task.action, k->task.object, k->task.scheduler, k->task.properties, k->task.continuation };
    enum { FIELDS = sizeof fields / sizeof *fields };
    uint32_t n = references_of(c, task, offsets), right = 0;
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
        c->heap->result.status = SF_HEAP_WALKED; /* the program has not come to use tasks yet: there is nothing to look for */
        return false;
    }
    if (layout_knows(k, LAYOUT_ASYNC) && layout_knows(k, LAYOUT_TASKS) && knows_references(c, task)
        && find_interfaces(c, task, core_class_of(r, CORE_ASYNC_RESULT), core_class_of(r, CORE_DISPOSABLE)))
        return true;
    c->result.lacking |= SF_PART_ASYNC;
    return false;
}
