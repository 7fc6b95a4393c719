/* Images of modules that have no file, copied into the snapshot. */
#include "runtime/image.h"
#include "walk/capture.h"

void image_copy(capture *c, sf_module *module)
{
    enum { PAGE = 4096 };
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
    /* Page by page: a loaded image may have holes. They stay zero. */
    for (uint64_t i = 0; i < size; i += PAGE)
        sf_read((void *)(module->base_address + i), sf_table_at(&c->blob, module->image_offset + (uint32_t)i), size - i < PAGE ? size - i : PAGE);
}
