#include "runtime/layout_table.h"

#include "memory/memory.h"
#include "runtime/descriptor.h"

#include <string.h>

enum { MAX_OFFSET = 1 << 16, MAX_STORE = 4096 };

/* The state of each row. A class that the program has not used has no fields yet: nothing is known, but nothing is wrong. */
enum row_state { MISSING, UNUSED, FOUND };
static uint8_t states[LAYOUT_MOST_ROWS]; /* captures never overlap: the runtime attaches one profiler at a time */

/* The state of filling the table from the contract's text. */
typedef struct filling {
    layout *k;
    const layout_source *source;
    uint64_t version;
    uint64_t contract[LAYOUT_CONTRACTS]; /* versions; 0: not in the text */
    uintptr_t collector;                 /* the address of a variable with the address of its descriptor */
    const char *last_type;
    uint16_t of_type[LAYOUT_MOST_ROWS];     /* rows of the last type */
    uint32_t of_type_count;
} filling;

static void set(layout *k, uint32_t r, uint64_t value)
{
    if (layout_rows[r].source == ADDRESS || layout_rows[r].source == VARIABLE || layout_rows[r].source == CORE_STATIC
        || layout_rows[r].source == TRIED_VARIABLE)
        memcpy((uint8_t *)k + layout_rows[r].place, &(uintptr_t){ (uintptr_t)value }, sizeof(uintptr_t));
    else
        memcpy((uint8_t *)k + layout_rows[r].place, &(uint32_t){ (uint32_t)value }, sizeof(uint32_t));
    states[r] = FOUND;
}

static void take_global(filling *f, uint32_t r, const descriptor_entry *entry)
{
    uintptr_t value;
    if (layout_rows[r].source == WORD) {
        if (entry->kind == DESCRIPTOR_STRING && descriptor_has(entry->string, layout_rows[r].type))
            set(f->k, r, layout_rows[r].number);
        return;
    }
    if (layout_rows[r].source == CONSTANT) {
        if (entry->kind == DESCRIPTOR_NUMBER && entry->number <= UINT32_MAX)
            set(f->k, r, entry->number);
        return;
    }
    if (entry->kind != DESCRIPTOR_POINTER || entry->number >= f->source->pointer_count)
        return;
    uintptr_t address = f->source->pointers[entry->number];
    if (layout_rows[r].source == ADDRESS && plausible(address))
        set(f->k, r, address);
    if (layout_rows[r].source == VARIABLE && sf_read_pointer(address, &value) && plausible(value))
        set(f->k, r, value);
}

static void visit(void *state, const descriptor_entry *entry)
{
    filling *f = state;
    if (entry->part == DESCRIPTOR_VERSION)
        f->version = entry->kind == DESCRIPTOR_NUMBER ? entry->number : UINT64_MAX;
    for (uint32_t i = 0; entry->part == DESCRIPTOR_CONTRACT && i < LAYOUT_CONTRACTS; i++)
        if (descriptor_is(entry->name, layout_contracts[i].name))
            f->contract[i] = entry->kind == DESCRIPTOR_NUMBER ? entry->number : UINT64_MAX;
    for (uint32_t r = 0; entry->part == DESCRIPTOR_GLOBAL && r < layout_row_count; r++)
        if ((layout_rows[r].source == CONSTANT || layout_rows[r].source == WORD || layout_rows[r].source == ADDRESS || layout_rows[r].source == VARIABLE) && descriptor_is(entry->name, layout_rows[r].name))
            take_global(f, r, entry);
    if (entry->part == DESCRIPTOR_SUB && descriptor_is(entry->name, "GC") && entry->kind == DESCRIPTOR_POINTER && entry->number < f->source->pointer_count)
        f->collector = f->source->pointers[entry->number];
    if (entry->part != DESCRIPTOR_FIELD)
        return;
    if (entry->type.at != f->last_type) {
        f->last_type = entry->type.at;
        f->of_type_count = 0;
        for (uint32_t r = 0; r < layout_row_count; r++)
            if (layout_rows[r].source == FIELD && descriptor_is(entry->type, layout_rows[r].type))
                f->of_type[f->of_type_count++] = (uint16_t)r;
    }
    for (uint32_t i = 0; i < f->of_type_count; i++)
        if (descriptor_is(entry->name, layout_rows[f->of_type[i]].name) && entry->kind == DESCRIPTOR_NUMBER && entry->number < MAX_OFFSET)
            set(f->k, f->of_type[i], entry->number);
}

