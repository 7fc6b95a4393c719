/* Reads the tables of CoreLib's metadata from its image. The runtime could do it too, but the first request permanently changes its own view of the
 * metadata. The image is never unmapped, so its bytes are plain loads. Everything that leads out of the tables is checked against their sizes. */
#include "runtime/corelib.h"

#include "memory/memory.h"
#include "runtime/image.h"
#include "runtime/layout.h"

enum {
    TABLE_MODULE = 0, TABLE_TYPE_REF = 1, TABLE_TYPE_DEF = 2, TABLE_FIELD_PTR = 3, TABLE_FIELD = 4, TABLE_METHOD = 6,
    TABLE_MODULE_REF = 0x1A, TABLE_TYPE_SPEC = 0x1B, TABLE_ASSEMBLY_REF = 0x23, TABLES = 64,
    TOKEN_TYPE = 0x02000000, TOKEN_FIELD = 0x04000000, TOKEN_ROW = 0x00FFFFFF,
    SIGNATURE_FIELD = 6, SIGNATURE_STRUCT = 0x11,
    MAX_TYPES = 64, MAX_FIELDS = 256, MAX_MAP_PARTS = 64,
};

static uint32_t load(const uint8_t *at, uint32_t bytes)
{
    uint16_t low;
    uint32_t all;
    if (bytes == sizeof low)
        return memcpy(&low, at, sizeof low), low;
    return memcpy(&all, at, sizeof all), all;
}

static uint32_t index_bytes(uint64_t rows, uint32_t tag_bits) { return rows < 1u << (16 - tag_bits) ? 2 : 4; }

static uint32_t most(const uint32_t *rows, int a, int b, int c)
{
    uint32_t m = rows[a] > rows[b] ? rows[a] : rows[b];
    return m > rows[c] ? m : rows[c];
}

/* The tables follow each other; those up to Field are needed. */
bool core_open_tables(core_lib *core, const uint8_t *tables, size_t size)
{
    const uint8_t *at = tables, *end = at + size;
    uint32_t rows[TABLES] = { 0 };
    uint64_t valid;
    if (size < 24)
        return false;
    uint32_t heaps = at[6];
    memcpy(&valid, at + 8, sizeof valid);
    at += 24;
    for (int i = 0; i < TABLES; i++)
        if (valid >> i & 1) {
            if (end - at < 4)
                return false;
            rows[i] = load(at, 4);
            at += 4;
        }
    /* Fields that must be found through another table, or more rows than a token can name: compilers do not generate that. */
    if (rows[TABLE_FIELD_PTR] != 0 || most(rows, TABLE_TYPE_DEF, TABLE_TYPE_REF, TABLE_FIELD) > TOKEN_ROW)
        return false;
    uint32_t scope_rows = most(rows, TABLE_MODULE, TABLE_MODULE_REF, TABLE_ASSEMBLY_REF);
    core->string_bytes = heaps & 1 ? 4 : 2;
    core->blob_bytes = heaps & 4 ? 4 : 2;
    core->base_bytes = index_bytes(most(rows, TABLE_TYPE_DEF, TABLE_TYPE_REF, TABLE_TYPE_SPEC), 2);
    core->field_index_bytes = index_bytes(rows[TABLE_FIELD], 0);
    core->type_bytes = 4 + 2 * core->string_bytes + core->base_bytes + core->field_index_bytes + index_bytes(rows[TABLE_METHOD], 0);
    core->field_bytes = 2 + core->string_bytes + core->blob_bytes;
    core->type_count = rows[TABLE_TYPE_DEF];
    core->field_count = rows[TABLE_FIELD];
    uint64_t before = (uint64_t)rows[TABLE_MODULE] * (2 + core->string_bytes + 3 * (heaps & 2 ? 4 : 2))
        + (uint64_t)rows[TABLE_TYPE_REF] * (index_bytes(scope_rows > rows[TABLE_TYPE_REF] ? scope_rows : rows[TABLE_TYPE_REF], 2) + 2 * core->string_bytes);
    uint64_t types = (uint64_t)core->type_count * core->type_bytes, fields = (uint64_t)core->field_count * core->field_bytes;
    if (before + types + fields > (uint64_t)(end - at))
        return false;
    core->types = at + before;
    core->fields = core->types + types;
    return true;
}

