/* The text of a data-contract descriptor, taken apart: offsets and addresses that the runtime publishes for debuggers.
 *
 * A function over bytes: it knows no name in the text, and reads nothing else. Versions 0 (.NET 9 and 10) and 2 (.NET 11) differ in how they write
 * the same things; both are read. */
#ifndef STACKFLARE_DESCRIPTOR_H
#define STACKFLARE_DESCRIPTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct descriptor_text { const char *at; size_t length; } descriptor_text;

enum descriptor_part { DESCRIPTOR_VERSION, DESCRIPTOR_CONTRACT, DESCRIPTOR_FIELD, DESCRIPTOR_GLOBAL, DESCRIPTOR_SUB };

enum descriptor_kind {
    DESCRIPTOR_OTHER,
    DESCRIPTOR_NUMBER,  /* an offset, a size, a version, or a constant */
    DESCRIPTOR_POINTER, /* number is an index into the pointers that come with the text */
    DESCRIPTOR_STRING,
};

/* A string such as "c1" is the version of a contract that replaces the numbered ones. */
enum { DESCRIPTOR_C = 0x100 };

typedef struct descriptor_entry {
    enum descriptor_part part;
    enum descriptor_kind kind;
    descriptor_text type; /* of a field */
    descriptor_text name; /* "!" for a type's size */
    descriptor_text string;
    uint64_t number;
} descriptor_entry;

/* Calls visit for each entry. False when the text is not what it should be; entries before that place were visited. */
bool descriptor_read(const char *json, size_t size, void (*visit)(void *state, const descriptor_entry *entry), void *state);

static inline bool descriptor_is(descriptor_text text, const char *name)
{
    size_t i = 0;
    while (i < text.length && name[i] != 0 && text.at[i] == name[i])
        i++;
    return i == text.length && name[i] == 0;
}

/* Whether a list, such as "workstation, regions", has a word. */
bool descriptor_has(descriptor_text list, const char *word);

#endif
