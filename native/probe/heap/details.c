/* Objects of the framework's libraries that say more of an async method: the socket that it reads from and the other end of the connection, the
 * request that it serves.
 *
 * Only a few of their types are candidates like those of CoreLib: a program can have millions of strings and of addresses. The others are found by
 * references to them. Such a reference may lead anywhere, because the object that has it may be dead: objects and types are then read with calls that can
 * fail, several at once. */
#include "heap/heap.h"

enum { TEXT_CHARACTERS = 256, CHARACTER_BYTES = 2, HEAD_BYTES = 12 /* the type, and the length of a text */ };

/* Whether the program uses a type of which objects matter to methods. */
bool details_have_methods(const heap *h)
{
    for (int i = 0; i < FRAMEWORK_CLASSES; i++)
        if (h->framework[i].of_methods && h->framework[i].class != 0)
            return true;
    return false;
}

bool details_of_methods(const heap *h, const heap_kind *kind) { return kind->framework != 0 && h->framework[kind->framework - 1].of_methods; }

static uintptr_t word_in(const capture *c, const sf_heap_object *object, uint32_t offset)
{
    return offset != 0 && offset + sizeof(uintptr_t) <= object->bytes_length ? heap_word((uintptr_t)sf_table_at(&c->heap->bytes, object->bytes_offset) + offset) : 0;
}

bool details_in_use(const heap *h, uint64_t object, const heap_kind *kind)
{
    if (kind->framework == 0)
        return false;
    const framework_type *type = &h->framework[kind->framework - 1];
    uint32_t at = type->in_use_at;
    uint8_t in_use = 0;
    for (int i = 0; i < FRAMEWORK_USERS; i++)
        if (type->users_at[i] != 0 && type->users_at[i] + sizeof(uintptr_t) <= kind->size && heap_object_word(h, object + type->users_at[i]) != 0)
            return true;
    return at != 0 && at < kind->size && heap_read(h, object + at, &in_use, sizeof in_use) && in_use != 0;
}

static void guess(capture *c, uintptr_t address)
{
    heap *h = c->heap;
    uint64_t *last = &h->last_guesses[heap_place_of(address, HEAP_LAST_BITS)];
    if (!plausible(address) || *last == address)
        return;
    *last = address;
    if (h->guess_count == HEAP_GUESSES)
        details_copy_guesses(c);
    h->guesses[h->guess_count++] = address;
}

void details_follow(capture *c, const sf_heap_object *from)
{
    const heap_kind *kind = sf_table_at(&c->heap->kinds, from->type);
    if (kind->framework == 0)
        return;
    const framework_type *type = &c->heap->framework[kind->framework - 1];
    for (int i = 0; i < FRAMEWORK_TEXTS; i++)
        guess(c, word_in(c, from, type->text_at[i]));
    for (int i = 0; i < FRAMEWORK_LINKS; i++)
        guess(c, word_in(c, from, type->link_at[i]));
    if (type->all_links)
        heap_follow_all(c, from);
}

/* A kind for the type of a string or of an array of 16-bit numbers; 0: the type is another one. */
static uint32_t kind_of_text(capture *c, uintptr_t type, heap_type *of)
{
    heap *h = c->heap;
    const layout *k = &c->runtime.layout;
    if (of->flags != 0 || of->element_bytes != CHARACTER_BYTES || (type != k->string.type && of->bytes != k->array.items + k->type.header))
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

/* Where the copy of a guessed object goes, and how much of it there is; false if it does not matter, or there is no room. */
static bool place_of(capture *c, uint64_t address, const uint8_t *head, sf_heap_object *copy)
{
    heap *h = c->heap;
    uintptr_t type = type_of(heap_word((uintptr_t)head));
    h->guessing = true;
    heap_type *of = heap_type_of(c, type, 0);
    uint32_t text = of ? kind_of_text(c, type, of) : 0, kind = text != 0 || !of || !(of->flags & SF_HEAP_OBJECT_DETAIL) ? text : heap_kind_of_type(c, type, of);
    h->guessing = false;
    if (kind == 0)
        return false;
    uint32_t length = heap_half((uintptr_t)head + c->runtime.layout.array.length), flags = ((heap_kind *)sf_table_at(&h->kinds, kind))->flags;
    uint32_t bytes = ((heap_kind *)sf_table_at(&h->kinds, kind))->size;
    if (text != 0) {
        flags |= length > TEXT_CHARACTERS ? SF_HEAP_OBJECT_TRUNCATED : 0;
        bytes += (length < TEXT_CHARACTERS ? length : TEXT_CHARACTERS) * CHARACTER_BYTES;
    }
    uint32_t offset = sf_table_add_many(&h->bytes, bytes);
    if (offset == SF_NONE) {
        h->result.flags |= SF_HEAP_BYTES_TRUNCATED;
        return false;
    }
    *copy = (sf_heap_object){ address, kind, flags, offset, bytes };
    return true;
}

/* An object to which several refer may be copied several times, and is kept once. */
void details_copy_guesses(capture *c)
{
    heap *h = c->heap;
    uint8_t heads[HEAP_GUESSES][HEAD_BYTES], again[HEAP_GUESSES][HEAD_BYTES];
    sf_read_item items[HEAP_GUESSES];
    sf_heap_object copies[HEAP_GUESSES];
    uint32_t count = h->guess_count, found = 0;
    h->guess_count = 0;
    if (count == 0 || c->runtime.layout.string.length != HEAD_BYTES - sizeof(uint32_t) || c->runtime.layout.array.length != HEAD_BYTES - sizeof(uint32_t))
        return;
    for (uint32_t i = 0; i < count; i++)
        items[i] = (sf_read_item){ h->guesses[i], heads[i], HEAD_BYTES, false };
    sf_read_many(items, count);
    for (uint32_t i = 0; i < count; i++) {
        if (!items[i].ok || !place_of(c, h->guesses[i], heads[i], &copies[found]))
            continue;
        memmove(heads[found], heads[i], HEAD_BYTES);
        found++;
    }
    for (uint32_t i = 0; i < found; i++)
        items[i] = (sf_read_item){ copies[i].address, sf_table_at(&h->bytes, copies[i].bytes_offset), copies[i].bytes_length, false };
    sf_read_many(items, found);
    /* A background collection can overwrite an object from its start: while the head is intact, the rest was too. */
    sf_read_item after[HEAP_GUESSES];
    for (uint32_t i = 0; i < found; i++)
        after[i] = (sf_read_item){ h->moving ? copies[i].address : 0, again[i], HEAD_BYTES, false };
    if (h->moving)
        sf_read_many(after, found);
    for (uint32_t i = 0; i < found; i++) {
        if (!items[i].ok || memcmp(items[i].to, heads[i], HEAD_BYTES) != 0 || (h->moving && (!after[i].ok || memcmp(again[i], heads[i], HEAD_BYTES) != 0)))
            continue;
        uint32_t index = h->objects.count < c->request->heap_max_objects ? sf_table_add(&h->objects) : SF_NONE;
        if (index == SF_NONE) {
            h->result.flags |= SF_HEAP_OBJECTS_TRUNCATED;
            return;
        }
        heap_describe_kind(c, copies[i].type);
        *(sf_heap_object *)sf_table_at(&h->objects, index) = copies[i];
    }
}
