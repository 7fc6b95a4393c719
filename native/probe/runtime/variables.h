/* Finds a thread-static variable of CoreLib that is a number or an address: it is in the thread's own data or, if the program's variables have used
 * up that space, in an array to which these refer. */
#ifndef STACKFLARE_VARIABLES_H
#define STACKFLARE_VARIABLES_H

#include "runtime/corelib.h"

typedef struct thread_variable {
    enum { VARIABLE_UNKNOWN, VARIABLE_UNUSED, VARIABLE_DIRECT, VARIABLE_IN_ARRAY } where; /* unused: no thread has it yet */
    uint32_t index;  /* in the array */
    uint32_t offset; /* in the thread's data, or in the array's item */
} thread_variable;

/* Before the pause. class is the MethodTable of the declaring type, 0 if it is not loaded; token is the field's. */
thread_variable variable_find(const core_lib *core, clr_id class, uint32_t token);

#endif
