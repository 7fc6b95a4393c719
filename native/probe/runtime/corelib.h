/* Types and fields of CoreLib by their names: where the runtime's managed part keeps what its data contract does not give.
 *
 * All of it is for before the suspend. Nothing is loaded on the way: a type that the program has not used has no class, and nothing of it is
 * found. The names are those of the runtime that the probe is in; what is not found by its name is not there, and whoever asks has to
 * do without. */
#ifndef STACKFLARE_CORELIB_H
#define STACKFLARE_CORELIB_H

#include "runtime/clr.h"
#include "wire/abi.h"

#include <stdbool.h>
#include <stddef.h>

struct layout;

/* The classes and interfaces that are looked for, in layout.c's order of names. */
enum core_class {
    CORE_THREAD, CORE_LOCK, CORE_CONDITION, CORE_BLOCKING, CORE_SEMAPHORE, CORE_EVENT, CORE_RW_LOCK, CORE_RW_COUNTS, CORE_WAIT_HANDLE, CORE_TIMER,
    CORE_POOL, CORE_THREAD_POOL, CORE_WORK_QUEUE, CORE_COUNTER, CORE_LOW_LEVEL_LOCK,
    CORE_TASK, CORE_SOURCE, CORE_SOURCE_OF, CORE_MACHINE, CORE_CONTINUATION, CORE_TASK_CONTINUATION, CORE_DISPATCHER,
    CORE_ARRAY, CORE_ASYNC_RESULT, CORE_DISPOSABLE, CORE_LIST, CORE_QUEUE, CORE_QUEUE_SEGMENT, CORE_SAFE_HANDLE,
    CORE_BOX, CORE_POOLED_BOX, CORE_SUSPENDED_TASK, CORE_SOURCE_CONTINUATION, CORE_LOCAL_LIST, CORE_LOCAL_QUEUE, CORE_COUNTER_NODE, CORE_WAIT_INFO, /* nested */
    CORE_CLASSES,
};

/* A module's metadata, while it is looked into. */
typedef struct core_lib {
    const struct layout *layout;
    void *info; /* ICorProfilerInfo10 */
    clr_id module;
    const uint8_t *types, *fields;    /* rows of the tables TypeDef and Field */
    const uint8_t *strings, *blobs;
    uint32_t strings_size, blobs_size;
    uint32_t type_count, field_count, type_bytes, field_bytes;
    uint32_t string_bytes, blob_bytes, base_bytes, field_index_bytes;
} core_lib;

typedef struct core_type {
    const char *space, *name; /* what is looked for; a nested type has no namespace, and is not told from others of its name; but see core_field */
    uint32_t token;           /* TypeDef; 0: there is none of the name */
    clr_id class;             /* its MethodTable; 0: the program has not used it */
} core_type;

typedef struct core_field {
    const char *name;
    size_t name_length; /* 0: all of it */
    uint32_t token;  /* FieldDef */
    uint32_t offset; /* of an object's field from the object's address, of a struct's from where the struct begins; SF_NONE: static */
    uint32_t type;   /* the TypeDef token of a field that is a struct of CoreLib, nested or not, for core_loaded; else 0 */
} core_field;

/* Finds CoreLib's metadata; false where the runtime does not say enough (.NET 8). */
bool core_open(const struct layout *k, void *info, core_lib *core);

/* The same of another module that stays for ever. */
bool module_open(const struct layout *k, void *info, clr_id module, core_lib *core);

/* The tables of metadata that lies in memory; a function over bytes. */
bool core_open_tables(core_lib *core, const uint8_t *tables, size_t size);

/* Whether that is the type of a token. */
bool core_is_type(const core_lib *core, uint32_t token, const char *space, const char *name);

/* Looks up the token and the class of each of a few types, in one pass. */
void core_find_types(const core_lib *core, core_type *types, uint32_t count);

/* The class of a type by its token; 0 when it is not loaded. */
clr_id core_loaded(const core_lib *core, uint32_t token);

/* What a map of the module's has for a token, which map is an offset in the module; 0: nothing. */
uintptr_t core_map_entry(const core_lib *core, uint32_t map, uint32_t token);

/* Looks up a field that the type itself declares. */
bool core_find_field(const core_lib *core, const core_type *type, core_field *field);

/* Where a static field is, that is none of a thread; 0 when it is not known, or its type not yet initialized. It stays there. */
uintptr_t core_static_address(const core_lib *core, const core_type *type, const core_field *field);

#endif
