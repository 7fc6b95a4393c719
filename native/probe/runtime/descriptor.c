#include "runtime/descriptor.h"

typedef struct cursor { const char *at, *end; } cursor;

static char peek(cursor *c)
{
    while (c->at < c->end && (*c->at == ' ' || *c->at == '\t' || *c->at == '\n' || *c->at == '\r'))
        c->at++;
    return c->at < c->end ? *c->at : 0;
}

static bool take(cursor *c, char wanted)
{
    if (peek(c) != wanted)
        return false;
    c->at++;
    return true;
}

/* Escapes are not decoded: none of the names that we need has one. */
static bool read_string(cursor *c, descriptor_text *text)
{
    if (!take(c, '"'))
        return false;
    text->at = c->at;
    for (; c->at < c->end && *c->at != '"'; c->at++)
        if (*c->at == '\\' && ++c->at == c->end)
            return false;
    text->length = (size_t)(c->at - text->at);
    return take(c, '"');
}

static int digit(char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : 16; }

/* A text that is only a decimal or hexadecimal number. */
static bool is_number(descriptor_text text, uint64_t *number)
{
    int base = text.length > 2 && text.at[0] == '0' && (text.at[1] == 'x' || text.at[1] == 'X') ? 16 : 10;
    size_t i = base == 16 ? 2 : 0;
    uint64_t value = 0;
    if (i == text.length || text.length > 18)
        return false;
    for (; i < text.length; i++) {
        int d = digit(text.at[i]);
        if (d >= base || value > (UINT64_MAX - (uint64_t)d) / (uint64_t)base)
            return false;
        value = value * (uint64_t)base + (uint64_t)d;
    }
    *number = value;
    return true;
}

/* The characters of numbers and of the words true, false and null. */
static bool is_bare(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '+' || c == '.'; }

static bool read_bare(cursor *c, descriptor_text *text)
{
    peek(c);
    text->at = c->at;
    while (c->at < c->end && is_bare(*c->at))
        c->at++;
    text->length = (size_t)(c->at - text->at);
    return text->length > 0;
}

/* Skips one value of any kind. */
static bool skip(cursor *c)
{
    int depth = 0;
    descriptor_text text;
    do {
        char next = peek(c);
        if (next == '{' || next == '[') {
            c->at++;
            depth++;
        } else if (next == '}' || next == ']') {
            c->at++;
            depth--;
        } else if (next == '"') {
            if (!read_string(c, &text))
                return false;
        } else if ((next == ',' || next == ':') && depth > 0)
            c->at++;
        else if (next == 0 || !read_bare(c, &text))
            return false;
    } while (depth > 0);
    return depth == 0;
}

static bool read_scalar(cursor *c, descriptor_entry *entry)
{
    descriptor_text text;
    bool quoted = peek(c) == '"';
    if (quoted ? !read_string(c, &text) : !read_bare(c, &text))
        return false;
    entry->string = text;
    entry->kind = is_number(text, &entry->number) ? DESCRIPTOR_NUMBER : quoted ? DESCRIPTOR_STRING : DESCRIPTOR_OTHER;
    return true;
}

/* A scalar, or [scalar, "type"], or [[index], "type"]. */
static bool read_value(cursor *c, descriptor_entry *entry)
{
    entry->kind = DESCRIPTOR_OTHER;
    if (peek(c) == '{')
        return skip(c);
    if (!take(c, '['))
        return read_scalar(c, entry);
    bool pointer = take(c, '[');
    if (peek(c) == '{' || peek(c) == '[' ? !skip(c) : !read_scalar(c, entry))
        return false;
    if (pointer) {
        entry->kind = entry->kind == DESCRIPTOR_NUMBER ? DESCRIPTOR_POINTER : DESCRIPTOR_OTHER;
        if (!take(c, ']'))
            return false;
    }
    while (take(c, ','))
        if (!skip(c))
            return false;
    return take(c, ']');
}

typedef struct reader {
    cursor c;
    void (*visit)(void *state, const descriptor_entry *entry);
    void *state;
} reader;

static bool next_key(cursor *c, bool *first, descriptor_text *key)
{
    if (peek(c) == '}' || (!*first && !take(c, ',')))
        return false;
    *first = false;
    return read_string(c, key) && take(c, ':');
}

/* The members of an object; for types, the members of each type. */
static bool read_members(reader *r, enum descriptor_part part, const descriptor_text *type)
{
    bool first = true;
    descriptor_entry entry = { .part = part };
    if (!take(&r->c, '{'))
        return skip(&r->c);
    while (next_key(&r->c, &first, &entry.name)) {
        if (part == DESCRIPTOR_FIELD && !type) {
            if (!read_members(r, part, &entry.name))
                return false;
            continue;
        }
        if (type)
            entry.type = *type;
        if (!read_value(&r->c, &entry))
            return false;
        if (part == DESCRIPTOR_CONTRACT && entry.kind == DESCRIPTOR_STRING && entry.string.length > 1 && entry.string.at[0] == 'c'
            && is_number((descriptor_text){ entry.string.at + 1, entry.string.length - 1 }, &entry.number) && entry.number < DESCRIPTOR_C) {
            entry.kind = DESCRIPTOR_NUMBER;
            entry.number += DESCRIPTOR_C;
        }
        r->visit(r->state, &entry);
    }
    return take(&r->c, '}');
}

bool descriptor_read(const char *json, size_t size, void (*visit)(void *state, const descriptor_entry *entry), void *state)
{
    static const struct { const char *name; enum descriptor_part part; } parts[] = {
        { "contracts", DESCRIPTOR_CONTRACT }, { "types", DESCRIPTOR_FIELD }, { "globals", DESCRIPTOR_GLOBAL }, { "subDescriptors", DESCRIPTOR_SUB },
    };
    enum { PARTS = sizeof parts / sizeof *parts };
    reader r = { { json, json + size }, visit, state };
    descriptor_text key;
    bool first = true;
    if (!take(&r.c, '{'))
        return false;
    while (next_key(&r.c, &first, &key)) {
        uint32_t i = 0;
        while (i < PARTS && !descriptor_is(key, parts[i].name))
            i++;
        if (i < PARTS) {
            if (!read_members(&r, parts[i].part, NULL))
                return false;
            continue;
        }
        descriptor_entry entry = { .part = DESCRIPTOR_VERSION, .name = key };
        if (!read_value(&r.c, &entry))
            return false;
        if (descriptor_is(key, "version"))
            visit(state, &entry);
    }
    return take(&r.c, '}');
}

bool descriptor_has(descriptor_text list, const char *word)
{
    for (size_t from = 0, to; from < list.length; from = to + 1) {
        while (from < list.length && list.at[from] == ' ')
            from++;
        for (to = from; to < list.length && list.at[to] != ',';)
            to++;
        if (descriptor_is((descriptor_text){ list.at + from, to - from }, word))
            return true;
    }
    return false;
}
