/* One capture, from mapping its memory to sending the snapshot. */
#define _GNU_SOURCE
#include "entry/session.h"

#include "heap/heap.h"
#include "locks/locks.h"
#include "locks/objects.h"
#include "walk/suspend.h"
#include "wire/snapshot.h"

#include <time.h>
#include <unistd.h>

enum {
    MAX_FUNCTIONS = 1 << 16,
    MAX_MODULES = 1 << 13,
    MAX_EXCEPTIONS = 1 << 14,
    MAX_FRAMES = 1 << 18,
    MAX_IL_PLACES = 1 << 20,
    BLOB_BYTES = 16 << 20,
    READY_BYTES = 384 << 10, /* for 16,384 frames; with more, page faults cost little compared with the walk */
};

static uint32_t min32(uint32_t a, uint32_t b) { return a < b ? a : b; }

typedef struct table_size { sf_table *table; uint32_t record, capacity, ready; } table_size;

/* The tables of a capture, with the memory that each has before the pause: a page fault would make it longer. A sample walks few threads, so it would pay more
 * for pages that it does not use. */
enum { TABLES = 29 };
static void list_tables(capture *c, table_size tables[TABLES])
{
    const sf_request *r = c->request;
    const table_size list[TABLES] = {
        { &c->threads, sizeof(sf_thread), r->max_threads, 64 << 10 },
        { &c->raw, sizeof(raw_frame), r->max_total_frames, READY_BYTES },
        { &c->functions, sizeof(sf_function), MAX_FUNCTIONS, 64 << 10 },
        { &c->function_work, sizeof(function_work), MAX_FUNCTIONS, 4 << 10 },
        { &c->types, sizeof(sf_type), CAPTURE_TYPES, 16 << 10 },
        { &c->type_work, sizeof(type_work), CAPTURE_TYPES, 4 << 10 },
        { &c->type_args, sizeof(uint32_t), CAPTURE_TYPES * 4, 4 << 10 },
        { &c->modules, sizeof(sf_module), MAX_MODULES, 8 << 10 },
        { &c->module_work, sizeof(module_work), MAX_MODULES, 4 << 10 },
        { &c->stacks, sizeof(uint32_t), r->max_total_frames, 0 },
        { &c->frames, sizeof(sf_frame), min32(r->max_total_frames, MAX_FRAMES), 0 },
        { &c->il_places, sizeof(uint32_t), MAX_IL_PLACES, 0 },
        { &c->blob, 1, BLOB_BYTES + r->max_image_bytes, 64 << 10 },
        { &c->locks, sizeof(sf_lock), MAX_LOCKS, 8 << 10 },
        { &c->lock_work, sizeof(lock_work), MAX_LOCKS, 4 << 10 },
        { &c->waits, sizeof(sf_wait), r->max_threads, 8 << 10 },
        { &c->held_locks, sizeof(sf_held), MAX_HELD_FRAMES, 8 << 10 },
        { &c->thread_work, sizeof(thread_work), r->max_threads, 32 << 10 },
        { &c->thread_of_id, sizeof(uint32_t), MAX_THREAD_ID + 1, 8 << 10 },
        { &c->scratch, sizeof(lock_scratch), 1, sizeof(lock_scratch) },
        { &c->blockers, sizeof(sf_blocker), MAX_BLOCKERS, 0 },
        { &c->queued, sizeof(sf_queued), MAX_QUEUED_TYPES, 0 },
        { &c->due_timers, sizeof(sf_due_timer), MAX_DUE_TIMERS, 0 },
        { &c->exceptions, sizeof(sf_exception), MAX_EXCEPTIONS, 0 },
        { &c->thread_copies, 1, THREAD_BATCH * LAYOUT_THREAD_BYTES, 64 << 10 },
        { &c->objects, sizeof(sf_object), MAX_OBJECTS, 8 << 10 },
        { &c->object_work, sizeof(object_work), MAX_OBJECTS, 16 << 10 },
        { &c->references, sizeof(sf_reference), MAX_REFERENCES, 8 << 10 },
        { &c->waiting_words, sizeof(waiting_word), MAX_WAITING_WORDS, 96 << 10 },
    };
    memcpy(tables, list, sizeof list);
}

typedef struct index_size { sf_index *index; uint32_t capacity; } index_size;

enum { INDEXES = 8 };
static void list_indexes(capture *c, index_size indexes[INDEXES])
{
    const sf_request *r = c->request;
    const uint32_t frames = min32(r->max_total_frames, MAX_FRAMES);
    const index_size list[INDEXES] = {
        { &c->os_index, r->max_threads }, { &c->lock_index, MAX_LOCKS }, { &c->object_index, MAX_OBJECTS }, { &c->function_index, MAX_FUNCTIONS },
        { &c->type_index, CAPTURE_TYPES }, { &c->module_index, MAX_MODULES }, { &c->frame_index, frames }, { &c->body_index, frames },
    };
    memcpy(indexes, list, sizeof list);
}

bool capture_map(capture *c)
{
    enum { KEYS_OF_SAMPLE = 32 };
    table_size tables[TABLES];
    index_size indexes[INDEXES];
    list_tables(c, tables);
    for (size_t i = 0; i < TABLES; i++)
        if (!sf_table_map(tables[i].table, tables[i].record, tables[i].capacity, is_sample(c) ? 0 : tables[i].ready))
            return false;
    list_indexes(c, indexes);
    for (size_t i = 0; i < INDEXES; i++)
        if (!sf_index_map_first(indexes[i].index, indexes[i].capacity, is_sample(c) ? KEYS_OF_SAMPLE : SF_FIRST_KEYS))
            return false;
    if (is_sample(c))
        return busy_map(c);
    locks_ready();
    return busy_map(c) && managed_map(c) && heap_map(c);
}

