/* Where each thread keeps a variable of CoreLib's that is a number or an address: a place among the thread's own data, or, where the program's
 * variables have used up the room there, in an array that they lead to. */
#ifndef STACKFLARE_VARIABLES_H
#define STACKFLARE_VARIABLES_H

#include "runtime/corelib.h"

typedef struct thread_variable {
    enum { VARIABLE_UNKNOWN, VARIABLE_UNUSED, VARIABLE_DIRECT, VARIABLE_IN_ARRAY } where; /* unused: no thread has it yet */
    uint32_t index;  /* in the array */
    uint32_t offset; /* from the thread's data, or from the array's item */
} thread_variable;

/* Before the pause. class is the MethodTable of the type that declares it, 0 for one that is not loaded; token is the field's. */
thread_variable variable_find(const core_lib *core, clr_id class, uint32_t token);

#endif
