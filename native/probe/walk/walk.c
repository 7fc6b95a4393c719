#define _GNU_SOURCE
#include "capture.h"
#include "locks.h"
#include "objects.h"

#include <time.h>
#include <unistd.h>

enum {
    MAX_FUNCTIONS = 1 << 16,
    MAX_TYPES = 1 << 16,
    MAX_MODULES = 1 << 13,
    MAX_FRAMES = 1 << 18,
    BLOB_BYTES = 16 << 20,
    READY_BYTES = 384 << 10, /* of frames: what 16,384 of them take; the faults of more are little beside the walk of them */
};

bool is_late(const capture *c) { return sf_now(CLOCK_MONOTONIC) > c->pause_deadline; }

static uint32_t min32(uint32_t a, uint32_t b) { return a < b ? a : b; }

bool capture_map(capture *c)
{
    const sf_request *r = c->request;
    locks_ready();
    return sf_table_map(&c->threads, sizeof(sf_thread), r->max_threads, 64 << 10)
        && sf_table_map(&c->raw, sizeof(raw_frame), r->max_total_frames, READY_BYTES)
        && sf_table_map(&c->functions, sizeof(sf_function), MAX_FUNCTIONS, 64 << 10)
        && sf_table_map(&c->function_work, sizeof(function_work), MAX_FUNCTIONS, 4 << 10)
        && sf_table_map(&c->types, sizeof(sf_type), MAX_TYPES, 16 << 10)
        && sf_table_map(&c->type_work, sizeof(type_work), MAX_TYPES, 4 << 10)
        && sf_table_map(&c->type_args, sizeof(uint32_t), MAX_TYPES * 4, 4 << 10)
        && sf_table_map(&c->modules, sizeof(sf_module), MAX_MODULES, 8 << 10)
        && sf_table_map(&c->module_work, sizeof(module_work), MAX_MODULES, 4 << 10)
        && sf_table_map(&c->stacks, sizeof(uint32_t), r->max_total_frames, 0)
        && sf_table_map(&c->frames, sizeof(sf_frame), min32(r->max_total_frames, MAX_FRAMES), 0)
        && sf_table_map(&c->blob, 1, BLOB_BYTES + r->max_image_bytes, 64 << 10)
        && sf_table_map(&c->locks, sizeof(sf_lock), MAX_LOCKS, 8 << 10)
        && sf_table_map(&c->lock_work, sizeof(lock_work), MAX_LOCKS, 4 << 10)
        && sf_table_map(&c->waits, sizeof(sf_wait), r->max_threads, 8 << 10)
        && sf_table_map(&c->held_locks, sizeof(sf_held), MAX_HELD_FRAMES, 8 << 10)
        && sf_table_map(&c->thread_work, sizeof(thread_work), r->max_threads, 32 << 10)
        && sf_table_map(&c->thread_of_id, sizeof(uint32_t), MAX_THREAD_ID + 1, 8 << 10)
        && sf_table_map(&c->scratch, sizeof(lock_scratch), 1, sizeof(lock_scratch))
        && busy_map(c)
        && sf_table_map(&c->objects, sizeof(sf_object), MAX_OBJECTS, 8 << 10)
        && sf_table_map(&c->object_work, sizeof(object_work), MAX_OBJECTS, 16 << 10)
        && sf_table_map(&c->references, sizeof(sf_reference), MAX_REFERENCES, 8 << 10)
        && sf_table_map(&c->waiting_words, sizeof(waiting_word), MAX_WAITING_WORDS, 96 << 10)
        && heap_map(c)
        && sf_index_map(&c->os_index, r->max_threads)
        && sf_index_map(&c->lock_index, MAX_LOCKS)
        && sf_index_map(&c->object_index, MAX_OBJECTS)
        && sf_index_map(&c->function_index, MAX_FUNCTIONS)
        && sf_index_map(&c->type_index, MAX_TYPES)
        && sf_index_map(&c->module_index, MAX_MODULES)
        && sf_index_map(&c->frame_index, min32(r->max_total_frames, MAX_FRAMES));
}

void capture_unmap(capture *c)
{
    sf_table *tables[] = { &c->threads, &c->raw, &c->functions, &c->function_work, &c->types, &c->type_work, &c->type_args,
                           &c->modules, &c->module_work, &c->stacks, &c->frames, &c->blob,
                           &c->locks, &c->lock_work, &c->waits, &c->held_locks, &c->thread_work, &c->thread_of_id, &c->scratch,
                           &c->busy, &c->busy_samples,
                           &c->objects, &c->object_work, &c->references, &c->waiting_words };
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        sf_table_unmap(tables[i]);
    sf_index *indexes[] = { &c->function_index, &c->type_index, &c->module_index, &c->frame_index, &c->lock_index, &c->object_index,
                            &c->os_index };
    for (size_t i = 0; i < sizeof indexes / sizeof *indexes; i++)
        sf_index_unmap(indexes[i]);
    heap_unmap(c);
}

