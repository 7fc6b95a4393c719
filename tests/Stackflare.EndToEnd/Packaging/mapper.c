/* A program that looks like one of .NET in its memory map: it maps the file that it is given, and waits for the end of its input. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>

int main(int count, char **arguments)
{
    int file = open(arguments[count - 1], O_RDONLY);
    if (file < 0 || mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, file, 0) == MAP_FAILED)
        return 1;
    puts("READY");
    fflush(stdout);
    while (getchar() != EOF)
        ;
    return 0;
}
