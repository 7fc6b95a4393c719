/* Copies images of modules without a file into the snapshot. */
#include "runtime/image.h"
#include "walk/capture.h"

/* An image for which the pause has no time is left out, and marked. */
void image_copy(capture *c, sf_module *module, bool in_pause)
{
    enum { PAGE = 4096, AT_ONCE = 64 * PAGE };
    if (!(c->request->flags & SF_REQUEST_COPY_IMAGES) || !image_in_memory(module))
        return;
    uint64_t size = image_extent(module);
    if (size == 0)
        return;
    if (c->blob.count + size > c->request->max_image_bytes
        || (module->image_offset = sf_table_add_many(&c->blob, (uint32_t)size)) == SF_NONE) {
        module->flags |= SF_MODULE_IMAGE_TRUNCATED;
        return;
    }
    module->image_length = (uint32_t)size;
    for (uint64_t i = 0; i < size; i += AT_ONCE) {
        if (in_pause && is_late(c)) {
            c->blob.count = module->image_offset; /* nothing was added after it */
            module->image_offset = SF_NONE;
            module->image_length = 0;
            module->flags |= SF_MODULE_IMAGE_TRUNCATED;
            return;
        }
        uint8_t *to = sf_table_at(&c->blob, module->image_offset + (uint32_t)i);
        uint64_t part = size - i < AT_ONCE ? size - i : AT_ONCE;
        if (sf_read((void *)(module->base_address + i), to, part))
            continue;
        /* A loaded image may have gaps. They stay zero. */
        for (uint64_t at = 0; at < part; at += PAGE)
            sf_read((void *)(module->base_address + i + at), to + at, part - at < PAGE ? part - at : PAGE);
    }
}
