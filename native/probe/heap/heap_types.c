/* Information about the types of objects. The first read from a page uses a call that can fail; later ones are plain loads. A type can be unloaded
 * while dead objects of it still exist, and an address from the collector's descriptor may not be an object. A thousand types are on about a hundred
 * pages. */
#include "heap/heap.h"

enum {
    MAX_PARENTS = 64,
    MAX_INTERFACES = 1024,
    TYPE_BYTES = 128,
    LEAST_BYTES = 2 * sizeof(uintptr_t), /* of an object with its header: strings have less than the minimum, but at least one character more */
    MOST_BYTES = 64 << 20,
};

/* A background collection releases heap memory meanwhile, and its unfinished work can have an object where a type should be. */
static bool may_go(const capture *c, uintptr_t at)
{
    const layout *k = &c->runtime.layout;
    return c->heap->moving && (!layout_knows(k, LAYOUT_HEAP_RANGE) || (at >= k->collector.lowest && at < k->collector.highest));
}

/* Before the pause, memory can be unmapped at any time. For objects that the runtime enumerates, the runtime has already read the type; not so for those
 * to which a reference leads that may lead anywhere. */
bool heap_type_read(capture *c, uintptr_t at, void *to, size_t n)
{
    heap *h = c->heap;
    if (h->begun == 0 || h->guessing || (h->reaching && h->moving))
        return sf_read((const void *)at, to, n);
    if (h->reaching)
        return sf_proof_read(&h->type_memory, at, to, n);
    if (!h->info)
        return may_go(c, at) ? sf_read((const void *)at, to, n) : sf_proof_read(&h->type_memory, at, to, n);
    memcpy(to, (const void *)at, n);
    return true;
}

uintptr_t heap_type_word(capture *c, uintptr_t at)
{
    uintptr_t word;
    return heap_type_read(c, at, &word, sizeof word) ? word : 0;
}

uint32_t heap_type_half(capture *c, uintptr_t at)
{
    uint32_t half;
    return heap_type_read(c, at, &half, sizeof half) ? half : 0;
}

static uint32_t most(uint32_t a, uint32_t b) { return a > b ? a : b; }

/* For a type that no object has: only the part that identifies it. Memory latency dominates, line by line. */
static size_t bytes_of_name(const layout *k) { return most(k->type.module, k->type.flags2) + sizeof(uintptr_t); }

static size_t bytes_of_type(const layout *k)
{
    uint32_t last = most(most(most(k->type.element, k->type.interfaces), most(k->type.parent, k->type.size)), most(k->type.flags, k->type.interface_count));
    return most(last + (uint32_t)sizeof(uintptr_t), (uint32_t)bytes_of_name(k));
}

static uintptr_t word_in(const uint8_t *copy, uint32_t offset) { return offset <= TYPE_BYTES - sizeof(uintptr_t) ? heap_word((uintptr_t)copy + offset) : 0; }

static bool is_core_type(const capture *c, const uint8_t *copy, enum core_class which)
{
    const layout *k = &c->runtime.layout;
    return k->types[which].token != 0 && word_in(copy, k->type.module) == c->runtime.core.module
        && (uint32_t)word_in(copy, k->type.flags2) >> k->type.token_shift == (k->types[which].token & 0x00FFFFFF);
}

bool heap_is_core_type(capture *c, uintptr_t type, enum core_class which)
{
    uint8_t copy[TYPE_BYTES];
    return heap_type_read(c, type, copy, bytes_of_name(&c->runtime.layout)) && is_core_type(c, copy, which);
}

/* The base classes that matter, and the flags of objects derived from them. */
static const struct { enum core_class class; uint32_t flags; } bases[] = {
    { CORE_BOX, SF_HEAP_OBJECT_METHOD | SF_HEAP_OBJECT_TASK },
    { CORE_POOLED_BOX, SF_HEAP_OBJECT_METHOD | SF_HEAP_OBJECT_POOLED | SF_HEAP_OBJECT_SOURCE },
    { CORE_SUSPENDED_TASK, SF_HEAP_OBJECT_SUSPENDED | SF_HEAP_OBJECT_TASK },
    { CORE_CONTINUATION, SF_HEAP_OBJECT_CONTINUATION },
    { CORE_TASK, SF_HEAP_OBJECT_TASK },
    { CORE_TIMER, SF_HEAP_OBJECT_TIMER },
    { CORE_SEMAPHORE, SF_HEAP_OBJECT_SEMAPHORE },
};

static uint32_t flags_by_class(const capture *c, const uint8_t *copy)
{
    for (uint32_t i = 0; i < sizeof bases / sizeof *bases; i++)
        if (is_core_type(c, copy, bases[i].class))
            return bases[i].flags;
    return 0;
}

static uint8_t framework_number(const capture *c, const uint8_t *copy)
{
    const layout *k = &c->runtime.layout;
    uintptr_t module = word_in(copy, k->type.module);
    for (uint8_t i = 0; i < FRAMEWORK_CLASSES; i++) {
        const framework_type *known = &c->heap->framework[i];
        if (known->class != 0 && known->module == module && (uint32_t)word_in(copy, k->type.flags2) >> k->type.token_shift == (known->token & 0x00FFFFFF))
            return (uint8_t)(i + 1);
    }
    return 0;
}

/* A thousand types have few distinct interfaces. */
static uint32_t flags_of_interface(capture *c, uintptr_t type)
{
    heap_interface *known = &c->heap->interfaces[heap_place_of(type, HEAP_INTERFACE_BITS)];
    uint8_t copy[TYPE_BYTES];
    if (known->type == type)
        return known->flags;
    if (!plausible(type) || !heap_type_read(c, type, copy, bytes_of_name(&c->runtime.layout)))
        return 0;
    *known = (heap_interface){ type, is_core_type(c, copy, CORE_MACHINE) ? SF_HEAP_OBJECT_MACHINE
        : is_core_type(c, copy, CORE_SOURCE) || is_core_type(c, copy, CORE_SOURCE_OF) ? SF_HEAP_OBJECT_SOURCE : 0 };
    return known->flags;
}

