/* Walks the stacks of all threads while the runtime is suspended. */
#define _GNU_SOURCE
#include "walk/capture.h"

#include <time.h>

bool is_late(const capture *c) { return sf_now(CLOCK_MONOTONIC) > c->pause_deadline; }

typedef struct walk_state {
    capture *c;
    sf_thread *thread;
    uint32_t limit, in_batch;
    uintptr_t stack_end;
    uintptr_t frame_pointer; /* of the last frame; 0: not known */
} walk_state;

/* The start of a frame's part of the stack, from the registers of the walk. The instruction pointer next to it confirms that these are the registers.
 * The end is not given: the next frame ends the part. For the outermost frame, the frame pointer is the best approximation. */
static uintptr_t stack_pointer(const uint8_t *context, uint32_t size, uintptr_t ip, uintptr_t *end, uintptr_t *frame_pointer)
{
    enum { OUTERMOST_BYTES = 256, FRAME_BYTES_MOST = 64 << 10 };
    uintptr_t sp, fp, pc;
    if (!context || size < CONTEXT_PC + sizeof pc)
        return 0;
    memcpy(&sp, context + CONTEXT_SP, sizeof sp);
    memcpy(&fp, context + CONTEXT_FP, sizeof fp);
    memcpy(&pc, context + CONTEXT_PC, sizeof pc);
    if (pc != ip || !plausible(sp))
        return 0;
    *frame_pointer = fp;
    *end = fp >= sp && fp - sp < FRAME_BYTES_MOST ? (fp | 7) + 1 + sizeof fp : sp + OUTERMOST_BYTES;
    return sp;
}

/* The runtime leaves out two kinds of frames between one that it gives and the next outer one:
 *
 * - that of a catch or finally block, of which the compiler makes a function of its own. The runtime gives the frame of the method, at the call in the
 *   try block. The block has the frame pointer of the method.
 * - those of dynamic methods and of the runtime's own stubs.
 *
 * Saved frame pointers lead from the inner frame to the outer one, with a return address next to each. They are followed only if they end exactly at the
 * outer frame. A frame without a frame pointer has that of its caller, which is not below the outer frame. */
enum { MAX_SKIPPED = 8 };

typedef struct skipped_frames {
    uint64_t handler; /* the return address in a block; 0: none */
    uint32_t count;
    uint64_t addresses[MAX_SKIPPED]; /* return addresses in skipped methods, innermost first */
} skipped_frames;

static skipped_frames find_skipped(uintptr_t inner_fp, uintptr_t sp, uintptr_t fp, uintptr_t ip)
{
    skipped_frames found = { 0, 0, { 0 } }, none = found;
    uintptr_t at = inner_fp;
    for (;;) {
        uintptr_t words[2]; /* the saved frame pointer, the return address */
        if (at == 0 || sp == 0 || at % sizeof at != 0 || at + sizeof at >= sp)
            return none;
#if defined(__x86_64__)
        if (at + sizeof words == sp && at == inner_fp)
            return none; /* the usual call */
#endif
        if (!sf_read((const void *)at, words, sizeof words))
            return none;
        if (words[1] == ip)
            return found;
        if (found.count == MAX_SKIPPED || words[0] <= at)
            return none;
        found.addresses[found.count++] = words[1];
        /* A block, or a method without a frame pointer. */
        if (words[0] == fp) {
            found.handler = at == inner_fp ? words[1] : 0;
            return found;
        }
        at = words[0];
    }
}

/* A block is in the code of its method, so it is near. */
static int32_t handler_from(uint64_t ip, uint64_t handler)
{
    enum { FAR = 1 << 30 };
    int64_t distance = handler == 0 ? 0 : (int64_t)(handler - ip);
    return distance > -FAR && distance < FAR ? (int32_t)distance : 0;
}

