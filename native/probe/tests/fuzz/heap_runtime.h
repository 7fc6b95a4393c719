/* The part of the profiling interface that describes the heap: its answers about types, functions and modules come from the artificial memory. */
#ifndef STACKFLARE_HEAP_RUNTIME_H
#define STACKFLARE_HEAP_RUNTIME_H

#include "heap_image.h"
#include "memory/memory.h"
#include "runtime/clr.h"

#define HEAP_TOKEN(which) (0x02000001u + (uint32_t)(which)) /* of a type of CoreLib */

static uintptr_t heap_peek(uintptr_t at) { uintptr_t word; return sf_read_pointer(at, &word) ? word : 0; }
static uint32_t heap_peek_half(uintptr_t at) { uint32_t half; return sf_read((const void *)at, &half, sizeof half) ? half : 0; }

static hresult fake_query(void *self, const guid *iid, void **out) { (void)iid; *out = self; return S_OK; }
static uint32_t fake_release(void *self) { (void)self; return 1; }
static hresult fake_events(void *self, uint32_t mask) { (void)self, (void)mask; return S_OK; }

static hresult fake_array(void *self, clr_id cls, uint32_t *kind, clr_id *element, uint32_t *rank)
{
    (void)self;
    *kind = 0x12, *rank = 1;
    *element = heap_peek(cls + TYPE_ELEMENT);
    return heap_peek_half(cls + TYPE_FLAGS) & FLAG_COUNTS ? S_OK : S_FALSE;
}

static hresult fake_class(void *self, clr_id cls, clr_id *module, uint32_t *token, clr_id *parent, uint32_t cap, uint32_t *count, clr_id *args)
{
    (void)self;
    *module = heap_peek(cls + TYPE_MODULE);
    *token = 0x02000000 | heap_peek_half(cls + TYPE_FLAGS2) >> TOKEN_SHIFT;
    *parent = heap_peek(cls + TYPE_PARENT);
    clr_id argument = heap_peek(cls + TYPE_ARGUMENT);
    *count = argument != 0;
    if (argument != 0 && cap > 0)
        args[0] = argument;
    return *module != 0 ? S_OK : E_FAIL;
}

static hresult fake_fields(void *self, clr_id cls, field_place *fields, uint32_t cap, uint32_t *count, uint32_t *size)
{
    (void)self;
    *count = heap_peek_half(cls + TYPE_FIELDS) % 4096;
    *size = heap_peek_half(cls + TYPE_SIZE);
    for (uint32_t i = 0; i < *count && i < cap; i++)
        fields[i] = (field_place){ 0x04000001 + i, i % 2 == 0 ? 8 + 8 * i : 8 * i - 8 }; /* not sorted */
    return S_OK;
}

static hresult fake_function(void *self, clr_id fn, uintptr_t frame, clr_id *cls, clr_id *module, uint32_t *token, uint32_t cap, uint32_t *count, clr_id *args)
{
    (void)self, (void)frame, (void)cap, (void)args;
    *cls = heap_peek(fn), *module = heap_peek(fn + 8);
    *token = 0x06000001, *count = 0;
    return *module != 0 ? S_OK : E_FAIL;
}

static hresult fake_module(void *self, clr_id module, uintptr_t *base, uint32_t cap, uint32_t *count, clr_char *path, clr_id *assembly, uint32_t *flags)
{
    (void)self, (void)module, (void)cap, (void)path;
    *base = 0, *count = 0, *assembly = 1, *flags = 0;
    return S_OK;
}

static hresult fake_dynamic(void *self, clr_id fn, int32_t *dynamic) { (void)self, (void)fn; *dynamic = 0; return S_OK; }

/* Code begins with the address of its function. */
static hresult fake_function_at(void *self, uintptr_t ip, clr_id *fn, clr_id *rejit)
{
    (void)self;
    *fn = heap_peek(ip & ~(uintptr_t)63), *rejit = 0;
    return *fn != 0 ? S_OK : E_FAIL;
}

static hresult fake_static(void *self, clr_id cls, uint32_t field, clr_id domain, clr_id thread, void **place)
{
    (void)self, (void)cls, (void)field, (void)domain, (void)thread;
    *place = memory + PLACE_DISPATCHER;
    return S_OK;
}

static hresult fake_bodies(void *self, clr_id fn, clr_id rejit, uint32_t cap, uint32_t *count, uintptr_t *starts)
{
    (void)self, (void)rejit, (void)cap;
    *count = 1, starts[0] = heap_peek(fn + 16);
    return S_OK;
}

static hresult fake_ranges(void *self, uintptr_t start, uint32_t cap, uint32_t *count, code_range *ranges)
{
    (void)self, (void)cap;
    *count = 1, ranges[0] = (code_range){ start, 64 };
    return S_OK;
}

static hresult fake_map(void *self, uintptr_t start, uint32_t cap, uint32_t *count, il_native_map *map)
{
    (void)self, (void)start, (void)cap;
    *count = 2, map[0] = (il_native_map){ 0, 0, 16 }, map[1] = (il_native_map){ 7, 16, 32 };
    return S_OK;
}

static void *heap_info_table[128] = {
    [0] = (void *)fake_query, [2] = (void *)fake_release, [11] = (void *)fake_array, [16] = (void *)fake_events, [38] = (void *)fake_function, [40] = (void *)fake_fields,
    [41] = (void *)fake_class, [68] = (void *)fake_static, [70] = (void *)fake_module, [87] = (void *)fake_dynamic, [88] = (void *)fake_function_at,
    [90] = (void *)fake_bodies, [91] = (void *)fake_map, [92] = (void *)fake_ranges,
};
static void *heap_info = heap_info_table;

#endif