/* A type's list begins with its parent's list, so only the rest is new. */
static uint32_t flags_by_interfaces(capture *c, const uint8_t *copy, uint32_t from, uint32_t count)
{
    enum { AT_ONCE = 16 };
    uintptr_t some[AT_ONCE], list = word_in(copy, c->runtime.layout.type.interfaces);
    uint32_t found = 0;
    count = count < MAX_INTERFACES ? count : MAX_INTERFACES;
    for (uint32_t n; from < count; from += n) {
        n = count - from < AT_ONCE ? count - from : AT_ONCE;
        if (!heap_type_read(c, list + from * sizeof *some, some, n * sizeof *some))
            break;
        for (uint32_t i = 0; i < n; i++)
            found |= flags_of_interface(c, some[i]);
    }
    return found;
}

/* One-dimensional arrays have only the length before their elements. */
static bool is_task_array(capture *c, const uint8_t *copy, const heap_type *type, int depth)
{
    const layout *k = &c->runtime.layout;
    uintptr_t element = word_in(copy, k->type.element);
    if (type->bytes != k->array.items + k->type.header || (k->type.counts != 0 && type->element_bytes != sizeof element) || !plausible(element))
        return false;
    const heap_type *of = heap_type_of(c, element, depth + 1);
    return of && of->flags & SF_HEAP_OBJECT_TASK;
}

/* The base types of a valid object type lead to System.Object. */
static bool read_type(capture *c, uintptr_t type, heap_type *to, int depth)
{
    const layout *k = &c->runtime.layout;
    uint8_t copy[TYPE_BYTES];
    if (!plausible(type) || depth == MAX_PARENTS || !heap_type_read(c, type, copy, bytes_of_type(k)))
        return false;
    uintptr_t parent = word_in(copy, k->type.parent);
    uint32_t flags = (uint32_t)word_in(copy, k->type.flags);
    *to = (heap_type){
        .bytes = (uint32_t)word_in(copy, k->type.size),
        .element_bytes = flags & k->type.counts ? (uint16_t)(flags & k->type.element_bytes) : 0,
        .interfaces = (uint16_t)word_in(copy, k->type.interface_count),
    };
    if (to->bytes < LEAST_BYTES || to->bytes > MOST_BYTES)
        return false;
    if (type == k->type.object)
        return true;
    const heap_type *base = heap_type_of(c, parent, depth + 1);
    if (!base)
        return false;
    heap_type above = *base;
    if (parent == core_class_of(&c->runtime, CORE_ARRAY)) {
        to->flags = is_task_array(c, copy, to, depth) ? SF_HEAP_OBJECT_ARRAY : 0;
        return true;
    }
    to->flags = flags_by_class(c, copy);
    if (to->flags == 0)
        to->flags = above.flags;
    to->framework = to->flags == 0 ? framework_number(c, copy) : 0;
    if (to->framework == 0)
        to->framework = above.framework;
    if (to->framework != 0)
        to->flags |= SF_HEAP_OBJECT_DETAIL;
    if ((to->flags & ~(uint32_t)SF_HEAP_OBJECT_DETAIL) == 0)
        to->by_interface = above.by_interface | flags_by_interfaces(c, copy, above.interfaces, to->interfaces);
    return true;
}

heap_type *heap_type_of(capture *c, uintptr_t type, int depth)
{
    heap *h = c->heap;
    uint32_t index = sf_index_get(&h->type_index, type);
    if (index == SF_NONE) {
        heap_type read;
        bool is_type = read_type(c, type, &read, depth);
        index = sf_table_add(&h->types);
        if (index == SF_NONE) {
            h->result.flags |= SF_HEAP_OBJECTS_TRUNCATED;
            return NULL;
        }
        *(heap_type *)sf_table_at(&h->types, index) = is_type ? read : (heap_type){ 0 };
        *sf_index_find(&h->type_index, type) = index + 1;
    }
    heap_type *known = sf_table_at(&h->types, index);
    return known->bytes != 0 ? known : NULL;
}

const heap_recent *heap_recent_new(capture *c, uintptr_t type)
{
    const layout *k = &c->runtime.layout;
    heap_recent *recent = &c->heap->recent[heap_place_of(type, HEAP_RECENT_BITS)];
    if (type == 0)
        return NULL;
    if (layout_knows(k, LAYOUT_ALLOCATION) && type == k->allocation.free) {
        *recent = (heap_recent){ .type = type, .bytes = heap_type_half(c, type + k->type.size), .element_bytes = 1, .is_free = true };
        return recent;
    }
    heap_type *of = heap_type_of(c, type, 0);
    if (!of)
        return NULL;
    bool is_walked = of->flags != SF_HEAP_OBJECT_DETAIL || of->by_interface != 0 || c->heap->framework[of->framework - 1].walked;
    *recent = (heap_recent){ .type = type, .kind = is_walked ? heap_kind_of_type(c, type, of) : 0, .bytes = of->bytes, .element_bytes = of->element_bytes };
    return recent;
}

/* The element type of an array type is at the offset where the type of object[] has System.Object. */
bool heap_knows_elements(capture *c)
{
    const layout *k = &c->runtime.layout;
    return layout_knows(k, LAYOUT_ELEMENTS) && bytes_of_type(k) <= TYPE_BYTES
        && heap_type_word(c, k->type.object_array + k->type.element) == k->type.object;
}
