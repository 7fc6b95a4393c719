/* Finds types and fields of CoreLib by name: data of the runtime's managed part that is not in its data contract.
 *
 * Everything here runs before the suspend. It loads nothing: a type that the program has not used has no class, and its fields are not found. The
 * names are those of the current runtime. If a name is not found, the caller must do without it. */
#ifndef STACKFLARE_CORELIB_H
#define STACKFLARE_CORELIB_H

#include "runtime/clr.h"
#include "wire/abi.h"

#include <stdbool.h>
#include <stddef.h>

struct layout;

/* The classes and interfaces, in the order of the names in layout.c. */
enum core_class {
    CORE_THREAD, CORE_LOCK, CORE_CONDITION, CORE_BLOCKING, CORE_SEMAPHORE, CORE_EVENT, CORE_RW_LOCK, CORE_RW_COUNTS, CORE_WAIT_HANDLE, CORE_TIMER,
    CORE_POOL, CORE_THREAD_POOL, CORE_WORK_QUEUE, CORE_COUNTER, CORE_LOW_LEVEL_LOCK,
    CORE_TASK, CORE_SOURCE, CORE_SOURCE_OF, CORE_MACHINE, CORE_CONTINUATION, CORE_TASK_CONTINUATION, CORE_DISPATCHER,
    CORE_ARRAY, CORE_ASYNC_RESULT, CORE_DISPOSABLE, CORE_EXCEPTION, CORE_LIST, CORE_QUEUE, CORE_QUEUE_SEGMENT, CORE_SAFE_HANDLE,
    CORE_BOX, CORE_POOLED_BOX, CORE_SUSPENDED_TASK, CORE_SOURCE_CONTINUATION, CORE_LOCAL_LIST, CORE_LOCAL_QUEUE, CORE_COUNTER_NODE, CORE_WAIT_INFO, CORE_WAITABLE, CORE_OWNERSHIP, /* nested */
    CORE_CONTEXT, CORE_DELEGATE, CORE_MULTICAST, CORE_TIMER_QUEUE, CORE_POOL_SCHEDULER,
    CORE_CLASSES,
};

/* A module's metadata, while it is read. */
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
    const char *space, *name; /* the name to find; a nested type has no namespace and can be confused with others of its name; but see core_field */
    uint32_t token;           /* TypeDef; 0: not found */
    clr_id class;             /* its MethodTable; 0: the program has not used it */
} core_type;

typedef struct core_field {
    const char *name;
    size_t name_length; /* 0: all of it */
    uint32_t token;  /* FieldDef */
    uint32_t offset; /* of an object's field from the object's address, of a struct's field from the start of the struct; SF_NONE: static */
    uint32_t type;   /* the TypeDef token of the field's type if it is a struct of CoreLib, nested or not, for core_loaded; else 0 */
} core_field;

/* Opens CoreLib's metadata; false if the runtime does not provide enough (.NET 8). */
bool core_open(const struct layout *k, void *info, core_lib *core);

/* The same for another module that is never unloaded. */
bool module_open(const struct layout *k, void *info, clr_id module, core_lib *core);

/* The tables of metadata in memory. A pure function of the bytes. */
bool core_open_tables(core_lib *core, const uint8_t *tables, size_t size);

/* Whether a token is this type. */
bool core_is_type(const core_lib *core, uint32_t token, const char *space, const char *name);

/* Finds the token and the class of each type, in one pass. */
void core_find_types(const core_lib *core, core_type *types, uint32_t count);

/* The class of a type by its token; 0 if it is not loaded. */
clr_id core_loaded(const core_lib *core, uint32_t token);

/* The entry for a token in a module's map, which is given by its offset in the module; 0 if there is none. */
uintptr_t core_map_entry(const core_lib *core, uint32_t map, uint32_t token);

/* Finds a field that the type itself declares. */
bool core_find_field(const core_lib *core, const core_type *type, core_field *field);

/* The address of a static field that is not thread-static; 0 if it is not known, or its type is not yet initialized. The address does not change. */
uintptr_t core_static_address(const core_lib *core, const core_type *type, const core_field *field);

#endif
