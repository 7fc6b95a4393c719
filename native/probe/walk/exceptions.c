/* What an exception says that a thread handles, and its inner exceptions. */
#define _GNU_SOURCE
#include "walk/capture.h"

enum { MAX_INNER = 8, MESSAGE_BYTES = 1024, ALL_MESSAGES_BYTES = 1 << 20 };

static void take_message(capture *c, uintptr_t text, sf_exception *exception)
{
    const layout *k = &c->runtime.layout;
    uintptr_t type;
    int32_t length;
    exception->message_offset = SF_NONE;
    if (c->message_bytes > ALL_MESSAGES_BYTES || !plausible(text) || !sf_read_pointer(text, &type) || type_of(type) != k->string.type
        || !sf_read((const void *)(text + k->string.length), &length, sizeof length) || length < 0)
        return;
    uint32_t bytes = length > MESSAGE_BYTES / 2 ? MESSAGE_BYTES : (uint32_t)length * 2, offset = sf_table_add_many(&c->blob, bytes);
    if (offset == SF_NONE || !sf_read((const void *)(text + k->string.chars), sf_table_at(&c->blob, offset), bytes))
        return;
    exception->message_offset = offset;
    exception->message_length = bytes;
    c->message_bytes += bytes;
}

void exception_describe(capture *c, uint32_t thread, uintptr_t object)
{
    const layout *k = &c->runtime.layout;
    if (c->exceptions.full || !layout_knows(k, LAYOUT_MESSAGES) || !layout_knows(k, LAYOUT_STRINGS))
        return;
    for (int i = 0; i < MAX_INNER && plausible(object); i++) {
        uintptr_t type, text, inner;
        sf_read_item items[] = {
            { object, &type, sizeof type, false }, { object + k->message.text, &text, sizeof text, false },
            { object + k->message.inner, &inner, sizeof inner, false },
        };
        sf_read_many(items, sizeof items / sizeof *items);
        if (!items[0].ok || !items[1].ok || !items[2].ok || !is_type(k, type_of(type)))
            return;
        uint32_t index = sf_table_add(&c->exceptions);
        if (index == SF_NONE)
            return;
        sf_exception *exception = sf_table_at(&c->exceptions, index);
        *exception = (sf_exception){ .thread = thread, .type = describe_type(c, type_of(type), 0) };
        take_message(c, text, exception);
        object = inner;
    }
}
