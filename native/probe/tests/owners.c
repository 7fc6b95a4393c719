/* Tests code that instantiations share: its type is read from the runtime's memory, in batches, and used only if the memory is right for all other
 * methods. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "walk/capture.h"

#define CHECK(condition) \
    do { \
        if (!(condition)) { \
            fprintf(stderr, "owners: line %d: " #condition "\n", __LINE__); \
            exit(1); \
        } \
    } while (0)

/* Methods are in chunks, which begin with their type; each method contains its distance in the chunk. More than two batches of chunks. */
enum { IN_CHUNK = 10, METHODS = 300, CHUNKS = METHODS / IN_CHUNK, CHUNK_BYTES = 24, METHOD_BYTES = 24, WORDS = METHOD_BYTES / 8, INDEX_AT = 2, PAGE = 4096 };
typedef struct chunk { uintptr_t type, pad[2]; uint8_t methods[IN_CHUNK][METHOD_BYTES]; uint8_t to_the_page[PAGE - CHUNK_BYTES - IN_CHUNK * METHOD_BYTES]; } chunk;

static chunk *chunks;
static uintptr_t liar; /* a method whose type from the interface differs from the one in memory */

static uint32_t number(clr_id fn) { return (uint32_t)((fn - (uintptr_t)chunks) / sizeof(chunk)) * IN_CHUNK + (uint32_t)((fn - (uintptr_t)chunks) % sizeof(chunk) - CHUNK_BYTES) / METHOD_BYTES; }
static clr_id method(uint32_t i) { return (clr_id)chunks[i / IN_CHUNK].methods[i % IN_CHUNK]; }
static clr_id type(uint32_t i) { return 0x500000 + i / IN_CHUNK * 0x100; }
static bool is_shared(uint32_t i) { return i % 3 == 1; }

static hresult function(void *self, clr_id fn, uintptr_t frame, clr_id *cls, clr_id *module, uint32_t *token, uint32_t cap, uint32_t *count, clr_id *args)
{
    (void)self, (void)frame, (void)cap, (void)args;
    *cls = is_shared(number(fn)) ? 0 : fn == liar ? 0x400000 : type(number(fn));
    *module = 1, *token = 0x06000001, *count = 0;
    return S_OK;
}

static hresult not_dynamic(void *self, clr_id fn, int32_t *dynamic) { (void)self, (void)fn; *dynamic = 0; return S_OK; }
static hresult no_array(void *self, clr_id cls, uint32_t *kind, clr_id *element, uint32_t *rank) { (void)self, (void)cls, (void)kind, (void)element, (void)rank; return S_FALSE; }
static hresult class(void *self, clr_id cls, clr_id *module, uint32_t *token, clr_id *parent, uint32_t cap, uint32_t *count, clr_id *args)
{
    (void)self, (void)cls, (void)parent, (void)cap, (void)args;
    *module = 1, *token = 0x02000002, *count = 0;
    return S_OK;
}
static hresult module(void *self, clr_id id, uintptr_t *base, uint32_t cap, uint32_t *count, clr_char *path, clr_id *assembly, uint32_t *flags)
{
    (void)self, (void)id, (void)cap, (void)path;
    *base = 0, *count = 0, *assembly = 1, *flags = 0;
    return S_OK;
}

static void *info_table[128] = { [11] = (void *)no_array, [38] = (void *)function, [41] = (void *)class, [70] = (void *)module, [87] = (void *)not_dynamic };
static void *info = info_table;
static capture c;

/* The interface returns the type of every step-th method, from the second; of all of them, from the first. */
static uint32_t step = 1;
static uint32_t which(uint32_t n) { return step == 1 ? n : 1 + n * step; }

static void describe(uint32_t count, bool late)
{
    c = (capture){ .runtime = { .info = &info } };
    layout *k = &c.runtime.layout;
    k->known = (uint64_t)1 << LAYOUT_METHODS;
    k->method.index = INDEX_AT, k->method.chunk_bytes = CHUNK_BYTES, k->method.chunk_type = 0;
    c.pause_deadline = late ? 0 : INT64_MAX;
    CHECK(sf_table_map(&c.functions, sizeof(sf_function), METHODS, 0) && sf_table_map(&c.function_work, sizeof(function_work), METHODS, 0)
        && sf_table_map(&c.types, sizeof(sf_type), METHODS, 0) && sf_table_map(&c.type_work, sizeof(type_work), METHODS, 0)
        && sf_table_map(&c.type_args, sizeof(uint32_t), METHODS, 0) && sf_table_map(&c.modules, sizeof(sf_module), METHODS, 0)
        && sf_table_map(&c.module_work, sizeof(module_work), METHODS, 0) && sf_table_map(&c.blob, 1, PAGE, 0)
        && sf_index_map(&c.function_index, METHODS) && sf_index_map(&c.type_index, METHODS) && sf_index_map(&c.module_index, METHODS));
    for (uint32_t i = 0; i < count; i++)
        CHECK(describe_function(&c, method(which(i))) == i);
    describe_functions(&c);
}

static void forget(void)
{
    sf_table *tables[] = { &c.functions, &c.function_work, &c.types, &c.type_work, &c.type_args, &c.modules, &c.module_work, &c.blob };
    sf_index *indexes[] = { &c.function_index, &c.type_index, &c.module_index };
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        sf_table_unmap(tables[i]);
    for (size_t i = 0; i < sizeof indexes / sizeof *indexes; i++)
        sf_index_unmap(indexes[i]);
}

static bool has_owner(uint32_t n)
{
    const function_work *work = sf_table_at(&c.function_work, n);
    uint32_t i = which(n);
    bool has = work->owner != SF_NONE;
    CHECK(!has || (is_shared(i) && ((sf_type *)sf_table_at(&c.types, work->owner))->class_id == type(i)));
    CHECK(work->incomplete == (is_shared(i) && !has)); /* code with unknown types may be freed */
    return has;
}

static uint32_t owners(uint32_t count)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < count; i++)
        n += has_owner(i);
    return n;
}

int main(void)
{
    chunks = mmap(NULL, CHUNKS * sizeof(chunk), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(chunks != MAP_FAILED);
    for (uint32_t i = 0; i < METHODS; i++) {
        chunks[i / IN_CHUNK].type = type(i);
        chunks[i / IN_CHUNK].methods[i % IN_CHUNK][INDEX_AT] = (uint8_t)(i % IN_CHUNK * WORDS);
    }
    sf_read_open();

    describe(METHODS, false);
    CHECK(owners(METHODS) == METHODS / 3 && c.result.flags == 0);
    forget();

    /* Memory is wrong for one method of the last batch: none of its data is used. */
    liar = method(METHODS - 1);
    describe(METHODS, false);
    CHECK(owners(METHODS) == 0 && c.result.flags == 0);
    forget();
    liar = 0;

    /* The interface returns no type at all: nothing confirms the data in memory. */
    step = 3;
    CHECK(is_shared(which(0)) && is_shared(which(1)));
    describe(METHODS / 3, false);
    CHECK(owners(METHODS / 3) == 0);
    forget();
    step = 1;

    /* The pause is over: what is not known is marked as missing. */
    describe(30, true);
    CHECK(owners(30) == 0 && c.result.flags == SF_INFO_TABLES_TRUNCATED);
    forget();

    /* A page that cannot be read: the data for known methods on it cannot be confirmed. */
    CHECK(mprotect(&chunks[20], sizeof(chunk), PROT_NONE) == 0);
    describe(METHODS, false);
    CHECK(owners(METHODS) == 0);
    forget();
    return 0;
}