static void take_tried(layout *k, uint32_t r, const layout_source *source)
{
    uintptr_t address, value;
    if (layout_rows[r].source == TRIED)
        set(k, r, layout_rows[r].number);
    else if (source->debugger_table && sf_read_pointer((uintptr_t)(source->debugger_table + layout_rows[r].number), &address)
        && plausible(address) && sf_read_pointer(address, &value) && plausible(value))
        set(k, r, value);
}

static bool is_tried(uint64_t version, uint32_t versions)
{
    return (version == 1 && versions & OF_VERSION_1) || (version == DESCRIPTOR_C + 1 && versions & OF_VERSION_C1);
}

static uint32_t most(uint32_t a, uint32_t b) { return a > b ? a : b; }

/* Groups with impossible numbers, from any source. The rest is checked at use, by what it points to. */
static uint64_t implausible(const layout *k)
{
    const uint32_t pointers = k->thread.object | k->thread.frame | k->thread.exception | k->thread.link | k->thread.statics;
    const uint32_t halves = k->thread.id | k->thread.os_id | k->thread.state | k->thread.cooperative;
    uint64_t off = 0;
    if (pointers % sizeof(uintptr_t) != 0 || halves % sizeof(uint32_t) != 0)
        off |= LAYOUT_BIT(LAYOUT_THREADS) | LAYOUT_BIT(LAYOUT_EXCEPTIONS) | LAYOUT_BIT(LAYOUT_THREAD_LIST) | LAYOUT_BIT(LAYOUT_STATICS);
    const uint32_t of_thread[] = { k->thread.id, k->thread.os_id, k->thread.state, k->thread.object, k->thread.frame };
    for (uint32_t i = 0; i < sizeof of_thread / sizeof *of_thread; i++)
        for (uint32_t other = 0; other <= i; other++)
            if (of_thread[i] > LAYOUT_THREAD_BYTES - sizeof(uintptr_t) || (other < i && of_thread[i] == of_thread[other]))
                off |= LAYOUT_BIT(LAYOUT_THREADS);
    if (k->thread.exception > LAYOUT_THREAD_BYTES - sizeof(uintptr_t))
        off |= LAYOUT_BIT(LAYOUT_EXCEPTIONS);
    if (k->thread.cooperative > LAYOUT_THREAD_BYTES - sizeof(uintptr_t) || k->thread.link > LAYOUT_THREAD_BYTES - sizeof(uintptr_t))
        off |= LAYOUT_BIT(LAYOUT_THREAD_LIST);
    if (k->thread_list.count > MAX_STORE - sizeof(uint32_t) || k->thread_list.first > MAX_STORE - sizeof(uintptr_t))
        off |= LAYOUT_BIT(LAYOUT_THREAD_LIST);
    if (k->thread.statics > LAYOUT_THREAD_BYTES - sizeof(uintptr_t))
        off |= LAYOUT_BIT(LAYOUT_STATICS);
    if (k->string.chars < k->string.length + sizeof(int32_t) || k->array.items < k->array.length + sizeof(int32_t))
        off |= LAYOUT_BIT(LAYOUT_STRINGS);
    /* regions.c reads generations and regions completely, into buffers of limited size. */
    if ((k->collector.generation_bytes | k->collector.first | k->collector.allocated | k->collector.committed | k->collector.memory | k->collector.next) % sizeof(uintptr_t) != 0)
        off |= LAYOUT_BIT(LAYOUT_COLLECTOR);
    if (k->collector.generation_bytes == 0 || k->collector.generation_bytes > LAYOUT_GENERATION_BYTES || k->collector.first > k->collector.generation_bytes - sizeof(uintptr_t)
        || k->collector.generations == 0 || k->collector.generations > LAYOUT_GENERATIONS
        || most(most(k->collector.allocated, k->collector.committed), most(k->collector.memory, k->collector.next)) > LAYOUT_REGION_BYTES - sizeof(uintptr_t))
        off |= LAYOUT_BIT(LAYOUT_COLLECTOR);
    /* Types are outside of this range. */
    if (k->collector.lowest >= k->collector.highest || k->string.type - k->collector.lowest < k->collector.highest - k->collector.lowest)
        off |= LAYOUT_BIT(LAYOUT_HEAP_RANGE);
    if (k->allocation.thread > LAYOUT_THREAD_BYTES - sizeof(uintptr_t) || k->allocation.limit != k->allocation.pointer + sizeof(uintptr_t))
        off |= LAYOUT_BIT(LAYOUT_ALLOCATION);
    /* monitors.c reads whole pages of entries. */
    if (k->sync_table.bytes != 2 * sizeof(uintptr_t) || k->sync_table.block != 0 || k->sync_table.object != sizeof(uintptr_t))
        off |= LAYOUT_BIT(LAYOUT_SYNC_TABLE);
    /* calls.c reads these from the words of a frame object. */
    if (most(most(most(k->call.next, k->call.target), k->call.sp), most(k->call.address, k->call.fp)) > LAYOUT_FRAME_BYTES - sizeof(uintptr_t)
        || (k->call.next | k->call.target | k->call.sp | k->call.address | k->call.fp) % sizeof(uintptr_t) != 0)
        off |= LAYOUT_BIT(LAYOUT_CALLS);
    if (k->stopped_registers > LAYOUT_FRAME_BYTES - sizeof(uintptr_t) || k->stopped_registers % sizeof(uintptr_t) != 0)
        off |= LAYOUT_BIT(LAYOUT_REGISTERS);
    if (most(k->hijack.address, k->hijack.saved) > LAYOUT_FRAME_BYTES - sizeof(uintptr_t) || (k->hijack.address | k->hijack.saved) % sizeof(uintptr_t) != 0)
        off |= LAYOUT_BIT(LAYOUT_HIJACKS);
    if (k->transition.block > LAYOUT_FRAME_BYTES - sizeof(uintptr_t) || k->transition.block % sizeof(uintptr_t) != 0)
        off |= LAYOUT_BIT(LAYOUT_TRANSITIONS);
    if (k->method.chunk_bytes == 0 || k->method.chunk_bytes > 64 || k->method.chunk_type > k->method.chunk_bytes - sizeof(uintptr_t))
        off |= LAYOUT_BIT(LAYOUT_METHODS);
    return off;
}

