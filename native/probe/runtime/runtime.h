/* The current runtime: its profiling interface, its layout, and CoreLib's metadata. */
#ifndef STACKFLARE_RUNTIME_H
#define STACKFLARE_RUNTIME_H

#include "runtime/layout.h"
#include "runtime/variables.h"

typedef struct runtime {
    void *info;    /* ICorProfilerInfo10 */
    void *handles; /* ICorProfilerInfo13, or NULL */
    uint16_t major;
    layout layout;
    core_lib core;
    bool has_core; /* CoreLib's metadata is open */
    thread_variable blocking; /* the thread-static variable with the newest record of what a thread waits for */
} runtime;

/* Fills the layout, before the pause. info and handles must be set. */
void runtime_open(runtime *r, uint16_t major);

/* Whether an address is a type, before the runtime is asked about it: it must point to its class, and the class back. */
bool is_type(const layout *k, uintptr_t type);

/* Which code an address belongs to, according to the loader. Must not be called in a pause. */
enum code_owner { CODE_OF_RUNTIME, CODE_OF_LIBC, CODE_OF_OTHERS };
enum code_owner owner_of_code(const runtime *r, uintptr_t address);

/* The collector uses the low bits of an object's first word. */
static inline uintptr_t type_of(uintptr_t first_word) { return first_word & ~(uintptr_t)7; }

static inline clr_id core_class_of(const runtime *r, enum core_class class) { return r->layout.types[class].class; }

#endif
