/* What the types of the heap's objects are to us.
 *
 * The runtime enumerates the objects, and so answers for their types: what is read of those, and of what they are derived from, are plain
 * loads. Where in a MethodTable things are is in the contract, but for two: the list of interfaces and the description of where an object
 * has references. Both are held against what CoreLib's metadata says of Task, before the pause. */
#include "capture.h"
#include "fields.h"

enum {
    MAX_PARENTS = 64,
    MAX_KNOWN_TYPES = 1 << 17,
    MAX_REFERENCES = 2048, /* in one object */
    OBJECT_HEADER = 8,     /* part of an object's size, but before its address */
    ARRAY_BEGIN = 16,

    /* Of a MethodTable's flags. */
    TYPE_HAS_REFERENCES = 0x01000000,
    TYPE_KIND = 0x000C0000,
    TYPE_STRUCT = 0x00040000,
};

static uintptr_t parent_of(const capture *c, uintptr_t type) { return heap_word(type + c->contract.type_parent); }

static bool is_core_type(const capture *c, uintptr_t type, enum heap_type which)
{
    uint32_t token = c->heap.tokens[which];
    return token != 0 && heap_word(type + c->contract.type_module) == c->heap.core
        && heap_half(type + c->contract.type_flags2) >> 8 == (token & 0x00FFFFFF);
}

/* Which of the classes that matter a type is, or is derived from; HEAP_NAMED for none. */
static enum heap_type class_of(const capture *c, uintptr_t type)
{
    for (int depth = 0; depth < MAX_PARENTS && type != 0; depth++, type = parent_of(c, type))
        for (int i = 0; i < HEAP_NAMED; i++)
            if (is_core_type(c, type, i))
                return i;
    return HEAP_NAMED;
}

static bool is_task_array(const capture *c, uintptr_t type)
{
    uint32_t kind, rank = 0;
    clr_id element = 0;
    if (info_array_class(c->info, type, &kind, &element, &rank) != S_OK || rank != 1 || !plausible(element)
        || heap_half(type + c->contract.type_size) != ARRAY_BEGIN + OBJECT_HEADER)
        return false;
    enum heap_type class = class_of(c, element);
    return class == HEAP_BOX || class == HEAP_TASK;
}

static uint32_t flags_of(const capture *c, uintptr_t type)
{
    static const uint32_t flags[HEAP_NAMED] = {
        [HEAP_BOX] = SF_HEAP_OBJECT_METHOD | SF_HEAP_OBJECT_TASK,
        [HEAP_POOLED_BOX] = SF_HEAP_OBJECT_METHOD | SF_HEAP_OBJECT_POOLED | SF_HEAP_OBJECT_SOURCE,
        [HEAP_TASK] = SF_HEAP_OBJECT_TASK,
        [HEAP_TIMER] = SF_HEAP_OBJECT_TIMER,
        [HEAP_SEMAPHORE] = SF_HEAP_OBJECT_SEMAPHORE,
    };
    const contract *k = &c->contract;
    if (parent_of(c, type) == c->heap.array)
        return is_task_array(c, type) ? SF_HEAP_OBJECT_ARRAY : 0;
    enum heap_type class = class_of(c, type);
    if (class != HEAP_NAMED)
        return flags[class];
    uint32_t count = heap_half(type + k->type_interfaces) & 0xFFFF, found = 0;
    uintptr_t list = count > 0 ? heap_word(type + c->heap.interfaces) : 0;
    for (uint32_t i = 0; i < count; i++) {
        uintptr_t interface = heap_word(list + i * sizeof list);
        found |= is_core_type(c, interface, HEAP_MACHINE) ? SF_HEAP_OBJECT_MACHINE
            : is_core_type(c, interface, HEAP_SOURCE) || is_core_type(c, interface, HEAP_SOURCE_OF) ? SF_HEAP_OBJECT_SOURCE : 0;
    }
    return found;
}

