/* Writes the corpus of heap.c to a folder. The test that runs the fuzz targets compares it with the committed files: cc -I native/probe
 * native/probe/tests/fuzz/heap_make.c -o make && ./make native/probe/tests/fuzz/corpus/heap */
#include "heap_make.h"

#include <stdio.h>

int main(int count, char **folders)
{
    static made m;
    for (int i = 0; count == 2 && i < MADE_HEAPS; i++) {
        char path[4096];
        make_heap(&m);
        made_heaps[i].damage(&m);
        size_t size = sizeof m.bytes;
        while (m.bytes[size - 1] == 0)
            size--;
        snprintf(path, sizeof path, "%s/%s", folders[1], made_heaps[i].name);
        FILE *file = fopen(path, "wb");
        if (!file || fwrite(&m.header, sizeof m.header, 1, file) != 1 || fwrite(m.bytes, size, 1, file) != 1 || fclose(file) != 0)
            return 1;
    }
    return count == 2 ? 0 : 2;
}