/* Suspends the runtime. A GC that is suspending at that moment makes the runtime refuse; in a program that allocates hard that
 * is the rule, so it is tried again until the deadline. Returns when the suspend that succeeded began; 0 for none. */
static int64_t suspend(capture *c)
{
    int64_t deadline = sf_now(CLOCK_MONOTONIC) + (int64_t)c->request->suspend_timeout_ms * 1000000;
    for (;;) {
        int64_t begin = sf_now(CLOCK_MONOTONIC);
        hresult hr = info_suspend(c->info);
        if (!FAILED(hr))
            return begin;
        c->result.hresult = hr;
        if (hr != CORPROF_E_SUSPENSION_IN_PROGRESS || begin > deadline)
            return 0;
        c->result.suspend_retries++;
        struct timespec pause = { 0, 100000 };
        nanosleep(&pause, NULL);
    }
}

typedef struct walk_state {
    capture *c;
    sf_thread *thread;
    uint32_t limit, in_batch;
    uintptr_t stack_end;
} walk_state;

/* Where a frame's part of the stack begins, from the registers that the walk has for it: with the instruction pointer beside it, it is
 * seen that these are the registers. How far the part reaches is not said; that of the next frame ends it, and of the outermost, which
 * has none, the frame pointer is the best that there is. */
static uintptr_t stack_pointer(const uint8_t *context, uint32_t size, uintptr_t ip, uintptr_t *end)
{
#if defined(__x86_64__)
    enum { SP = 0x98, FP = 0xA0, PC = 0xF8 };
#elif defined(__aarch64__)
    enum { FP = 0xF0, SP = 0x100, PC = 0x108 };
#endif
    enum { MORE = 256, MOST = 64 << 10 };
    uintptr_t sp, fp, pc;
    if (!context || size < PC + sizeof pc)
        return 0;
    memcpy(&sp, context + SP, sizeof sp);
    memcpy(&fp, context + FP, sizeof fp);
    memcpy(&pc, context + PC, sizeof pc);
    if (pc != ip || !plausible(sp))
        return 0;
    *end = fp >= sp && fp - sp < MOST ? (fp | 7) + 1 + sizeof fp : sp + MORE;
    return sp;
}

static hresult on_frame(clr_id function, uintptr_t ip, uintptr_t frame_info, uint32_t context_size, uint8_t *context, void *state)
{
    (void)frame_info;
    walk_state *walk = state;
    capture *c = walk->c;
    if (walk->thread->frame_count >= walk->limit) {
        walk->thread->flags |= SF_THREAD_TRUNCATED;
        return S_FALSE;
    }
    enum { LOOK_AT_CLOCK = 1024 };
    if (walk->thread->frame_count % LOOK_AT_CLOCK == LOOK_AT_CLOCK - 1 && is_late(c)) {
        walk->thread->flags |= SF_THREAD_TRUNCATED;
        c->result.flags |= SF_INFO_TIME_TRUNCATED;
        return S_FALSE;
    }
    uint32_t index = sf_table_add(&c->raw);
    if (index == SF_NONE) {
        walk->thread->flags |= SF_THREAD_TRUNCATED;
        c->result.flags |= SF_INFO_FRAMES_TRUNCATED;
        return S_FALSE;
    }
    raw_frame *frame = sf_table_at(&c->raw, index);
    frame->ip = ip;
    frame->sp = function == 0 ? 0 : stack_pointer(context, context_size, ip, &walk->stack_end);
    frame->function = function == 0 ? SF_NONE : describe_function(c, function);
    /* Only a thread that was stopped in managed code stands at its address; everything else is a return address. */
    frame->exact = walk->thread->frame_count == 0 && function != 0 && stands_at(c, walk->in_batch, ip);
    walk->thread->frame_count++;
    return S_OK;
}

static void walk(capture *c, sf_thread *thread, thread_work *work, uint32_t in_batch)
{
    walk_state state = { c, thread, c->request->max_thread_frames, in_batch, 0 };
    thread->first_frame = c->raw.count;
    hresult hr = info_walk(c->info, thread->thread_id, on_frame, COR_PRF_SNAPSHOT_REGISTER_CONTEXT, &state, NULL, 0);
    work->stack_end = state.stack_end;
    if (!FAILED(hr) || hr == CORPROF_E_STACKSNAPSHOT_ABORTED)
        return;
    if (thread->frame_count > 0)
        thread->flags |= SF_THREAD_WALK_FAILED;
    thread->hresult = hr;
}