void capture_unmap(capture *c)
{
    table_size tables[TABLES];
    index_size indexes[INDEXES];
    list_tables(c, tables);
    for (size_t i = 0; i < TABLES; i++)
        sf_table_unmap(tables[i].table);
    list_indexes(c, indexes);
    for (size_t i = 0; i < INDEXES; i++)
        sf_index_unmap(indexes[i].index);
    busy_unmap(c);
    managed_unmap(c);
    heap_unmap(c);
}

void capture_take(capture *c)
{
    void *threads = NULL;
    c->result.phase = SF_PHASE_SUSPEND;
    int64_t begin, give_up = sf_now(CLOCK_MONOTONIC) + (int64_t)c->request->suspend_timeout_ms * 1000000 / 4;
    suspension how;
    watch_begin(c);
    while ((how = suspend(c, &begin)) == SUSPENDED && !heap_claim(c) && begin < give_up) {
        info_resume(c->runtime.info);
        struct timespec pause = { 0, 20000000 };
        nanosleep(&pause, NULL);
    }
    if (how != SUSPENDED) {
        watch_end();
        if (how != SUSPEND_FAILED || c->result.hresult == CORPROF_E_SUSPENSION_IN_PROGRESS)
            describe_stuck(c);
        if (how != SUSPEND_FAILED)
            describe_blockers(c);
        return;
    }

    /* From here to the resume, our code does not allocate, block or read files, and every path passes the resume. */
    int64_t suspended = sf_now(CLOCK_MONOTONIC);
    c->thread_ids_given = true;
    c->result.captured_at_ns = sf_now(CLOCK_REALTIME);
    hresult hr = info_threads(c->runtime.info, &threads);
    int64_t walked = suspended;
    if (!FAILED(hr)) {
        c->pause_deadline = suspended + (int64_t)c->request->pause_limit_us * 1000;
        walk_all(c, threads);
        walked = sf_now(CLOCK_MONOTONIC);
        describe_functions(c);
        if (!is_sample(c)) {
            int64_t described = sf_now(CLOCK_MONOTONIC);
            describe_locks(c);
            c->result.locks_ns = sf_now(CLOCK_MONOTONIC) - described;
            pool_read(c);
            timers_read(c);
            heap_walk(c);
        }
        hold_collectible(c);
    }
    heap_unclaim(c);
    info_resume(c->runtime.info);
    int64_t resumed = sf_now(CLOCK_MONOTONIC);
    watch_end();
    if (!is_sample(c))
        busy_begin(c);

    clr_release(threads);
    c->result.suspend_ns = suspended - begin;
    c->result.walk_ns = walked - suspended;
    c->result.pause_ns = resumed - begin;
    c->result.hresult = FAILED(hr) ? hr : 0;
    if (FAILED(hr)) {
        c->result.phase = SF_PHASE_ENUMERATE;
        return;
    }
    resolve(c);
    if (!is_sample(c)) {
        heap_describe(c);
        trim_held(c);
        objects_name(c);
    }
    hold_release(c);
    c->result.resolve_ns = sf_now(CLOCK_MONOTONIC) - resumed;
    busy_end(c);
    pool_watch(c, resumed);
    c->result.phase = SF_PHASE_DONE;
}

static snapshot_part section(uint32_t kind, const sf_table *table)
{
    return (snapshot_part){ kind, table->record, table->base, (uint64_t)table->record * table->count };
}

void capture_send(const capture *c, int host)
{
    const heap *h = c->heap;
    const snapshot_part sections[] = {
        { SF_SECTION_INFO, sizeof c->result, &c->result, sizeof c->result },
        section(SF_SECTION_THREADS, &c->threads), section(SF_SECTION_STACKS, &c->stacks), section(SF_SECTION_FRAMES, &c->frames),
        section(SF_SECTION_IL_PLACES, &c->il_places),
        section(SF_SECTION_FUNCTIONS, &c->functions), section(SF_SECTION_TYPES, &c->types), section(SF_SECTION_TYPE_ARGS, &c->type_args),
        section(SF_SECTION_MODULES, &c->modules), section(SF_SECTION_BLOB, &c->blob),
        section(SF_SECTION_LOCKS, &c->locks), section(SF_SECTION_WAITS, &c->waits), section(SF_SECTION_HELD, &c->held_locks),
        section(SF_SECTION_OBJECTS, &c->objects), section(SF_SECTION_REFERENCES, &c->references), section(SF_SECTION_BUSY, &c->busy), section(SF_SECTION_BLOCKERS, &c->blockers),
        section(SF_SECTION_EXCEPTIONS, &c->exceptions), section(SF_SECTION_QUEUED, &c->queued), section(SF_SECTION_DUE_TIMERS, &c->due_timers),
        { SF_SECTION_POOL, sizeof c->pool, &c->pool, c->pool_known ? sizeof c->pool : 0 },
        { SF_SECTION_HEAP, sizeof h->result, &h->result, sizeof h->result },
        section(SF_SECTION_HEAP_OBJECTS, &h->objects), section(SF_SECTION_HEAP_BYTES, &h->bytes), section(SF_SECTION_HEAP_LAYOUTS, &h->layouts),
        section(SF_SECTION_HEAP_FIELDS, &h->fields), section(SF_SECTION_HEAP_REFERENCES, &h->references), section(SF_SECTION_RUNNING, &h->running),
        section(SF_SECTION_SUSPENSIONS, &h->suspensions), section(SF_SECTION_POSTED, &h->posted),
    };
    enum { SECTIONS = sizeof sections / sizeof *sections, HEAP_SECTIONS = 9 /* the last */ };
    snapshot_send(c->request, sections, h->objects.base ? SECTIONS : SECTIONS - HEAP_SECTIONS, host);
}
