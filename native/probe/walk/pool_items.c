/* What is queued in the thread pool, by type. The queues keep their items in arrays, as rings. */
#define _GNU_SOURCE
#include "walk/capture.h"

enum { MAX_ITEMS = 2048, AT_ONCE = 64, MAX_STRIDE = 64 };

static struct { uintptr_t type; uint32_t count; } seen[MAX_QUEUED_TYPES];
static uint32_t seen_types, seen_items;

void pool_items_begin(void) { seen_types = seen_items = 0; }

static void count_type(uintptr_t type)
{
    uint32_t i = 0;
    while (i < seen_types && seen[i].type != type)
        i++;
    if (i == MAX_QUEUED_TYPES)
        return;
    if (i == seen_types) {
        seen_types++;
        seen[i].type = type, seen[i].count = 0;
    }
    seen[i].count++;
}

void pool_items_see(capture *c, uintptr_t reference, uint32_t from, uint32_t count, uint32_t mask)
{
    const layout *k = &c->runtime.layout;
    uintptr_t array, type;
    uint32_t length, flags;
    if (seen_items >= MAX_ITEMS || is_late(c))
        return;
    if (!sf_read_pointer(reference, &array) || !plausible(array) || !sf_read_pointer(array, &type) || !plausible(type_of(type))
        || !sf_read((const void *)(array + k->array.length), &length, sizeof length) || length == 0
        || !sf_read((const void *)(type_of(type) + k->type.flags), &flags, sizeof flags))
        return;
    /* An item is the first word of its slot. */
    uint32_t stride = flags & k->type.element_bytes;
    if (!(flags & k->type.counts) || stride < sizeof array || stride > MAX_STRIDE || (length & (length - 1)) != 0)
        return;
    for (uint32_t first = 0, n; first < count && seen_items < MAX_ITEMS; first += n, seen_items += n) {
        uintptr_t items[AT_ONCE], words[AT_ONCE];
        sf_read_item reads[AT_ONCE];
        n = count - first < AT_ONCE ? count - first : AT_ONCE;
        for (uint32_t i = 0; i < n; i++)
            reads[i] = (sf_read_item){ array + k->array.items + (uintptr_t)((from + first + i) & mask & (length - 1)) * stride, &items[i], sizeof items[i], false };
        sf_read_many(reads, n);
        for (uint32_t i = 0; i < n; i++)
            reads[i] = (sf_read_item){ reads[i].ok && plausible(items[i]) ? items[i] : 0, &words[i], sizeof words[i], false };
        sf_read_many(reads, n);
        for (uint32_t i = 0; i < n; i++)
            if (reads[i].ok && plausible(type_of(words[i])))
                count_type(type_of(words[i]));
    }
}

void pool_items_describe(capture *c)
{
    for (uint32_t i = 0; i < seen_types; i++) {
        uint32_t type = is_type(&c->runtime.layout, seen[i].type) ? describe_type(c, seen[i].type, 0) : SF_NONE;
        uint32_t index = type == SF_NONE ? SF_NONE : sf_table_add(&c->queued);
        if (index != SF_NONE)
            *(sf_queued *)sf_table_at(&c->queued, index) = (sf_queued){ type, seen[i].count };
    }
}
