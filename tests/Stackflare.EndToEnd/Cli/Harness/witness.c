/* Preloaded into a program: writes down what it does, a line each, to the file that WITNESS names.
 *   thread NAME    it gave a thread its name
 *   open PATH      it opened a file
 * A file of the name that WITNESS_HANGS has is never opened: who wants to waits.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static void note(const char *what, const char *name)
{
    char line[8192];
    int length = snprintf(line, sizeof line, "%s %s\n", what, name);
    int file = (int)syscall(SYS_openat, AT_FDCWD, getenv("WITNESS"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    /* At once, so that lines of two threads do not mix. */
    if (file < 0 || write(file, line, (size_t)length) != length)
        abort();
    close(file);
}

int pthread_setname_np(pthread_t thread, const char *name)
{
    __extension__ int (*real)(pthread_t, const char *) = (int (*)(pthread_t, const char *))dlsym(RTLD_NEXT, "pthread_setname_np");
    note("thread", name);
    return real(thread, name);
}

int open(const char *path, int flags, ...)
{
    va_list rest;
    va_start(rest, flags);
    int mode = va_arg(rest, int);
    va_end(rest);
    note("open", path);
    const char *hangs = getenv("WITNESS_HANGS"), *name = strrchr(path, '/');
    while (hangs && name && strcmp(name + 1, hangs) == 0)
        pause();
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

int open64(const char *path, int flags, ...) __attribute__((alias("open")));