bool core_open(const layout *k, void *info, core_lib *core)
{
    clr_id module;
    *core = (core_lib){ .layout = k, .info = info };
    return layout_knows(k, LAYOUT_STRINGS) && layout_knows(k, LAYOUT_TYPES) && layout_knows(k, LAYOUT_TYPE_MAP)
        && sf_read_pointer(k->string.type + k->type.module, &module) && module_open(k, info, module, core);
}

bool module_open(const layout *k, void *info, clr_id module, core_lib *core)
{
    image_streams streams;
    sf_module image = { 0 };
    clr_id assembly;
    uint32_t length, flags = 0;
    *core = (core_lib){ .layout = k, .info = info, .module = module };
    if (FAILED(info_module(info, module, &image.base_address, 0, &length, NULL, &assembly, &flags)))
        return false;
    image.flags = flags & COR_PRF_MODULE_FLAT_LAYOUT ? SF_MODULE_FLAT : 0;
    if (!image_metadata(&image, &streams) || streams.strings_size == 0)
        return false;
    core->strings = (const uint8_t *)streams.strings;
    core->strings_size = streams.strings_size;
    core->blobs = (const uint8_t *)streams.blobs;
    core->blobs_size = streams.blobs_size;
    return core->strings[core->strings_size - 1] == 0 && core_open_tables(core, (const uint8_t *)streams.tables, streams.tables_size);
}

static bool is_name(const core_lib *core, uint32_t string, const char *name)
{
    return string < core->strings_size && core->strings[string] == (uint8_t)name[0] && strcmp((const char *)core->strings + string, name) == 0;
}

bool core_is_type(const core_lib *core, uint32_t token, const char *space, const char *name)
{
    uint32_t row = token & TOKEN_ROW;
    if (row == 0 || row > core->type_count)
        return false;
    const uint8_t *at = core->types + (size_t)(row - 1) * core->type_bytes;
    return is_name(core, load(at + 4, core->string_bytes), name) && is_name(core, load(at + 4 + core->string_bytes, core->string_bytes), space);
}

/* The string heap has each name once. Neighbouring types usually have the same namespace, so it is compared once. */
void core_find_types(const core_lib *core, core_type *types, uint32_t count)
{
    const uint8_t *row = core->types;
    uint32_t last = UINT32_MAX;
    uint64_t wanted = 0;
    for (uint32_t i = 0; i < count; i++)
        types[i].token = 0, types[i].class = 0;
    for (uint32_t r = 1; r <= core->type_count; r++, row += core->type_bytes) {
        uint32_t name = load(row + 4, core->string_bytes), space = load(row + 4 + core->string_bytes, core->string_bytes);
        if (space != last) {
            last = space;
            wanted = 0;
            for (uint32_t i = 0; i < count && i < MAX_TYPES; i++) {
                bool as_before = i > 0 && types[i].space == types[i - 1].space;
                wanted |= (as_before ? wanted << 1 & (uint64_t)1 << i : (uint64_t)is_name(core, space, types[i].space) << i);
            }
        }
        for (uint64_t left = wanted; left != 0; left &= left - 1) {
            core_type *type = &types[__builtin_ctzll(left)];
            if (is_name(core, name, type->name))
                type->token = TOKEN_TYPE | r;
        }
    }
    for (uint32_t i = 0; i < count; i++)
        types[i].class = types[i].token ? core_loaded(core, types[i].token) : 0;
}

/* The entry for a token in a module's map, which is a list of parts. */
uintptr_t core_map_entry(const core_lib *core, uint32_t map, uint32_t token)
{
    const layout *k = core->layout;
    uint32_t row = token & TOKEN_ROW, count;
    uintptr_t entry, next, table, at = core->module + map;
    for (int i = 0; i < MAX_MAP_PARTS && at != 0; i++, at = next) {
        sf_read_item part[] = {
            { at + k->map.next, &next, sizeof next, false }, { at + k->map.table, &table, sizeof table, false },
            { at + k->map.count, &count, sizeof count, false },
        };
        sf_read_many(part, sizeof part / sizeof *part);
        if (!part[0].ok || !part[1].ok || !part[2].ok)
            return 0;
        if (row >= count) {
            row -= count;
            continue;
        }
        if (!sf_read_pointer(table + row * sizeof entry, &entry))
            return 0;
        entry &= ~(uintptr_t)k->map.flags;
        return plausible(entry) ? entry : 0;
    }
    return 0;
}

