/* What the system's C++ library asks of glibc, and musl has not: just enough for a runtime that is built for musl, and comes without a C++
 * library, to run with the one that is here. It stands for glibc's dynamic linker, which that library names. */
#include <locale.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/random.h>
#include <time.h>

char __libc_single_threaded = 0;
unsigned __cpu_model[4];

int __cpu_indicator_init(void) { return 0; }
int __cxa_thread_atexit_impl(void (*call)(void *), void *object, void *library) { return !call && !object && !library; }
int _dl_find_object(void *address, void *result) { return address && result ? -1 : -1; }
size_t __strftime_l(char *to, size_t size, const char *format, const struct tm *time, locale_t locale) { return strftime_l(to, size, format, time, locale); }

uint32_t arc4random(void)
{
    uint32_t value;
    return getrandom(&value, sizeof value, 0) == sizeof value ? value : 0;
}