static bool has_managed_frame(capture *c, const sf_thread *thread)
{
    for (uint32_t i = 0; i < thread->frame_count; i++)
        if (((raw_frame *)sf_table_at(&c->raw, thread->first_frame + i))->function != SF_NONE)
            return true;
    return false;
}

/* The runtime's thread state flags. */
enum { THREAD_UNSTARTED = 0x400, THREAD_DEAD = 0x800 };

static void walk_all(capture *c, void *threads, int64_t begin)
{
    int64_t deadline = begin + (int64_t)c->request->pause_limit_us * 1000;
    clr_id ids[THREAD_BATCH];
    sf_thread batch[THREAD_BATCH];
    uint32_t count = THREAD_BATCH;
    bool late = false;
    while (count == THREAD_BATCH && !FAILED(threads_next(threads, THREAD_BATCH, ids, &count))) {
        for (uint32_t i = 0; i < count; i++)
            batch[i] = (sf_thread){ .thread_id = ids[i], .name_offset = SF_NONE, .exception_type = SF_NONE, .cpu_ns = -1 };
        describe_threads(c, batch, count);
        for (uint32_t i = 0; i < count; i++) {
            if (batch[i].flags & SF_THREAD_STATE_KNOWN && batch[i].state & (THREAD_UNSTARTED | THREAD_DEAD))
                continue;
            if (batch[i].os_id == 0)
                info_thread(c->info, ids[i], &batch[i].os_id);
            c->result.thread_total++;
            uint32_t index = sf_table_add(&c->threads);
            if (index == SF_NONE) {
                c->result.flags |= SF_INFO_THREADS_TRUNCATED;
                continue;
            }
            sf_thread *thread = sf_table_at(&c->threads, index);
            *thread = batch[i];
            thread_work *work = sf_table_at(&c->thread_work, sf_table_add(&c->thread_work));
            *work = (thread_work){ .object = c->contract.present ? c->batch[i].object : 0, .first_lock = SF_NONE };
            thread->first_frame = c->raw.count;
            late = late || sf_now(CLOCK_MONOTONIC) > deadline;
            if (late) {
                thread->flags |= SF_THREAD_NOT_WALKED;
                c->result.flags |= SF_INFO_TIME_TRUNCATED;
                continue;
            }
            walk(c, thread, work, i);
            if (was_interrupted(c, i))
                thread->flags |= SF_THREAD_INTERRUPTED;
            if (!has_managed_frame(c, thread))
                thread->flags |= SF_THREAD_NO_FRAMES;
        }
    }
}

void capture_take(capture *c)
{
    void *threads = NULL;
    c->result.phase = SF_PHASE_SUSPEND;
    int64_t begin, give_up = sf_now(CLOCK_MONOTONIC) + (int64_t)c->request->suspend_timeout_ms * 1000000 / 4;
    while ((begin = suspend(c)) != 0 && !heap_claim(c) && begin < give_up) {
        info_resume(c->info);
        struct timespec pause = { 0, 20000000 };
        nanosleep(&pause, NULL);
    }
    if (begin == 0) {
        if (c->result.hresult == CORPROF_E_SUSPENSION_IN_PROGRESS)
            describe_stuck(c);
        return;
    }

    /* From here to the resume nothing of ours allocates, blocks or reads a file, and every way out passes the resume. */
    int64_t suspended = sf_now(CLOCK_MONOTONIC);
    c->result.captured_at_ns = sf_now(CLOCK_REALTIME);
    hresult hr = info_threads(c->info, &threads);
    int64_t walked = suspended;
    if (!FAILED(hr)) {
        int64_t deadline = c->pause_deadline = suspended + (int64_t)c->request->pause_limit_us * 1000;
        walk_all(c, threads, suspended);
        walked = sf_now(CLOCK_MONOTONIC);
        describe_functions(c);
        int64_t described = sf_now(CLOCK_MONOTONIC);
        describe_locks(c, deadline);
        c->result.locks_ns = sf_now(CLOCK_MONOTONIC) - described;
        pool_read(c, deadline);
        heap_walk(c);
        hold_collectible(c);
    }
    heap_unclaim(c);
    info_resume(c->info);
    int64_t resumed = sf_now(CLOCK_MONOTONIC);
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
    heap_describe(c);
    trim_held(c);
    objects_name(c);
    hold_release(c);
    c->result.resolve_ns = sf_now(CLOCK_MONOTONIC) - resumed;
    busy_end(c);
    c->result.phase = SF_PHASE_DONE;
}
