/* Zeroed memory of whole pages for one capture. In a process that dumps itself more than once, it is kept between captures, which saves the page
 * faults of the first touch. */
#ifndef STACKFLARE_MAPPING_H
#define STACKFLARE_MAPPING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PAGE = 4096 };

/* Rounded up to whole pages of the kernel, which can be larger. */
size_t sf_whole_pages(size_t bytes);

/* Address space for `bytes` bytes, and memory for the first `ready` of them. NULL if that fails. */
void *sf_map(size_t bytes, size_t ready);

/* Writes a zero to each page: the page faults then do not happen in the pause. */
void sf_touch(void *base, size_t bytes);

/* The first `used` bytes may be kept, zeroed. The pages beyond them may have been written too, and are kept as address space only. */
void sf_unmap(void *base, size_t mapped, size_t used);

/* Between these two calls, mappings of the last capture are reused, and those of the current one are kept: at most 2 MB of memory. A capture that
 * does not keep mappings does not change the kept ones. One capture at a time. */
void sf_keep_begin(bool keep);
void sf_keep_end(void);

#endif
