/* Types of the framework outside of CoreLib: the objects that tell with whom a socket talks, and which request a method serves. All of it is found
 * by name before the suspend. Without a library, a type or a field, its objects do not matter. */
#ifndef STACKFLARE_FRAMEWORK_H
#define STACKFLARE_FRAMEWORK_H

#include "runtime/layout.h"

enum { FRAMEWORK_CLASSES = 18, FRAMEWORK_LINKS = 2, FRAMEWORK_TEXTS = 3, FRAMEWORK_USERS = 4 };

typedef struct framework_type {
    const char *library; /* the file's name */
    const char *space, *name;
    const char *links[FRAMEWORK_LINKS]; /* fields that refer to other objects that matter */
    const char *texts[FRAMEWORK_TEXTS]; /* fields that refer to a string or to an array of 16-bit numbers */
    const char *in_use;                 /* a Boolean: the object matters by itself while it is set */
    const char *users[FRAMEWORK_USERS]; /* fields: the object matters by itself while one of them is not null */
    bool of_methods;                    /* it matters if an async method refers to it */
    bool all_links;                     /* all references are links */
    bool walked;                        /* the walk of the heap records its objects; others are found only by references to them */

    clr_id module;
    clr_id class; /* 0: the program has not used it */
    uint32_t token;
    uint32_t link_at[FRAMEWORK_LINKS], text_at[FRAMEWORK_TEXTS], users_at[FRAMEWORK_USERS], in_use_at; /* offsets; 0: not known */
} framework_type;

/* Finds the types in the libraries that the program has loaded and cannot unload. core is CoreLib's module. */
void framework_find(const layout *k, void *info, clr_id core, framework_type types[FRAMEWORK_CLASSES]);

#endif
