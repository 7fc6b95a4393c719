/* Finds the runtime's data contract: offsets and addresses that the runtime publishes for debuggers (.NET 9 and later). */
#define _GNU_SOURCE
#include "runtime/runtime.h"

#include "memory/first_libc.h"
#include "memory/memory.h"

#include <dlfcn.h>
#include <pthread.h>
#include <time.h>

FIRST_LIBC(dladdr);
FIRST_LIBC(dlclose);
FIRST_LIBC(dlopen);
FIRST_LIBC(dlsym);
FIRST_LIBC(pthread_create);
extern __typeof__(pthread_create) pthread_create __attribute__((weak));

#define CONTRACT_MAGIC 0x0043414443434E44ull /* "DNCCDAC" */

typedef struct descriptor {
    uint64_t magic;
    uint32_t flags;
    uint32_t size;
    const char *json;
    uint32_t pointer_count;
    uint32_t pad;
    const uintptr_t *pointers;
} descriptor;

static const void *find_symbol(void *info, const char *name)
{
    /* A single-file executable contains the runtime and exports the symbol itself. Otherwise it is in the library that contains the profiling
     * interface's code. */
    const void *symbol = dlsym(RTLD_DEFAULT, name);
    Dl_info where, found;
    if (!dladdr(**(void ***)info, &where))
        return NULL;
    if (!symbol && where.dli_fname) {
        void *library = dlopen(where.dli_fname, RTLD_LAZY | RTLD_NOLOAD);
        if (library) {
            symbol = dlsym(library, name);
            dlclose(library);
        }
    }
    /* The process may contain another runtime, with different offsets. */
    return symbol && dladdr(symbol, &found) && found.dli_fbase == where.dli_fbase ? symbol : NULL;
}

static const descriptor *find_descriptor(void *info)
{
    const descriptor *d = find_symbol(info, "DotNetRuntimeContractDescriptor");
    return d && d->magic == CONTRACT_MAGIC && d->size > 0 ? d : NULL;
}

/* The collector can be a separate library with an invalid descriptor: all reads of it can fail, and the text is parsed only if it exists from
 * beginning to end. */
static bool open_part(uintptr_t address, layout_source *part)
{
    enum { MOST_TEXT = 1 << 20, MOST_POINTERS = 1 << 12 };
    uintptr_t at;
    descriptor d;
    char first, last;
    uintptr_t pointer;
    if (!sf_read_pointer(address, &at) || !plausible(at) || !sf_read((const void *)at, &d, sizeof d) || d.magic != CONTRACT_MAGIC
        || d.size == 0 || d.size > MOST_TEXT || d.pointer_count == 0 || d.pointer_count > MOST_POINTERS
        || !sf_read(d.json, &first, sizeof first) || !sf_read(d.json + d.size - 1, &last, sizeof last)
        || !sf_read(d.pointers, &pointer, sizeof pointer) || !sf_read(d.pointers + d.pointer_count - 1, &pointer, sizeof pointer))
        return false;
    *part = (layout_source){ .text = d.json, .size = d.size, .pointers = d.pointers, .pointer_count = d.pointer_count };
    return true;
}

void runtime_open(runtime *r, uint16_t major)
{
    const descriptor *d = find_descriptor(r->info);
    r->major = major;
    layout_source source = { .debugger_table = d ? NULL : find_symbol(r->info, "g_dacTable") };
    if (d)
        source = (layout_source){ .text = d->json, .size = d->size, .pointers = d->pointers, .pointer_count = d->pointer_count, .open = open_part };
    layout_fill(&r->layout, major, &source);
    r->has_core = core_open(&r->layout, r->info, &r->core);
    if (r->has_core)
        layout_fill_names(&r->layout, &r->core);
    r->blocking = (thread_variable){ .where = VARIABLE_UNKNOWN };
    if (layout_knows(&r->layout, LAYOUT_BLOCKING_WORD))
        r->blocking = (thread_variable){ VARIABLE_DIRECT, 0, r->layout.statics.blocking * (uint32_t)sizeof(uintptr_t) };
    else if (r->has_core)
        r->blocking = variable_find(&r->core, core_class_of(r, CORE_BLOCKING), r->layout.blocking.first);
}

enum code_owner owner_of_code(const runtime *r, uintptr_t address)
{
    /* Older systems have a separate library for threads. */
    const void *const of_libc[] = { (const void *)(uintptr_t)&nanosleep, (const void *)(uintptr_t)&pthread_create };
    Dl_info owner, known;
    if (!dladdr((const void *)address, &owner))
        return CODE_OF_OTHERS;
    if (dladdr(**(void ***)r->info, &known) && known.dli_fbase == owner.dli_fbase)
        return CODE_OF_RUNTIME;
    for (size_t i = 0; i < sizeof of_libc / sizeof *of_libc; i++)
        if (of_libc[i] && dladdr(of_libc[i], &known) && known.dli_fbase == owner.dli_fbase)
            return CODE_OF_LIBC;
    return CODE_OF_OTHERS;
}

/* A type that shares its class with another one points to that one, with the lowest bit set. */
bool is_type(const layout *k, uintptr_t type)
{
    uintptr_t owner = type, class, back;
    if (!layout_knows(k, LAYOUT_TYPES) || !sf_read_pointer(type + k->type.class, &class))
        return false;
    if (class & 1) {
        owner = class & ~(uintptr_t)1;
        if (!sf_read_pointer(owner + k->type.class, &class))
            return false;
    }
    return sf_read_pointer(class + k->class.type, &back) && back == owner;
}
