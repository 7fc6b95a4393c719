/* The rows that layout.c fills its table by; the rows themselves are in layout_table.c. */
#ifndef STACKFLARE_LAYOUT_TABLE_H
#define STACKFLARE_LAYOUT_TABLE_H

#include "runtime/layout.h"

/* Where an entry comes from. */
enum layout_row_source {
    FIELD,         /* the contract: a field's offset in a type, or the type's size by the name "!" */
    CONSTANT,      /* the contract: a global that is a number */
    ADDRESS,       /* the contract: where a variable of the runtime's is */
    WORD,          /* the contract: whether a global that is a text has the word that is the row's type; else the row is missing */
    VARIABLE,      /* the contract: what that variable holds, a pointer that stays */
    TRIED,         /* a number that was tried on the versions from..to */
    TRIED_VARIABLE, /* a place that was tried on those versions in their table for debuggers: what that variable holds */
    CORE_OFFSET,   /* CoreLib's metadata: a field; a path of fields leads through structs */
    CORE_STATIC,   /* likewise: where a static variable is */
    CORE_VARIABLE, /* likewise: the token of a variable that each thread has its own of */
    CORE_NAMED,    /* likewise: there is a type of the name */
};

typedef struct layout_row {
    uint8_t group, source, class;
    uint16_t place; /* in the table */
    uint16_t from, to;
    const char *type, *name;
    uint32_t number;
} layout_row;

enum { LAYOUT_MOST_ROWS = 255, LAYOUT_CONTRACTS = 7 };
extern const layout_row layout_rows[];
extern const uint32_t layout_row_count;

/* Which part of a dump hangs on a group, and on which versions it has to be known. */
typedef struct layout_group_use { uint32_t part; uint16_t from, to; } layout_group_use;
extern const layout_group_use layout_groups[LAYOUT_GROUPS];

#define LAYOUT_BIT(group) ((uint64_t)1 << (group))

/* A contract's version says what the numbers of its types mean. Those that were tried, and the groups that need them. */
enum { OF_VERSION_1 = 1, OF_VERSION_C1 = 2 };
typedef struct layout_contract { const char *name; uint32_t versions; uint64_t groups; } layout_contract;
enum { LAYOUT_THREAD_CONTRACT = 0, LAYOUT_COLLECTOR_CONTRACT = LAYOUT_CONTRACTS - 1 };
extern const layout_contract layout_contracts[LAYOUT_CONTRACTS];

/* In the order of enum core_class. */
extern const core_type layout_classes[CORE_CLASSES];

#endif
