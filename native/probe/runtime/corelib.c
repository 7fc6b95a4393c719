/* The tables of CoreLib's metadata are read from its image. The runtime would do it too, but changes its own view of the metadata the first
 * time that anybody asks, for as long as the program runs. The image is the runtime's for good, so that its bytes are plain loads; all that
 * leads out of the tables is checked against their sizes. */
#include "fields.h"

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

/* The tables lie one after the other; those up to Field are what is needed. */
static bool open_tables(core_lib *core, const image_streams *s)
{
    const uint8_t *at = (const uint8_t *)s->tables, *end = at + s->tables_size;
    uint32_t rows[TABLES] = { 0 };
    uint64_t valid;
    if (s->tables_size < 24)
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
    /* Fields that have to be found through another table, or more rows than a token can name: not what a compiler makes. */
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

bool core_open(const capture *c, core_lib *core)
{
    const contract *k = &c->contract;
    clr_id module;
    return k->present && k->module_types != 0 && k->sync_table != 0 && sf_read_pointer(k->string_type + k->type_module, &module)
        && module_open(c, module, core);
}

bool module_open(const capture *c, clr_id module, core_lib *core)
{
    image_streams streams;
    sf_module image = { 0 };
    clr_id assembly;
    uint32_t length, flags = 0;
    *core = (core_lib){ .capture = c, .module = module };
    if (FAILED(info_module(c->info, module, &image.base_address, 0, &length, NULL, &assembly, &flags)))
        return false;
    image.flags = flags & COR_PRF_MODULE_FLAT_LAYOUT ? SF_MODULE_FLAT : 0;
    if (!image_metadata(&image, &streams) || streams.strings_size == 0)
        return false;
    core->strings = (const uint8_t *)streams.strings;
    core->strings_size = streams.strings_size;
    core->blobs = (const uint8_t *)streams.blobs;
    core->blobs_size = streams.blobs_size;
    return core->strings[core->strings_size - 1] == 0 && open_tables(core, &streams);
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

/* The heap has each name once: of types that follow each other, most are in the same namespace, and it is looked at once. */
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

/* The map from tokens to types is a list of parts, each the next one, its table and its length; the contract of .NET 9 gives no more
 * of it than the table. What it leads to has to say itself that it is the type. */
clr_id core_loaded(const core_lib *core, uint32_t token)
{
    const contract *k = &core->capture->contract;
    struct { uintptr_t next, table; uint32_t count, pad; } part;
    uint32_t row = token & TOKEN_ROW, flags;
    uintptr_t type, module;
    if (k->map_table != sizeof part.next)
        return 0;
    uintptr_t at = core->module + k->module_types;
    for (int i = 0; i < MAX_MAP_PARTS && at != 0; i++, at = part.next) {
        if (!sf_read((void *)at, &part, sizeof part))
            return 0;
        if (row >= part.count) {
            row -= part.count;
            continue;
        }
        if (!sf_read_pointer(part.table + row * sizeof type, &type))
            return 0;
        type &= ~(uintptr_t)7; /* flags */
        return plausible(type) && sf_read_pointer(type + k->type_module, &module) && module == core->module
            && sf_read((void *)(type + k->type_flags2), &flags, sizeof flags) && flags >> 8 == (token & TOKEN_ROW) ? type : 0;
    }
    return 0;
}

/* The token of a struct of the same module that a field is of. */
static uint32_t struct_of(const core_lib *core, uint32_t blob)
{
    const uint8_t *at = core->blobs + blob;
    if (blob >= core->blobs_size || core->blobs_size - blob < 8 || at[0] < 3 || at[0] >= 0x80 || at[1] != SIGNATURE_FIELD || at[2] != SIGNATURE_STRUCT)
        return 0;
    uint32_t coded = !(at[3] & 0x80) ? at[3] : !(at[3] & 0x40) ? (uint32_t)(at[3] & 0x3F) << 8 | at[4]
        : (uint32_t)(at[3] & 0x1F) << 24 | (uint32_t)at[4] << 16 | (uint32_t)at[5] << 8 | at[6];
    return (coded & 3) == 0 ? TOKEN_TYPE | coded >> 2 : 0;
}

bool core_find_fields(const core_lib *core, const core_type *type, core_field *fields, uint32_t count)
{
    field_place places[MAX_FIELDS];
    uint32_t placed = 0, size, found = 0, row = type->token & TOKEN_ROW;
    if (type->class == 0 || row == 0 || row > core->type_count
        || FAILED(info_class_layout(core->capture->info, type->class, places, MAX_FIELDS, &placed, &size)) || placed > MAX_FIELDS)
        return false;
    const uint8_t *of_type = core->types + (size_t)(row - 1) * core->type_bytes;
    uint32_t place_of_list = 4 + 2 * core->string_bytes + core->base_bytes;
    uint32_t first = load(of_type + place_of_list, core->field_index_bytes), end = core->field_count + 1;
    if (row < core->type_count)
        end = load(of_type + core->type_bytes + place_of_list, core->field_index_bytes);
    if (first == 0 || end > core->field_count + 1)
        return false;
    for (uint32_t i = 0; i < count; i++)
        fields[i].token = 0;
    for (uint32_t f = first; f < end; f++) {
        const uint8_t *at = core->fields + (size_t)(f - 1) * core->field_bytes;
        uint32_t name = load(at + 2, core->string_bytes);
        for (uint32_t i = 0; i < count; i++) {
            if (fields[i].token != 0 || !is_name(core, name, fields[i].name))
                continue;
            fields[i] = (core_field){ fields[i].name, TOKEN_FIELD | f, SF_NONE, struct_of(core, load(at + 2 + core->string_bytes, core->blob_bytes)) };
            for (uint32_t p = 0; p < placed; p++)
                if (places[p].token == fields[i].token)
                    fields[i].offset = places[p].offset;
            enum { FIELD_STATIC = 0x10 };
            found += fields[i].offset != SF_NONE || load(at, 2) & FIELD_STATIC;
        }
    }
    return found == count;
}

uintptr_t core_static_address(const core_lib *core, const core_type *type, const core_field *field)
{
    void *address = NULL;
    return type->class != 0 && field->token != 0
        && !FAILED(info_static_address(core->capture->info, type->class, field->token, core->capture->contract.app_domain, &address))
        ? (uintptr_t)address : 0;
}
