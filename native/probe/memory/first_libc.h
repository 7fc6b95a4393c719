/* glibc 2.34 moved functions of libdl and libpthread into libc, with new symbol versions. The old versions still exist, and the older systems that
 * .NET supports have only these. FIRST_LIBC(f) imports f by its first version. */
#ifndef STACKFLARE_FIRST_LIBC_H
#define STACKFLARE_FIRST_LIBC_H

#include <features.h>

#if defined(__GLIBC__) && defined(__x86_64__)
#define FIRST_LIBC(f) __asm__(".symver " #f "," #f "@GLIBC_2.2.5")
#elif defined(__GLIBC__) && defined(__aarch64__)
#define FIRST_LIBC(f) __asm__(".symver " #f "," #f "@GLIBC_2.17")
#else
#define FIRST_LIBC(f) _Static_assert(1, "no versions")
#endif

#endif
