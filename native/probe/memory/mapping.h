/* Zeroed memory of whole pages for one capture. A process that dumps itself more than once keeps it from one capture to the next: that spares the
 * page faults of its first touch. */
#ifndef STACKFLARE_MAPPING_H
#define STACKFLARE_MAPPING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PAGE = 4096 };

static inline size_t sf_whole_pages(size_t bytes) { return (bytes + PAGE - 1) & ~(size_t)(PAGE - 1); }

/* Address space for so many bytes, and memory for the first `ready` of them. NULL when there is none. */
void *sf_map(size_t bytes, size_t ready);

/* The first `used` bytes may be kept, zeroed. What lies beyond them may have been written to as well, and is kept as address space only. */
void sf_unmap(void *base, size_t mapped, size_t used);

/* Between the two, mappings of the last capture are used again, and those of this one are kept: at most 2 MB of memory. A capture that does not
 * keep leaves what is kept alone. One capture at a time. */
void sf_keep_begin(bool keep);
void sf_keep_end(void);

#endif
