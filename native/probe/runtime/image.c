/* Every read can fail: a collectible module may be unloading, and the headers of a packed image may be wrong. */
#include "runtime/image.h"

#include "memory/memory.h"

#include <string.h>

enum { MAX_SECTIONS = 96, PAGE = 4096 };

typedef struct pe {
    uintptr_t base;
    bool flat;
    uint32_t image_size, metadata_rva;
    uint16_t section_count;
    struct pe_section { uint8_t name[8]; uint32_t size, rva, raw_size, raw; uint32_t rest[4]; } sections[MAX_SECTIONS];
} pe;

/* The last page that was read: headers are many small fields, and a system call for each would be slow. Discarded for each module, because memory
 * changes. */
static struct { uintptr_t page; uint8_t bytes[PAGE]; } window;

static bool read_at(uintptr_t address, void *to, size_t n)
{
    uintptr_t page = address & ~(uintptr_t)(PAGE - 1);
    if (address - page + n > PAGE)
        return sf_read((void *)address, to, n);
    if (window.page != page) {
        window.page = 0;
        if (!sf_read((void *)page, window.bytes, PAGE))
            return false;
        window.page = page;
    }
    memcpy(to, window.bytes + (address - page), n);
    return true;
}

static bool read_u32(uintptr_t address, uint32_t *to) { return read_at(address, to, sizeof *to); }

/* The address of an RVA, or 0. */
static uintptr_t at(const pe *image, uint32_t rva)
{
    if (!image->flat)
        return image->base + rva;
    for (int i = 0; i < image->section_count; i++) {
        const struct pe_section *s = &image->sections[i];
        if (rva >= s->rva && rva - s->rva < s->raw_size)
            return image->base + s->raw + (rva - s->rva);
    }
    return 0;
}

static bool open_image(const sf_module *module, pe *image)
{
    uint32_t header, signature, cor_rva;
    uint16_t optional_size, magic;
    window.page = 0;
    image->base = module->base_address;
    image->flat = (module->flags & SF_MODULE_FLAT) != 0;
    if (image->base == 0 || !read_u32(image->base + 0x3C, &header) || header > PAGE * 16)
        return false;
    uintptr_t coff = image->base + header + 4, optional = coff + 20;
    if (!read_u32(image->base + header, &signature) || signature != 0x00004550
        || !read_at(coff + 2, &image->section_count, 2) || image->section_count > MAX_SECTIONS
        || !read_at(coff + 16, &optional_size, 2)
        || !read_at(optional, &magic, 2) || (magic != 0x10B && magic != 0x20B)
        || !read_u32(optional + 56, &image->image_size)
        || !read_at(optional + optional_size, image->sections, image->section_count * sizeof *image->sections)
        || !read_u32(optional + (magic == 0x20B ? 112 : 96) + 14 * 8, &cor_rva))
        return false;
    uintptr_t cor = at(image, cor_rva);
    return cor_rva != 0 && cor != 0 && read_u32(cor + 8, &image->metadata_rva);
}

static bool find_stream(uintptr_t root, const char *name, uintptr_t *stream, uint32_t *size)
{
    uint32_t signature, version_length, offset;
    uint16_t count;
    if (!read_u32(root, &signature) || signature != 0x424A5342 || !read_u32(root + 12, &version_length) || version_length > 256
        || !read_at(root + 16 + version_length + 2, &count, 2) || count > 16)
        return false;
    uintptr_t p = root + 16 + version_length + 4;
    for (int i = 0; i < count; i++) {
        char found[32] = { 0 };
        if (!read_u32(p, &offset) || !read_u32(p + 4, size))
            return false;
        size_t length = 0;
        while (length < sizeof found - 1 && read_at(p + 8 + length, found + length, 1) && found[length])
            length++;
        if (!strcmp(found, name)) {
            *stream = root + offset;
            return true;
        }
        p += 8 + ((length + 4) & ~(size_t)3);
    }
    return false;
}

void image_identify(sf_module *module)
{
    pe image;
    uintptr_t root, tables, guids;
    uint32_t size;
    if (!open_image(module, &image) || (root = at(&image, image.metadata_rva)) == 0
        || (!find_stream(root, "#~", &tables, &size) && !find_stream(root, "#-", &tables, &size))
        || !find_stream(root, "#GUID", &guids, &size))
        return;
    uint8_t heap_sizes;
    uint64_t valid;
    if (!read_at(tables + 6, &heap_sizes, 1) || !read_at(tables + 8, &valid, 8) || !(valid & 1))
        return;
    /* The Module table is the first, with one row: generation, name, MVID. */
    uintptr_t row = tables + 24 + 4 * (uintptr_t)__builtin_popcountll(valid);
    uintptr_t mvid = row + 2 + (heap_sizes & 1 ? 4 : 2);
    uint32_t index = 0;
    if (!read_at(mvid, &index, heap_sizes & 2 ? 4 : 2) || index == 0 || (uint64_t)index * 16 > size)
        return;
    if (read_at(guids + (index - 1) * 16ull, module->mvid, sizeof module->mvid))
        module->flags |= SF_MODULE_MVID;
}

static uint64_t extent(const pe *image)
{
    uint64_t size = image->flat ? 0 : image->image_size;
    for (int i = 0; image->flat && i < image->section_count; i++) {
        uint64_t end = (uint64_t)image->sections[i].raw + image->sections[i].raw_size;
        size = end > size ? end : size;
    }
    return size;
}

static bool is_within(const pe *image, uintptr_t stream, uint32_t size)
{
    uint64_t bytes = extent(image);
    return stream >= image->base && stream - image->base <= bytes && size <= bytes - (stream - image->base);
}

bool image_metadata(const sf_module *module, image_streams *s)
{
    pe image;
    uintptr_t root;
    return open_image(module, &image) && (root = at(&image, image.metadata_rva)) != 0
        && find_stream(root, "#~", &s->tables, &s->tables_size) && is_within(&image, s->tables, s->tables_size)
        && find_stream(root, "#Strings", &s->strings, &s->strings_size) && is_within(&image, s->strings, s->strings_size)
        && find_stream(root, "#Blob", &s->blobs, &s->blobs_size) && is_within(&image, s->blobs, s->blobs_size);
}

bool image_in_memory(const sf_module *module)
{
    return !(module->flags & (SF_MODULE_ON_DISK | SF_MODULE_DYNAMIC));
}

uint64_t image_extent(const sf_module *module)
{
    pe image;
    return open_image(module, &image) ? extent(&image) : 0;
}