/* How much of a Thread contains all known fields. */
static uint32_t bytes_of_thread(const layout *k)
{
    uint32_t end = most(most(k->thread.id, k->thread.os_id), most(k->thread.state, most(k->thread.object, k->thread.frame)));
    if (layout_knows(k, LAYOUT_EXCEPTIONS))
        end = most(end, k->thread.exception);
    if (layout_knows(k, LAYOUT_THREAD_LIST))
        end = most(end, most(k->thread.cooperative, k->thread.link));
    if (layout_knows(k, LAYOUT_STATICS))
        end = most(end, k->thread.statics);
    return end + (uint32_t)sizeof(uintptr_t);
}

/* Decides which groups are known, after all rows. */
static void settle(layout *k, uint64_t off, uint16_t major)
{
    uint8_t group[LAYOUT_GROUPS];
    memset(group, FOUND, sizeof group);
    for (uint32_t r = 0, next; r < layout_row_count; r = next) {
        uint8_t best = states[r];
        for (next = r + 1; next < layout_row_count && layout_rows[next].place == layout_rows[r].place && layout_rows[r].source != CORE_NAMED; next++)
            best = states[next] > best ? states[next] : best;
        if (best < group[layout_rows[r].group])
            group[layout_rows[r].group] = best;
    }
    k->known = 0;
    k->lacking = 0;
    for (uint32_t g = 0; g < LAYOUT_GROUPS; g++) {
        bool known = group[g] == FOUND && !(off >> g & 1);
        if (known)
            k->known |= LAYOUT_BIT(g);
        else if (major >= layout_groups[g].from && major <= layout_groups[g].to && (group[g] == MISSING || off >> g & 1))
            k->lacking |= layout_groups[g].part;
    }
    k->thread.bytes = bytes_of_thread(k);
}

/* Whether an earlier row fills the same member. */
static bool has_alternative(uint32_t r)
{
    for (uint32_t i = r; i > 0 && layout_rows[i - 1].place == layout_rows[r].place; i--)
        if (states[i - 1] == FOUND)
            return true;
    return false;
}

/* Versions of the text that were tested. Another version may use the same words with another meaning. */
static bool is_tried_text(uint64_t of_text) { return of_text == 0 || of_text == 2; }

static uint64_t off_by_contract; /* with states */
static uint16_t version;

