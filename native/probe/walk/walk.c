/* Walks the stacks of all threads while the runtime is suspended. */
#define _GNU_SOURCE
#include "walk/walk.h"

#include <time.h>

enum { LOOK_AT_CLOCK = 1024 /* frames */ };

bool is_late(const capture *c) { return sf_now(CLOCK_MONOTONIC) > c->pause_deadline; }

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

/* A block is in the code of its method, so it is near. */
static int32_t handler_from(uint64_t ip, uint64_t handler)
{
    enum { FAR = 1 << 29 };
    int64_t distance = handler == 0 ? 0 : (int64_t)(handler - ip);
    return distance > -FAR && distance < FAR ? (int32_t)distance : 0;
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
    if (walk->thread->frame_count >= walk->look_at_clock) {
        walk->look_at_clock = walk->thread->frame_count + LOOK_AT_CLOCK;
        if (is_late(c)) {
            walk->thread->flags |= SF_THREAD_TRUNCATED;
            c->result.flags |= SF_INFO_TIME_TRUNCATED;
            return S_FALSE;
        }
    }
    uintptr_t sp = 0;
    left_out between = { 0, false };
    if (function != 0) {
        uintptr_t inner_fp = walk->frame_pointer;
        walk->frame_pointer = 0;
        sp = stack_pointer(context, context_size, ip, &walk->stack_end, &walk->frame_pointer);
        between = add_left_out(walk, &(walked_frame){ function, ip, sp, walk->frame_pointer }, inner_fp);
        walk->is_inside = true;
    }
    walk->is_native = function == 0;
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
    frame->handler = handler_from(ip, between.handler);
    frame->call = between.is_call;
    frame->function = described;
    /* Only the innermost address of a thread that was suspended in managed code is exact; all others are return addresses. */
    frame->exact = walk->thread->frame_count == 0 && function != 0 && stands_at(c, walk->in_batch, ip);
    walk->thread->frame_count++;
    return S_OK;
}

static void walk(capture *c, sf_thread *thread, thread_work *work, uint32_t in_batch)
{
    walk_state state = { .c = c, .thread = thread, .limit = c->request->max_thread_frames, .in_batch = in_batch, .look_at_clock = LOOK_AT_CLOCK };
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
    calls_begin();
    while (count == THREAD_BATCH && !FAILED(threads_next(threads, THREAD_BATCH, ids, &count))) {
        uint32_t here = unchanged_take(c, ids, count);
        for (uint32_t i = 0; i < here; i++)
            batch[i] = (sf_thread){ .thread_id = ids[i], .name_offset = SF_NONE, .exception_type = SF_NONE, .cpu_ns = -1 };
        if (here > 0)
            describe_threads(c, batch, here);
        for (uint32_t i = 0; i < here; i++) {
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
            if (is_sample(c))
                thread->cpu_ns = thread_cpu_ns(thread->os_id); /* before the walk: if it runs later, the next sample walks it again */
            late = late || is_late(c);
            if (late) {
                thread->flags |= SF_THREAD_NOT_WALKED;
                c->result.flags |= SF_INFO_TIME_TRUNCATED;
                continue;
            }
            if (!is_sample(c) && c->batch[i].exception != 0)
                exception_describe(c, index, c->batch[i].exception);
            walk(c, thread, work, i);
            if (was_interrupted(c, i))
                thread->flags |= SF_THREAD_INTERRUPTED;
            if (!has_managed_frame(c, thread))
                thread->flags |= SF_THREAD_NO_FRAMES;
        }
    }
}
