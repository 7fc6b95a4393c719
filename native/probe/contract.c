/* The runtime's data contract: offsets and addresses that the runtime publishes for debuggers (.NET 9 and later).
 *
 * Every number comes from the descriptor of the runtime that the probe is in; there is none of ours. What is found with them is
 * read through sf_read, so that a number that means something else than we think costs a name and not the process. */
#define _GNU_SOURCE
#include "capture.h"

#include <dlfcn.h>
#include <stdlib.h>

#define CONTRACT_MAGIC 0x0043414443434E44ull /* "DNCCDAC" */
#define MAX_THREAD_NAME 2048                 /* bytes */

typedef struct descriptor {
    uint64_t magic;
    uint32_t flags;
    uint32_t size;
    const char *json;
    uint32_t pointer_count;
    uint32_t pad;
    const uintptr_t *pointers;
} descriptor;

static const descriptor *find_descriptor(void *info)
{
    static const char name[] = "DotNetRuntimeContractDescriptor";
    /* A single-file executable has the runtime linked in and exports the symbol itself; otherwise it is the library that the
     * profiling interface's code is in. */
    const descriptor *d = dlsym(RTLD_DEFAULT, name);
    Dl_info where;
    if (!d && dladdr(**(void ***)info, &where) && where.dli_fname) {
        void *library = dlopen(where.dli_fname, RTLD_LAZY | RTLD_NOLOAD);
        if (library) {
            d = dlsym(library, name);
            dlclose(library);
        }
    }
    return d && d->magic == CONTRACT_MAGIC && d->size > 0 ? d : NULL;
}

/* The descriptor is JSON in its compact form: "types":{"Thread":{"Id":16,"GCHandle":[304,"GCHandle"],…},…},"globals":{…}. */
static const char *after_key(const char *in, const char *end, const char *key)
{
    size_t n = strlen(key);
    for (const char *p = in; p && (p = memchr(p, '"', (size_t)(end - p))); p++)
        if ((size_t)(end - p) > n + 3 && !memcmp(p + 1, key, n) && p[n + 1] == '"' && p[n + 2] == ':')
            return p + n + 3;
    return NULL;
}

static const char *object_end(const char *p, const char *end)
{
    int depth = 0;
    for (; p < end; p++) {
        depth += (*p == '{') - (*p == '}');
        if (depth == 0)
            return p;
    }
    return end;
}

static bool number(const char *p, const char *end, uint32_t *value)
{
    while (p < end && (*p == '[' || *p == ' '))
        p++;
    if (p >= end || *p < '0' || *p > '9')
        return false;
    *value = (uint32_t)strtoul(p, NULL, 10);
    return *value < 1 << 16;
}

static bool field(const char *types, const char *end, const char *type, const char *name, uint32_t *offset)
{
    const char *in = types ? after_key(types, end, type) : NULL;
    if (!in || *in != '{')
        return false;
    const char *close = object_end(in, end);
    const char *value = after_key(in, close, name);
    return value && number(value, close, offset);
}

void contract_find(capture *c)
{
    contract *k = &c->contract;
    const descriptor *d = find_descriptor(c->info);
    if (!d)
        return;
    const char *end = d->json + d->size;
    const char *types = after_key(d->json, end, "types");
    const char *globals = after_key(d->json, end, "globals");
    uint32_t string_type = 0;
    const char *string_global = globals ? after_key(globals, end, "StringMethodTable") : NULL;
    k->present = field(types, end, "Thread", "Id", &k->thread_id)
        && field(types, end, "Thread", "OSId", &k->thread_os_id)
        && field(types, end, "Thread", "State", &k->thread_state)
        && field(types, end, "Thread", "GCHandle", &k->thread_handle)
        && field(types, end, "Thread", "Frame", &k->thread_frame)
        && field(types, end, "String", "m_FirstChar", &k->string_chars)
        && field(types, end, "String", "m_StringLength", &k->string_length)
        && string_global && number(string_global, end, &string_type) && string_type < d->pointer_count
        && sf_read_pointer(d->pointers[string_type], &k->string_type);
    if (!k->present)
        return;
    c->result.flags |= SF_INFO_CONTRACT;
    /* Zero is no valid offset for these: it stands for "this runtime does not say". */
    if (!field(types, end, "Thread", "ExceptionTracker", &k->thread_exception)
        || !field(types, end, "ExceptionInfo", "ThrownObject", &k->exception_object))
        k->thread_exception = 0;
    if (!field(types, end, "Module", "LoaderAllocator", &k->module_loader))
        k->module_loader = 0;
    if (!field(types, end, "Module", "GrowableSymbolStream", &k->module_symbols)
        || !field(types, end, "CGrowableSymbolStream", "Buffer", &k->symbols_buffer)
        || !field(types, end, "CGrowableSymbolStream", "Size", &k->symbols_size))
        k->module_symbols = 0;
}

