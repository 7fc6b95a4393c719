#include "runtime/variables.h"

#include "memory/memory.h"
#include "runtime/layout.h"

enum { ROW = 0x00FFFFFF, MOST_BYTES = 1 << 12 };

/* A type's index is next to the runtime's data of the type. The place inside is in the field's description, which contains its own type. */
thread_variable variable_find(const core_lib *core, clr_id class, uint32_t token)
{
    const layout *k = core->layout;
    thread_variable v = { .where = VARIABLE_UNKNOWN };
    uintptr_t auxiliary, field, owner;
    uint32_t index, name, place;
    if (class == 0)
        return (thread_variable){ .where = VARIABLE_UNUSED };
    if (!layout_knows(k, LAYOUT_VARIABLES) || !sf_read_pointer(class + k->type.auxiliary, &auxiliary) || !plausible(auxiliary)
        || !sf_read((void *)(auxiliary - k->variables.bytes + k->variables.index), &index, sizeof index)
        || (field = core_map_entry(core, k->module.fields, token)) == 0
        || !sf_read_pointer(field + k->field.type, &owner) || owner != class
        || !sf_read((void *)(field + k->field.name), &name, sizeof name) || (name & ROW) != (token & ROW)
        || !sf_read((void *)(field + k->field.place), &place, sizeof place))
        return v;
    uint32_t kind = index >> k->variables.kind_shift;
    v.index = index & ((1u << k->variables.kind_shift) - 1);
    v.offset = place & k->field.place_bits;
    if (index == k->variables.unused)
        v.where = VARIABLE_UNUSED;
    else if (kind == k->variables.direct && v.index + v.offset < MOST_BYTES)
        v = (thread_variable){ VARIABLE_DIRECT, 0, v.index + v.offset };
    else if (kind == k->variables.in_array && v.index >= k->variables.left_out && v.index < MOST_BYTES && v.offset < MOST_BYTES)
        v = (thread_variable){ VARIABLE_IN_ARRAY, v.index - k->variables.left_out, v.offset };
    return v;
}