/* The target must itself say that it is the type. */
clr_id core_loaded(const core_lib *core, uint32_t token)
{
    const layout *k = core->layout;
    uint32_t flags;
    uintptr_t module, type = core_map_entry(core, k->module.types, token);
    return type != 0 && sf_read_pointer(type + k->type.module, &module) && module == core->module
        && sf_read((void *)(type + k->type.flags2), &flags, sizeof flags) && flags >> k->type.token_shift == (token & TOKEN_ROW) ? type : 0;
}

/* The token of a field's type, if it is a struct of the same module. */
static uint32_t struct_of(const core_lib *core, uint32_t blob)
{
    const uint8_t *at = core->blobs + blob;
    if (blob >= core->blobs_size || core->blobs_size - blob < 8 || at[0] < 3 || at[0] >= 0x80 || at[1] != SIGNATURE_FIELD || at[2] != SIGNATURE_STRUCT)
        return 0;
    uint32_t coded = !(at[3] & 0x80) ? at[3] : !(at[3] & 0x40) ? (uint32_t)(at[3] & 0x3F) << 8 | at[4]
        : (uint32_t)(at[3] & 0x1F) << 24 | (uint32_t)at[4] << 16 | (uint32_t)at[5] << 8 | at[6];
    return (coded & 3) == 0 ? TOKEN_TYPE | coded >> 2 : 0;
}

static bool is_field_name(const core_lib *core, uint32_t string, const core_field *field)
{
    size_t length = field->name_length != 0 ? field->name_length : strlen(field->name);
    return string < core->strings_size && core->strings_size - string > length
        && memcmp(core->strings + string, field->name, length) == 0 && core->strings[string + length] == 0;
}

bool core_find_field(const core_lib *core, const core_type *type, core_field *field)
{
    enum { FIELD_STATIC = 0x10 };
    field_place places[MAX_FIELDS];
    uint32_t placed = 0, size, row = type->token & TOKEN_ROW;
    if (type->class == 0 || row == 0 || row > core->type_count)
        return false;
    const uint8_t *of_type = core->types + (size_t)(row - 1) * core->type_bytes;
    uint32_t place_of_list = 4 + 2 * core->string_bytes + core->base_bytes;
    uint32_t first = load(of_type + place_of_list, core->field_index_bytes), end = core->field_count + 1;
    if (row < core->type_count)
        end = load(of_type + core->type_bytes + place_of_list, core->field_index_bytes);
    if (first == 0 || end > core->field_count + 1)
        return false;
    for (uint32_t f = first; f < end; f++) {
        const uint8_t *at = core->fields + (size_t)(f - 1) * core->field_bytes;
        if (!is_field_name(core, load(at + 2, core->string_bytes), field))
            continue;
        field->token = TOKEN_FIELD | f;
        field->offset = SF_NONE;
        field->type = struct_of(core, load(at + 2 + core->string_bytes, core->blob_bytes));
        if (load(at, 2) & FIELD_STATIC)
            return true;
        if (FAILED(info_class_layout(core->info, type->class, places, MAX_FIELDS, &placed, &size)) || placed > MAX_FIELDS)
            return false;
        for (uint32_t p = 0; p < placed; p++)
            if (places[p].token == field->token)
                field->offset = places[p].offset;
        return field->offset != SF_NONE;
    }
    return false;
}

uintptr_t core_static_address(const core_lib *core, const core_type *type, const core_field *field)
{
    void *address = NULL;
    return type->class != 0 && field->token != 0
        && !FAILED(info_static_address(core->info, type->class, field->token, core->layout->app_domain, &address))
        ? (uintptr_t)address : 0;
}
