/* Fuzzes an assembly's image in memory: its id, its metadata, its types and fields. */
#include "fuzz.h"

#include "memory/memory.h"
#include "runtime/clr.h"
#include "runtime/corelib.h"
#include "runtime/image.h"
#include "runtime/layout.h"

#include <string.h>
#include <sys/mman.h>

/* The part of the profiling interface for a module and the fields of a type. */
static uintptr_t base;
static uint32_t layout_flags;
static hresult module_info(void *self, clr_id module, uintptr_t *at, uint32_t cap, uint32_t *count, clr_char *path, clr_id *assembly, uint32_t *flags)
{
    (void)self, (void)module, (void)cap, (void)path;
    *at = base;
    *count = 0;
    *assembly = 1;
    *flags = layout_flags;
    return S_OK;
}

static hresult class_layout(void *self, clr_id class, field_place *fields, uint32_t cap, uint32_t *count, uint32_t *size)
{
    (void)self, (void)class;
    for (*count = 0; *count < 8 && *count < cap; ++*count)
        fields[*count] = (field_place){ 0x04000001 + *count, 8 + 8 * *count };
    *size = 128;
    return S_OK;
}

static void *info_table[128];
static void *info = info_table;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static layout k;
    core_lib core;
    info_table[70] = (void *)module_info;
    info_table[40] = (void *)class_layout;
    /* Separate pages, so that a plain load beyond the image faults. */
    size_t pages = (size + 4095) & ~(size_t)4095;
    if (size == 0)
        return 0;
    uint8_t *image = mmap(NULL, pages + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    FUZZ_CHECK(image != MAP_FAILED && mprotect(image + pages, 4096, PROT_NONE) == 0);
    memcpy(image, data, size);
    base = (uintptr_t)image;
    for (int flat = 0; flat < 2; flat++) {
        sf_module module = { .base_address = base, .flags = flat ? SF_MODULE_FLAT : 0 };
        layout_flags = flat ? COR_PRF_MODULE_FLAT_LAYOUT : 0;
        image_identify(&module);
        /* The runtime has mapped the size that the image declares, so plain loads are allowed there. */
        if (image_extent(&module) > pages || !module_open(&k, &info, 1, &core))
            continue;
        core_type types[] = { { .space = "", .name = "<Module>" }, { .space = "Fixture", .name = "Holder" }, { .space = "System", .name = "Object" } };
        core_find_types(&core, types, 3);
        for (uint32_t token = 0x02000000; token < 0x02000020; token++) {
            core_field field = { .name = "name" };
            core_type type = { .token = token, .class = 1 };
            core_is_type(&core, token, "Fixture", "Holder");
            core_find_field(&core, &type, &field);
        }
    }
    munmap(image, pages + 4096);
    return 0;
}