void layout_fill(layout *k, uint16_t major, const layout_source *source)
{
    memset(k, 0, sizeof *k);
    memset(states, MISSING, sizeof states);
    off_by_contract = 0;
    version = major;
    filling f = { .k = k, .source = source, .version = UINT64_MAX };
    bool whole = source->text && descriptor_read(source->text, source->size, visit, &f);
    layout_source part = { 0 };
    if (whole && f.collector != 0 && source->open && source->open(f.collector, &part)) {
        uint64_t of_runtime = f.version;
        f.source = &part;
        f.last_type = NULL;
        if (!descriptor_read(part.text, part.size, visit, &f) || !is_tried_text(f.version))
            f.contract[LAYOUT_COLLECTOR_CONTRACT] = UINT64_MAX;
        f.version = of_runtime;
    }
    if (!whole || !is_tried_text(f.version)) {
        memset(k, 0, sizeof *k);
        memset(states, MISSING, sizeof states);
    }
    for (uint32_t i = 0; source->text && i < LAYOUT_CONTRACTS; i++)
        if (!is_tried(f.contract[i], layout_contracts[i].versions))
            off_by_contract |= layout_contracts[i].groups;
    /* A tested value is used if the contract has none. */
    for (uint32_t r = 0; r < layout_row_count; r++)
        if ((layout_rows[r].source == TRIED || layout_rows[r].source == TRIED_VARIABLE) && major >= layout_rows[r].from && major <= layout_rows[r].to
            && !has_alternative(r))
            take_tried(k, r, source);
    /* In contract c1, a link points to the next thread; in earlier ones, to the link inside of the next thread. */
    k->thread.link_at = f.contract[LAYOUT_THREAD_CONTRACT] == DESCRIPTOR_C + 1 ? 0 : k->thread.link;
    off_by_contract |= implausible(k);
    settle(k, off_by_contract, major);
}

/* The offset of the last field of a path, in which each field is a struct that contains the next; for an object, from its address. */
static bool follow(const core_lib *core, core_type type, const char *path, uint32_t *offset, core_field *last)
{
    *offset = 0;
    for (;;) {
        size_t length = 0;
        while (path[length] != 0 && path[length] != '.')
            length++;
        *last = (core_field){ .name = path, .name_length = length };
        if (!core_find_field(core, &type, last))
            return false;
        if (last->offset != SF_NONE)
            *offset += last->offset;
        if (path[length] == 0)
            return true;
        if (last->offset == SF_NONE || last->type == 0)
            return false;
        type = (core_type){ .token = last->type, .class = core_loaded(core, last->type) };
        path += length + 1;
    }
}

static void fill_row(layout *k, const core_lib *core, uint32_t r)
{
    const core_type *type = &k->types[layout_rows[r].class];
    core_field field;
    uint32_t offset;
    states[r] = type->token == 0 ? MISSING : UNUSED;
    if (type->token != 0 && layout_rows[r].source == CORE_NAMED)
        states[r] = FOUND;
    if (type->class == 0 || layout_rows[r].source == CORE_NAMED)
        return;
    states[r] = MISSING;
    if (!follow(core, *type, layout_rows[r].name, &offset, &field))
        return;
    bool is_static = field.offset == SF_NONE;
    if (layout_rows[r].source == CORE_OFFSET && !is_static)
        set(k, r, offset);
    if (layout_rows[r].source == CORE_VARIABLE && is_static)
        set(k, r, field.token);
    if (layout_rows[r].source == CORE_STATIC && is_static) {
        uintptr_t address = core_static_address(core, type, &field);
        states[r] = UNUSED;
        if (address != 0)
            set(k, r, address);
    }
}

static bool is_core(uint32_t r) { return layout_rows[r].source >= CORE_OFFSET; }

void layout_fill_names(layout *k, core_lib *core)
{
    memcpy(k->types, layout_classes, sizeof layout_classes);
    core_find_types(core, k->types, CORE_CLASSES);
    /* Only the instantiations that are in use matter: pool.c finds them. */
    k->types[CORE_QUEUE].class = k->types[CORE_QUEUE_SEGMENT].class = 0;
    for (uint32_t r = 0; r < layout_row_count; r++)
        if (is_core(r))
            fill_row(k, core, r);
    settle(k, off_by_contract, version);
}

void layout_fill_class(layout *k, const core_lib *core, enum core_class class)
{
    for (uint32_t r = 0; r < layout_row_count; r++)
        if (is_core(r) && layout_rows[r].class == class)
            fill_row(k, core, r);
    settle(k, off_by_contract, version);
}
