/* Reads a module's image in memory. */
#ifndef STACKFLARE_IMAGE_H
#define STACKFLARE_IMAGE_H

#include "wire/abi.h"

#include <stdbool.h>
#include <stddef.h>

/* Reads a module's MVID. */
void image_identify(sf_module *module);

/* An assembly that the program loaded from bytes. An assembly in a single-file program counts as on disk: the host finds it in the executable. */
bool image_in_memory(const sf_module *module);

typedef struct image_streams {
    uintptr_t tables, strings, blobs;
    uint32_t tables_size, strings_size, blobs_size;
} image_streams;

/* Finds the metadata streams, each inside of the image. False if the image is not valid. */
bool image_metadata(const sf_module *module, image_streams *streams);

/* How many bytes of memory an image occupies; 0 if it is not valid. */
uint64_t image_extent(const sf_module *module);

#endif
