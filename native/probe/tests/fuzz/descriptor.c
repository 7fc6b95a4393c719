/* Fuzzes the data-contract descriptor: parsing the text, and filling the layout from it. */
#include "fuzz.h"

#include "runtime/layout.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uintptr_t variables[64], pointers[64];
    static layout k;
    for (int i = 0; i < 64; i++) {
        variables[i] = (uintptr_t)&variables[i] & ~(uintptr_t)7;
        pointers[i] = (uintptr_t)&variables[i];
    }
    /* A separate allocation, so that a read beyond it is detected. */
    char *text = malloc(size + 1);
    memcpy(text, data, size);
    for (uint16_t major = 8; major <= 12; major++) {
        layout_fill(&k, major, &(layout_source){ text, size, pointers, 64 });
        /* A copy of a Thread has this size, and everything that is read must be inside. */
        FUZZ_CHECK(!layout_knows(&k, LAYOUT_THREADS) || (k.thread.bytes <= LAYOUT_THREAD_BYTES && k.thread.id < k.thread.bytes
            && k.thread.state < k.thread.bytes && k.thread.object < k.thread.bytes && k.thread.frame < k.thread.bytes));
        FUZZ_CHECK(!layout_knows(&k, LAYOUT_EXCEPTIONS) || !layout_knows(&k, LAYOUT_THREADS) || k.thread.exception < k.thread.bytes);
        FUZZ_CHECK(!layout_knows(&k, LAYOUT_STATICS) || !layout_knows(&k, LAYOUT_THREADS) || k.thread.statics < k.thread.bytes);
        FUZZ_CHECK(!layout_knows(&k, LAYOUT_THREAD_LIST) || !layout_knows(&k, LAYOUT_THREADS) || (k.thread.cooperative < k.thread.bytes && k.thread.link < k.thread.bytes));
        FUZZ_CHECK(!layout_knows(&k, LAYOUT_SYNC_TABLE) || k.sync_table.bytes == 16);
        FUZZ_CHECK(major < 12 || k.known == 0 || k.lacking != 0);
    }
    free(text);
    return 0;
}
