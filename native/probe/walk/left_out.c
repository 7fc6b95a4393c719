/* Frames that the runtime leaves out of a walk:
 *
 * - that of a catch or finally block, of which the compiler makes a function of its own. The runtime gives the frame of the method, at the call in the
 *   try block. The block has the frame pointer of the method.
 * - those of dynamic methods and of the runtime's own stubs.
 * - P/Invokes, which have no managed code, or only that of a stub.
 *
 * Saved frame pointers lead from the inner frame to the outer one, with a return address next to each; also through the runtime's native code, for
 * example that of a call by reflection. They are followed only if they end exactly at the outer frame. A frame without a frame pointer has that of its
 * caller, which is not below the outer frame. */
#include "walk/walk.h"

enum { MAX_SKIPPED = 16 };

typedef struct skipped_frames {
    left_out result;
    uint32_t count;
    uint64_t addresses[MAX_SKIPPED]; /* return addresses in skipped methods, innermost first */
} skipped_frames;

/* Whether the frame pointers lead from the inner frame to the outer one. Only then are there skipped frames. */
static bool find_skipped(uintptr_t inner_fp, const walked_frame *outer, skipped_frames *skipped)
{
    uintptr_t at = inner_fp;
    skipped->count = 0;
    for (;;) {
        uintptr_t words[2]; /* the saved frame pointer, the return address */
        if (at == 0 || outer->sp == 0 || at % sizeof at != 0 || at + sizeof at >= outer->sp || !sf_read((const void *)at, words, sizeof words))
            break;
        if (words[1] == outer->ip)
            return true;
        if (skipped->count == MAX_SKIPPED || words[0] <= at)
            break;
        skipped->addresses[skipped->count++] = words[1];
        /* A block, or a method without a frame pointer. */
        if (words[0] == outer->fp) {
            skipped->result.handler = at == inner_fp ? words[1] : 0;
            return true;
        }
        at = words[0];
    }
    skipped->count = 0;
    return false;
}

/* Whether the outer frame called the inner one, without another frame between them. */
static bool is_usual_call(uintptr_t inner_fp, uintptr_t sp)
{
#if defined(__x86_64__)
    return inner_fp != 0 && inner_fp + 2 * sizeof inner_fp == sp;
#else
    (void)inner_fp, (void)sp;
    return false;
#endif
}

/* Adds a frame that the walk does not give. */
static void add_frame(walk_state *walk, clr_id function, raw_frame frame)
{
    capture *c = walk->c;
    if (walk->thread->frame_count >= walk->limit)
        return;
    frame.function = describe_function(c, function);
    uint32_t index = frame.function == SF_NONE ? SF_NONE : sf_table_add(&c->raw);
    if (index == SF_NONE)
        return;
    *(raw_frame *)sf_table_at(&c->raw, index) = frame;
    walk->thread->frame_count++;
}

/* Adds the frame of a dynamic method. The runtime must not be asked about arbitrary addresses: inside of its code heaps, it treats any address as one
 * in a method, and faults. */
static void add_dynamic(walk_state *walk, uint64_t address, bool exact)
{
    void *info = walk->c->runtime.info;
    clr_id function = 0, rejit = 0;
    int32_t dynamic = 0;
    if (!exact && !follows_call(address))
        return;
    if (!FAILED(info_function_at(info, exact ? address : address - 1, &function, &rejit)) && function != 0 && !FAILED(info_is_dynamic(info, function, &dynamic))
        && dynamic)
        add_frame(walk, function, (raw_frame){ .ip = address, .exact = exact });
}

static void add_skipped(walk_state *walk, const skipped_frames *skipped)
{
    for (uint32_t i = 0; i < skipped->count; i++)
        add_dynamic(walk, skipped->addresses[i], false);
}

/* Adds the P/Invoke that a managed frame called, if it did, directly or through frames that the walk leaves out. */
static bool add_call(walk_state *walk, const native_call *call, const walked_frame *caller, skipped_frames *between)
{
    bool is_direct = call->address == caller->ip && call->sp == caller->sp;
    if (call->address == 0 || caller->sp == 0 || (!is_direct && !find_skipped(call->fp, caller, between)))
        return false;
    clr_id method = method_of_call(walk->c, call);
    /* On .NET 11 and in the images of libraries, a P/Invoke can have managed code, which makes the call. */
    between->result.is_call = is_direct && is_native_method(walk->c, caller->function);
    if (method != 0 && !between->result.is_call)
        add_frame(walk, method, (raw_frame){ .call = 1 });
    if (!is_direct)
        add_dynamic(walk, call->address, false);
    return true;
}

/* The innermost managed frame called native code, or the place of the thread is in a dynamic method. */
static left_out add_innermost(walk_state *walk, const walked_frame *outer)
{
    skipped_frames between = { .count = 0 };
    native_call call = innermost_call(walk->c, walk->in_batch, &walk->next_object);
    stopped_place place;
    bool is_found = add_call(walk, &call, outer, &between);
    /* Equal frame pointers: the method has none of its own. */
    if (!is_found && stopped_place_of(walk->c, walk->in_batch, &place) && place.ip != outer->ip
        && (is_usual_call(place.fp, outer->sp) || (place.fp != 0 && place.fp == outer->fp) || find_skipped(place.fp, outer, &between)))
        add_dynamic(walk, place.ip, place.exact);
    add_skipped(walk, &between);
    return between.result;
}

/* A managed frame called native code, which called the last managed frame. */
static left_out add_native_run(walk_state *walk, const walked_frame *outer, uintptr_t inner_fp)
{
    enum { MAX_OBJECTS = 32 };
    skipped_frames between = { .count = 0 };
    native_call call;
    if (find_skipped(inner_fp, outer, &between))
        add_skipped(walk, &between);
    for (int i = 0; i < MAX_OBJECTS && next_call(walk->c, &walk->next_object, walk->stack_end, &call); i++) {
        skipped_frames stubs = { .count = 0 };
        if (add_call(walk, &call, outer, &stubs))
            return stubs.result;
    }
    return (left_out){ 0 };
}

left_out add_left_out(walk_state *walk, const walked_frame *outer, uintptr_t inner_fp)
{
    skipped_frames between = { .count = 0 };
    if (!walk->is_inside)
        return add_innermost(walk, outer);
    if (walk->is_native)
        return add_native_run(walk, outer, inner_fp);
    if (!is_usual_call(inner_fp, outer->sp) && find_skipped(inner_fp, outer, &between))
        add_skipped(walk, &between);
    return between.result;
}
