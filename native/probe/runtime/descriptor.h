/* Parses the text of a data-contract descriptor: offsets and addresses that the runtime publishes for debuggers.
 *
 * A pure function of the bytes: it knows none of the names in the text. Versions 0 (.NET 9 and 10) and 2 (.NET 11) differ in the syntax; it reads
 * both. */
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

/* Calls visit for each entry. False if the text is malformed; entries before that place were visited. */
bool descriptor_read(const char *json, size_t size, void (*visit)(void *state, const descriptor_entry *entry), void *state);

static inline bool descriptor_is(descriptor_text text, const char *name)
{
    size_t i = 0;
    while (i < text.length && name[i] != 0 && text.at[i] == name[i])
        i++;
    return i == text.length && name[i] == 0;
}

/* Whether a list, such as "workstation, regions", contains a word. */
bool descriptor_has(descriptor_text list, const char *word);

#endif