/* Adds the frames of dynamic methods. The addresses are return addresses, so that the runtime can be asked about them. */
static void add_skipped(walk_state *walk, const skipped_frames *skipped)
{
    capture *c = walk->c;
    for (uint32_t i = 0; i < skipped->count; i++) {
        clr_id function = 0, rejit = 0;
        int32_t dynamic = 0;
        if (walk->thread->frame_count >= walk->limit || FAILED(info_function_at(c->runtime.info, skipped->addresses[i] - 1, &function, &rejit)) || function == 0
            || FAILED(info_is_dynamic(c->runtime.info, function, &dynamic)) || !dynamic)
            continue;
        uint32_t described = describe_function(c, function), index = described == SF_NONE ? SF_NONE : sf_table_add(&c->raw);
        if (index == SF_NONE)
            return;
        *(raw_frame *)sf_table_at(&c->raw, index) = (raw_frame){ .ip = skipped->addresses[i], .function = described };
        walk->thread->frame_count++;
    }
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
    uintptr_t inner_fp = walk->frame_pointer, sp = 0;
    walk->frame_pointer = 0;
    skipped_frames skipped = { 0, 0, { 0 } };
    if (function != 0) {
        sp = stack_pointer(context, context_size, ip, &walk->stack_end, &walk->frame_pointer);
        skipped = find_skipped(inner_fp, sp, walk->frame_pointer, ip);
        add_skipped(walk, &skipped);
    }
    /* Without an index in the table of functions, a frame would be taken for a native one. */
    uint32_t described = function == 0 ? SF_NONE : describe_function(c, function);
    uint32_t index = function != 0 && described == SF_NONE ? SF_NONE : sf_table_add(&c->raw);
    if (index == SF_NONE) {
        walk->thread->flags |= SF_THREAD_TRUNCATED;
        c->result.flags |= SF_INFO_FRAMES_TRUNCATED;
        return S_FALSE;
    }
    raw_frame *frame = sf_table_at(&c->raw, index);
    frame->ip = ip;
    frame->sp = sp;
    frame->handler = handler_from(ip, skipped.handler);
    frame->function = described;
    /* Only the innermost address of a thread that was suspended in managed code is exact; all others are return addresses. */
    frame->exact = walk->thread->frame_count == 0 && function != 0 && stands_at(c, walk->in_batch, ip);
    walk->thread->frame_count++;
    return S_OK;
}

static void walk(capture *c, sf_thread *thread, thread_work *work, uint32_t in_batch)
{
    walk_state state = { .c = c, .thread = thread, .limit = c->request->max_thread_frames, .in_batch = in_batch };
    thread->first_frame = c->raw.count;
    hresult hr = info_walk(c->runtime.info, thread->thread_id, on_frame, COR_PRF_SNAPSHOT_REGISTER_CONTEXT, &state, NULL, 0);
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

void walk_all(capture *c, void *threads)
{
    const layout *k = &c->runtime.layout;
    clr_id ids[THREAD_BATCH];
    sf_thread batch[THREAD_BATCH];
    uint32_t count = THREAD_BATCH;
    bool late = false;
    while (count == THREAD_BATCH && !FAILED(threads_next(threads, THREAD_BATCH, ids, &count))) {
        for (uint32_t i = 0; i < count; i++)
            batch[i] = (sf_thread){ .thread_id = ids[i], .name_offset = SF_NONE, .exception_type = SF_NONE, .cpu_ns = -1 };
        describe_threads(c, batch, count);
        for (uint32_t i = 0; i < count; i++) {
            if (batch[i].flags & SF_THREAD_STATE_KNOWN && batch[i].state & (k->thread.unstarted | k->thread.dead))
                continue;
            if (batch[i].os_id == 0)
                info_thread(c->runtime.info, ids[i], &batch[i].os_id);
            c->result.thread_total++;
            uint32_t index = sf_table_add(&c->threads);
            if (index == SF_NONE) {
                c->result.flags |= SF_INFO_THREADS_TRUNCATED;
                continue;
            }
            sf_thread *thread = sf_table_at(&c->threads, index);
            *thread = batch[i];
            thread_work *work = sf_table_at(&c->thread_work, sf_table_add(&c->thread_work));
            *work = (thread_work){ .object = c->batch[i].object, .first_lock = SF_NONE };
            thread->first_frame = c->raw.count;
            late = late || is_late(c);
            if (late) {
                thread->flags |= SF_THREAD_NOT_WALKED;
                c->result.flags |= SF_INFO_TIME_TRUNCATED;
                continue;
            }
            if (c->batch[i].exception != 0)
                exception_describe(c, index, c->batch[i].exception);
            walk(c, thread, work, i);
            if (was_interrupted(c, i))
                thread->flags |= SF_THREAD_INTERRUPTED;
            if (!has_managed_frame(c, thread))
                thread->flags |= SF_THREAD_NO_FRAMES;
        }
    }
}