/* The GC uses the low bits of an object's first word. */
static bool object_type(uintptr_t object, uintptr_t *type)
{
    if (object == 0 || !sf_read_pointer(object, type))
        return false;
    *type &= ~(uintptr_t)7;
    return true;
}

static bool read_name(capture *c, uintptr_t text, sf_thread *thread)
{
    const contract *k = &c->contract;
    uintptr_t type;
    int32_t length;
    if (!object_type(text, &type) || type != k->string_type
        || !sf_read((void *)(text + k->string_length), &length, sizeof length) || length < 0)
        return false;
    uint32_t bytes = (uint32_t)length > MAX_THREAD_NAME / 2 ? MAX_THREAD_NAME : (uint32_t)length * 2;
    uint32_t offset = sf_table_add_many(&c->blob, bytes);
    if (offset != SF_NONE && sf_read((void *)(text + k->string_chars), sf_table_at(&c->blob, offset), bytes)) {
        thread->name_offset = offset;
        thread->name_length = bytes;
    }
    return true;
}

/* The contract names no fields of managed objects. System.Threading.Thread has one field that is a string, its name: the
 * first word that points to an object of type String is it. */
static void thread_name(capture *c, uintptr_t object, sf_thread *thread)
{
    enum { WORDS = 10 };
    contract *k = &c->contract;
    uintptr_t words[WORDS];
    if (!sf_read((void *)object, words, sizeof words))
        return;
    if (k->name_offset != 0) {
        if (words[k->name_offset] != 0)
            read_name(c, words[k->name_offset], thread);
        return;
    }
    for (uint32_t i = 1; i < WORDS; i++) {
        if (words[i] != 0 && words[i] % sizeof(uintptr_t) == 0 && read_name(c, words[i], thread)) {
            k->name_offset = i;
            return;
        }
    }
}

static void thread_exception(capture *c, uintptr_t tracker, sf_thread *thread)
{
    uintptr_t handle, object, type;
    clr_id cls = 0;
    if (sf_read_pointer(tracker + c->contract.exception_object, &handle) && handle != 0
        && sf_read_pointer(handle, &object) && object_type(object, &type) && type != 0
        && sf_read_pointer(type, &handle) /* a type that is there, before the runtime is asked about it */
        && !FAILED(info_class_of_object(c->info, object, &cls)))
        thread->exception_type = describe_type(c, cls, 0);
}

/* Called while the runtime stands still: a ThreadID is the address of the runtime's Thread. */
void contract_thread(capture *c, sf_thread *thread)
{
    enum { MAX_THREAD_BYTES = 2048 };
    const contract *k = &c->contract;
    if (!k->present)
        return;
    uint8_t bytes[MAX_THREAD_BYTES];
    uint32_t last = k->thread_id;
    c->contract.top_frame = 0;
    const uint32_t offsets[] = { k->thread_os_id, k->thread_state, k->thread_handle, k->thread_exception, k->thread_frame };
    for (size_t i = 0; i < sizeof offsets / sizeof *offsets; i++)
        last = offsets[i] > last ? offsets[i] : last;
    uint32_t size = last + (uint32_t)sizeof(uintptr_t);
    if (size > sizeof bytes || !sf_read((void *)thread->thread_id, bytes, size))
        return;

    uint64_t os_id;
    uintptr_t handle, object, tracker = 0;
    memcpy(&thread->managed_id, bytes + k->thread_id, sizeof thread->managed_id);
    memcpy(&os_id, bytes + k->thread_os_id, sizeof os_id);
    memcpy(&thread->state, bytes + k->thread_state, sizeof thread->state);
    memcpy(&handle, bytes + k->thread_handle, sizeof handle);
    memcpy(&c->contract.top_frame, bytes + k->thread_frame, sizeof c->contract.top_frame);
    if (k->thread_exception)
        memcpy(&tracker, bytes + k->thread_exception, sizeof tracker);
    thread->os_id = (uint32_t)os_id;
    thread->flags |= SF_THREAD_STATE_KNOWN;

    if (handle != 0 && sf_read_pointer(handle, &object) && object != 0)
        thread_name(c, object, thread);
    if (tracker != 0)
        thread_exception(c, tracker, thread);
}

/* Whether the innermost address of the thread that was just looked at is where the thread stands. A thread that is in a call out of
 * managed code has left a frame object for the runtime, with the address to return to among its first words; then it is a
 * return address like those of the frames below. Not known: it is taken for one, which is right for every thread that waits. */
bool contract_stands_at(capture *c, uint64_t ip)
{
    enum { FRAME_WORDS = 10 };
    uintptr_t words[FRAME_WORDS];
    if (c->contract.top_frame == 0)
        return false;
    if (!sf_read((void *)c->contract.top_frame, words, sizeof words))
        return true; /* the runtime's mark for "no frame object" */
    for (int i = 0; i < FRAME_WORDS; i++)
        if (words[i] == ip)
            return false;
    return true;
}
