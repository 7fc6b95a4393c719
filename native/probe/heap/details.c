/* Objects of the framework's libraries that say more of an async method: the socket that it reads from and the other end of the connection, the
 * request that it serves. They are found like the objects of CoreLib; their texts are not.
 *
 * Every string of the program would be a candidate, so strings are not recorded. A reference to one may lead anywhere: they are read with calls that
 * can fail, several at once. */
#include "heap/heap.h"

enum { TEXT_CHARACTERS = 256, CHARACTER_BYTES = 2, HEAD_BYTES = 16 };

static uintptr_t word_in(const capture *c, const sf_heap_object *object, uint32_t offset)
{
    return offset != 0 && offset + sizeof(uintptr_t) <= object->bytes_length ? heap_word((uintptr_t)sf_table_at(&c->heap->bytes, object->bytes_offset) + offset) : 0;
}

bool details_in_use(const heap *h, uint64_t object, const heap_kind *kind)
{
    if (kind->framework == 0)
        return false;
    uint32_t at = h->framework[kind->framework - 1].in_use_at;
    uint8_t in_use = 0;
    return at != 0 && at < kind->size && heap_read(h, object + at, &in_use, sizeof in_use) && in_use != 0;
}

void details_follow(capture *c, const sf_heap_object *from)
{
    heap *h = c->heap;
    const heap_kind *kind = sf_table_at(&h->kinds, from->type);
    if (kind->framework == 0)
        return;
    const framework_type *type = &h->framework[kind->framework - 1];
    for (int i = 0; i < FRAMEWORK_LINKS; i++) {
        uintptr_t text = word_in(c, from, type->text_at[i]);
        if (text == 0)
            continue;
        if (h->text_count == HEAP_TEXTS)
            details_copy_texts(c);
        h->texts[h->text_count++] = text;
    }
    if (type->all_links) {
        heap_follow_all(c, from);
        return;
    }
    for (int i = 0; i < FRAMEWORK_LINKS; i++)
        heap_follow(c, from->address, word_in(c, from, type->link_at[i]));
}

/* A kind for the type of a string or of an array of 16-bit numbers; 0: the type is another one. */
static uint32_t kind_of_text(capture *c, uintptr_t type)
{
    heap *h = c->heap;
    const layout *k = &c->runtime.layout;
    heap_type *of = heap_type_of(c, type, 0);
    if (!of || of->flags != 0 || of->element_bytes != CHARACTER_BYTES || (type != k->string.type && of->bytes != k->array.items + k->type.header))
        return 0;
    if (of->kind == 0) {
        uint32_t kind = sf_table_add(&h->kinds);
        if (kind == SF_NONE)
            return 0;
        *(heap_kind *)sf_table_at(&h->kinds, kind) = (heap_kind){
            .type = type, .flags = SF_HEAP_OBJECT_TEXT, .index = SF_NONE, .size = type == k->string.type ? k->string.chars : k->array.items };
        of->kind = kind;
    }
    return of->kind;
}

/* A string that several objects refer to is copied several times, and kept once. */
void details_copy_texts(capture *c)
{
    heap *h = c->heap;
    const layout *k = &c->runtime.layout;
    uint8_t heads[HEAP_TEXTS][HEAD_BYTES];
    sf_read_item items[HEAP_TEXTS];
    uint32_t count = h->text_count, kinds[HEAP_TEXTS];
    sf_heap_object copies[HEAP_TEXTS];
    if (count == 0)
        return;
    h->text_count = 0;
    for (uint32_t i = 0; i < count; i++)
        items[i] = (sf_read_item){ plausible(h->texts[i]) ? h->texts[i] : 0, heads[i], HEAD_BYTES, false };
    sf_read_many(items, count);
    uint32_t bytes_before = h->bytes.count;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t length_at = k->string.length, length, offset;
        uintptr_t type = items[i].ok ? type_of(heap_word((uintptr_t)heads[i])) : 0;
        kinds[i] = type != 0 && length_at <= HEAD_BYTES - sizeof length && length_at == k->array.length ? kind_of_text(c, type) : 0;
        items[i].address = 0;
        if (kinds[i] == 0)
            continue;
        length = heap_half((uintptr_t)heads[i] + length_at);
        uint32_t first = ((heap_kind *)sf_table_at(&h->kinds, kinds[i]))->size, taken = length < TEXT_CHARACTERS ? length : TEXT_CHARACTERS;
        uint32_t bytes = first + taken * CHARACTER_BYTES;
        offset = sf_table_add_many(&h->bytes, bytes);
        if (offset == SF_NONE) {
            h->result.flags |= SF_HEAP_BYTES_TRUNCATED;
            continue;
        }
        items[i] = (sf_read_item){ h->texts[i], sf_table_at(&h->bytes, offset), bytes, false };
        copies[i] = (sf_heap_object){ h->texts[i], kinds[i], SF_HEAP_OBJECT_TEXT | (taken < length ? SF_HEAP_OBJECT_TRUNCATED : 0), offset, bytes };
    }
    sf_read_many(items, count);
    bool any = false;
    for (uint32_t i = 0; i < count; i++) {
        /* While the head is the same, the rest is the string's. */
        if (items[i].address == 0 || !items[i].ok || memcmp(items[i].to, heads[i], HEAD_BYTES - sizeof(uint32_t)) != 0)
            continue;
        if (h->objects.count >= c->request->heap_max_objects) {
            h->result.flags |= SF_HEAP_OBJECTS_TRUNCATED;
            break;
        }
        heap_describe_kind(c, kinds[i]);
        *(sf_heap_object *)sf_table_at(&h->objects, sf_table_add(&h->objects)) = copies[i];
        any = true;
    }
    if (!any)
        h->bytes.count = bytes_before;
}
