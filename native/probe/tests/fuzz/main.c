/* Runs a fuzz target on the given files, and on damaged copies of each: every run of 16 bytes overwritten, 400 of them at most, and the file
 * truncated at as many places. */
#include "fuzz.h"

#include <string.h>

static void damage(const uint8_t *bytes, size_t size)
{
    enum { MOST = 400, RUN = 16 };
    size_t step = size / MOST + 1;
    uint8_t *copy = malloc(size + 1);
    for (size_t at = 0; at < size; at += step) {
        memcpy(copy, bytes, size);
        memset(copy + at, at % 3 == 0 ? 0xFF : at % 3 == 1 ? '9' : 0, size - at < RUN ? size - at : RUN);
        LLVMFuzzerTestOneInput(copy, size);
        LLVMFuzzerTestOneInput(bytes, at);
    }
    free(copy);
}

int main(int count, char **files)
{
    static uint8_t bytes[1 << 20];
    for (int i = 1; i < count; i++) {
        FILE *file = fopen(files[i], "rb");
        if (!file)
            return 2;
        size_t size = fread(bytes, 1, sizeof bytes, file);
        fclose(file);
        LLVMFuzzerTestOneInput(bytes, size);
        damage(bytes, size);
        printf("%s: %zu bytes\n", files[i], size);
    }
    return count > 1 ? 0 : 2;
}
