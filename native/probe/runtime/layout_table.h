/* The rows from which layout.c fills its table. The rows themselves are in layout_table.c. */
#ifndef STACKFLARE_LAYOUT_TABLE_H
#define STACKFLARE_LAYOUT_TABLE_H

#include "runtime/layout.h"

/* The source of an entry. */
enum layout_row_source {
    FIELD,         /* the contract: a field's offset in a type, or the type's size by the name "!" */
    CONSTANT,      /* the contract: a global that is a number */
    ADDRESS,       /* the contract: the address of a variable of the runtime */
    WORD,          /* the contract: whether a global text contains the word in the row's type; otherwise the row is missing */
    VARIABLE,      /* the contract: the value of that variable, a pointer that does not change */
    TRIED,         /* a number that was tested on the versions from..to */
    TRIED_VARIABLE, /* a place in the table for debuggers that was tested on those versions: the value of that variable */
    CORE_OFFSET,   /* CoreLib's metadata: a field; a path of fields leads through structs */
    CORE_STATIC,   /* the same: the address of a static variable */
    CORE_VARIABLE, /* the same: the token of a thread-static variable */
    CORE_NAMED,    /* the same: whether a type with this name exists */
};

typedef struct layout_row {
    uint8_t group, source, class;
    uint16_t place; /* in the table */
    uint16_t from, to;
    const char *type, *name;
    uint32_t number;
} layout_row;

enum { LAYOUT_MOST_ROWS = 320, LAYOUT_CONTRACTS = 7 };
extern const layout_row layout_rows[];
extern const uint32_t layout_row_count;

/* The part of a dump that depends on a group, and the versions on which the group must be known. */
typedef struct layout_group_use { uint32_t part; uint16_t from, to; } layout_group_use;
extern const layout_group_use layout_groups[LAYOUT_GROUPS];

#define LAYOUT_BIT(group) ((uint64_t)1 << (group))

/* The version of a contract defines the meaning of its types' numbers. The tested ones, and the groups that need them. */
enum { OF_VERSION_1 = 1, OF_VERSION_C1 = 2 };
typedef struct layout_contract { const char *name; uint32_t versions; uint64_t groups; } layout_contract;
enum { LAYOUT_THREAD_CONTRACT = 0, LAYOUT_COLLECTOR_CONTRACT = LAYOUT_CONTRACTS - 1 };
extern const layout_contract layout_contracts[LAYOUT_CONTRACTS];

/* In the order of enum core_class. */
extern const core_type layout_classes[CORE_CLASSES];

#endif
