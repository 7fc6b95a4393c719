/* Shared by the fuzz targets. Each is a libFuzzer target; main.c runs one on files, for compilers without libFuzzer. */
#ifndef STACKFLARE_FUZZ_H
#define STACKFLARE_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ_CHECK(condition) \
    do { \
        if (!(condition)) { \
            fprintf(stderr, "%s:%d: " #condition "\n", __FILE__, __LINE__); \
            abort(); \
        } \
    } while (0)

/* Takes bytes from the input until it is empty. */
typedef struct fuzz_input { const uint8_t *at; size_t left; } fuzz_input;
static inline uint64_t fuzz_take(fuzz_input *in, size_t bytes)
{
    uint64_t value = 0;
    for (; bytes > 0 && in->left > 0; bytes--, in->left--)
        value = value << 8 | *in->at++;
    return value;
}

#endif
