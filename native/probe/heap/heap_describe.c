/* Sorts and describes the copied objects, when the program runs again. */
#include "heap/heap.h"

/* By address, so that a reader can search. Heapsort, in place. */
static void sort_objects(sf_heap_object *objects, uint32_t count)
{
    for (uint32_t end = count, top = count / 2; end > 1;) {
        sf_heap_object moved;
        if (top > 0)
            moved = objects[--top];
        else {
            moved = objects[--end];
            objects[end] = objects[0];
        }
        uint32_t at = top;
        for (uint32_t next; (next = at * 2 + 1) < end; at = next) {
            if (next + 1 < end && objects[next + 1].address > objects[next].address)
                next++;
            if (objects[next].address <= moved.address)
                break;
            objects[at] = objects[next];
        }
        objects[at] = moved;
    }
}

/* Inconsistent regions can share memory, and several objects can refer to one that is not a candidate: keep each object once. */
static void drop_copies(heap *h)
{
    sf_heap_object *objects = (sf_heap_object *)h->objects.base;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < h->objects.count; i++) {
        if (kept == 0 || objects[kept - 1].address != objects[i].address)
            objects[kept++] = objects[i];
        else if (!(objects[i].flags & (SF_HEAP_OBJECT_TEXT | SF_HEAP_OBJECT_DETAIL)))
            h->result.flags |= SF_HEAP_PART_LOST;
    }
    h->objects.count = kept;
}

static void add_layout(capture *c, uint32_t type)
{
    static field_place places[2048];
    enum { MAX_PLACES = sizeof places / sizeof *places };
    heap *h = c->heap;
    const layout_work *work = sf_table_at(&h->layout_work, type);
    uint32_t index = sf_table_add(&h->layouts), count = 0, size = 0;
    if (index == SF_NONE)
        return;
    sf_heap_layout *layout = sf_table_at(&h->layouts, index);
    const heap_kind *kind = sf_table_at(&h->kinds, work->kind);
    *layout = (sf_heap_layout){ .type = type, .parent = work->parent, .first_field = h->fields.count,
        .first_reference = kind->first_reference, .reference_count = kind->reference_count,
        .flags = work->is_struct ? SF_HEAP_LAYOUT_STRUCT : 0 };
    clr_id class = ((sf_type *)sf_table_at(&c->types, type))->class_id;
    if (type_transient(c, type, 0) || FAILED(info_class_layout(c->runtime.info, class, places, MAX_PLACES, &count, &size)) || count > MAX_PLACES)
        return;
    uint32_t first = sf_table_add_many(&h->fields, count);
    if (first == SF_NONE)
        return;
    sf_heap_field *fields = sf_table_at(&h->fields, first);
    for (uint32_t i = 0, at; i < count; i++) {
        for (at = i; at > 0 && fields[at - 1].offset > places[i].offset; at--)
            fields[at] = fields[at - 1];
        fields[at] = (sf_heap_field){ places[i].token, places[i].offset };
    }
    layout->field_count = count;
    layout->size = size;
    layout->flags |= SF_HEAP_LAYOUT_FIELDS;
}

void heap_describe(capture *c)
{
    heap *h = c->heap;
    for (uint32_t i = 0; i < h->objects.count; i++) {
        sf_heap_object *object = sf_table_at(&h->objects, i);
        object->type = ((heap_kind *)sf_table_at(&h->kinds, object->type))->index;
        object->flags &= ~(uint32_t)HEAP_HEAD;
    }
    sort_objects((sf_heap_object *)h->objects.base, h->objects.count);
    drop_copies(h);
    running_describe(c);
    continuations_describe(c);
    posted_describe(c);
    for (uint32_t i = 0; h->objects.count > 0 && i < c->types.count; i++)
        if (((layout_work *)sf_table_at(&h->layout_work, i))->wanted)
            add_layout(c, i);
}