uint32_t heap_kind_of(capture *c, uintptr_t type)
{
    heap *h = &c->heap;
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
            .type = type, .flags = flags, .index = SF_NONE, .size = heap_half(type + c->contract.type_size) - OBJECT_HEADER };
    h->known_types++;
    *sf_index_find(&h->kind_index, type) = kind + 1;
    return kind;
}

/* The runtime describes to its garbage collector where an object has references, before the MethodTable and backwards: how many runs of
 * them there are, then of each the offset and the length, less the object's size. A negative number is that of an array of structs. */
static uint32_t references_of(const capture *c, uintptr_t type, uint32_t *offsets)
{
    typedef struct run { uint64_t length, offset; } run;
    uint32_t size = heap_half(type + c->contract.type_size), n = 0;
    if (!(heap_half(type + c->contract.type_flags) & TYPE_HAS_REFERENCES))
        return 0;
    int64_t runs = (int64_t)heap_word(type - sizeof runs);
    for (int64_t i = 1; i <= runs; i++) {
        run r;
        memcpy(&r, (const void *)(type - sizeof runs - (uint64_t)i * sizeof r), sizeof r);
        r.length += size;
        if (r.offset < sizeof type || r.offset >= size || r.length > size - OBJECT_HEADER - r.offset)
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

static bool is_struct(const capture *c, uintptr_t type) { return (heap_half(type + c->contract.type_flags) & TYPE_KIND) == TYPE_STRUCT; }

/* A type can be unloaded as soon as the program runs: which it is, and of which it is made, is read now. */
static void want_layout(capture *c, uintptr_t type, uint32_t kind)
{
    bool as_struct = is_struct(c, type);
    uint32_t index = describe_type(c, type, 0);
    for (int depth = 0; depth < MAX_PARENTS && index != SF_NONE; depth++) {
        layout_work *work = sf_table_at(&c->heap.layout_work, index);
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
    uintptr_t class = c->contract.class_type != 0 ? heap_word(type + c->contract.type_class) : 0;
    return class & 1 ? class & ~(uintptr_t)1 : type;
}

/* The machine is the box's only field of its own that is a struct, and the runtime puts those last. */
static void join_machine(capture *c, heap_kind *box, uintptr_t type)
{
    type = heap_shared_type(c, type);
    box->machine = heap_kind_of(c, type);
    if (box->machine == 0)
        return;
    heap_kind *machine = sf_table_at(&c->heap.kinds, box->machine);
    uint32_t bytes = heap_half(type + c->contract.type_size) - OBJECT_HEADER - (uint32_t)sizeof type;
    machine->in_box = true;
    machine->in_box_at = is_struct(c, type) && bytes < box->size ? box->size - bytes : 0;
}

void heap_describe_kind(capture *c, uint32_t index)
{
    static uint32_t offsets[MAX_REFERENCES];
    heap_kind *kind = sf_table_at(&c->heap.kinds, index);
    if (kind->described)
        return;
    kind->described = true;
    kind->index = describe_type(c, kind->type, 0);
    if (kind->index == SF_NONE)
        return;
    uint32_t count = kind->flags & SF_HEAP_OBJECT_ARRAY ? 0 : references_of(c, kind->type, offsets);
    uint32_t first = sf_table_add_many(&c->heap.references, count);
    if (first != SF_NONE && count > 0) {
        memcpy(sf_table_at(&c->heap.references, first), offsets, count * sizeof *offsets);
        kind->first_reference = first;
        kind->reference_count = count;
    }
    want_layout(c, kind->type, index);
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
    if (!sf_read((void *)(task + c->contract.type_interfaces), &count, sizeof count) || (count & 0xFFFF) != 2)
        return false;
    for (uint32_t at = FIRST; at <= LAST; at += sizeof list)
        if (sf_read_pointer(task + at, &list) && plausible(list) && sf_read((void *)list, entries, sizeof entries)
            && ((entries[0] == one && entries[1] == other) || (entries[0] == other && entries[1] == one))) {
            c->heap.interfaces = at;
            return true;
        }
    return false;
}

/* Task's references are those of its fields that are none of its numbers. */
static bool knows_references(const capture *c, uintptr_t task, const core_field *fields, uint32_t count)
{
    static uint32_t offsets[MAX_REFERENCES];
    uint32_t n = references_of(c, task, offsets), right = 0;
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t f = 0; f < count; f++)
            right += fields[f].offset == offsets[i];
    return n == count && right == n;
}

bool heap_know_types(capture *c)
{
    static const char compiler[] = "System.Runtime.CompilerServices", tasks[] = "System.Threading.Tasks", threading[] = "System.Threading",
        sources[] = "System.Threading.Tasks.Sources", system[] = "System", nested[] = "";
    core_type types[HEAP_TYPES] = {
        [HEAP_BOX] = { .space = nested, .name = "AsyncStateMachineBox`1" },
        [HEAP_POOLED_BOX] = { .space = nested, .name = "StateMachineBox`1" },
        [HEAP_TASK] = { .space = tasks, .name = "Task" },
        [HEAP_TIMER] = { .space = threading, .name = "TimerQueueTimer" },
        [HEAP_SEMAPHORE] = { .space = threading, .name = "SemaphoreSlim" },
        [HEAP_MACHINE] = { .space = compiler, .name = "IAsyncStateMachine" },
        [HEAP_SOURCE] = { .space = sources, .name = "IValueTaskSource" },
        [HEAP_SOURCE_OF] = { .space = sources, .name = "IValueTaskSource`1" },
        [HEAP_ASYNC_RESULT] = { .space = system, .name = "IAsyncResult" },
        [HEAP_DISPOSABLE] = { .space = system, .name = "IDisposable" },
        [HEAP_ARRAY] = { .space = system, .name = "Array" },
    };
    core_field state = { .name = "m_stateFlags" }, head = { .name = "m_asyncHead" };
    core_field references[] = { { .name = "m_action" }, { .name = "m_stateObject" }, { .name = "m_taskScheduler" },
                                { .name = "m_contingentProperties" }, { .name = "m_continuationObject" } };
    enum { CONTINUATION = 4, REFERENCES = sizeof references / sizeof *references };
    heap *h = &c->heap;
    core_lib core;
    if (c->contract.type_interfaces == 0 || !core_open(c, &core)) /* which wants all else that is used here of the contract */
        return false;
    core_find_types(&core, types, HEAP_TYPES);
    for (int i = 0; i < HEAP_TYPES; i++) {
        h->tokens[i] = types[i].token;
        if (types[i].token == 0)
            return false;
    }
    h->core = core.module;
    h->array = types[HEAP_ARRAY].class;
    if (types[HEAP_TASK].class == 0 && h->array != 0) {
        h->result.status = SF_HEAP_WALKED; /* the program has not come to use tasks yet: there is nothing to look for */
        return false;
    }
    if (h->array == 0 || !core_find_fields(&core, &types[HEAP_TASK], &state, 1)
        || !core_find_fields(&core, &types[HEAP_TASK], references, REFERENCES)
        || !find_interfaces(c, types[HEAP_TASK].class, types[HEAP_ASYNC_RESULT].class, types[HEAP_DISPOSABLE].class)
        || !knows_references(c, types[HEAP_TASK].class, references, REFERENCES))
        return false;
    h->state_flags = state.offset;
    h->continuation = references[CONTINUATION].offset;
    for (uint32_t i = 0; i < REFERENCES; i++)
        h->task_words |= references[i].offset < 64 * sizeof(uintptr_t) ? (uint64_t)1 << references[i].offset / sizeof(uintptr_t) : 0;
    h->async_head = types[HEAP_SEMAPHORE].class != 0 && core_find_fields(&core, &types[HEAP_SEMAPHORE], &head, 1) ? head.offset : 0;
    return true;
}
