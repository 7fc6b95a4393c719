/* Calls of native code.
 *
 * The walk gives managed frames only. A P/Invoke has no managed code on the stack, or only that of a stub. While a thread is in one, the runtime has
 * a frame object on the thread's stack with the P/Invoke, and with the return address, the stack pointer and the frame pointer of the code that made
 * the call. When the call has returned, the return address in the object is cleared. */
#include "walk/walk.h"

enum { VERDICTS = 64 };

/* The last methods that were checked, by a hash of their address: most threads are in few methods. */
static struct { uintptr_t method; bool is_call; } verdicts[VERDICTS]; /* captures never overlap */

void calls_begin(void) { memset(verdicts, 0, sizeof verdicts); }

static bool check(const capture *c, uintptr_t method)
{
    const layout *k = &c->runtime.layout;
    uint16_t flags;
    uintptr_t type, module;
    if (!sf_read((const void *)(method + k->method.flags), &flags, sizeof flags) || (flags & k->method.kind) != k->method.is_call
        || (type = type_of_method(c, method)) == 0 || !sf_read_pointer(type + k->type.module, &module))
        return false;
    /* CoreLib's own calls, for example to wait, are a part of its methods that differs between versions. */
    return plausible(module) && module != c->runtime.core.module;
}

bool is_native_method(const capture *c, clr_id method)
{
    if (!plausible(method))
        return false;
    uint32_t at = (uint32_t)(method / sizeof method * 0x9E3779B1u >> 26) % VERDICTS;
    if (verdicts[at].method != method) {
        verdicts[at].is_call = check(c, method);
        verdicts[at].method = method;
    }
    return verdicts[at].is_call;
}

static native_call take(const layout *k, const uintptr_t *words)
{
    if (k->call.kind != 0 && words[0] != k->call.kind)
        return (native_call){ 0 };
    return (native_call){
        .address = words[k->call.address / sizeof *words],
        .sp = words[k->call.sp / sizeof *words],
        .fp = words[k->call.fp / sizeof *words],
        .target = words[k->call.target / sizeof *words],
    };
}

native_call innermost_call(const capture *c, uint32_t in_batch, uintptr_t *next)
{
    const thread_words *w = &c->batch[in_batch];
    const layout *k = &c->runtime.layout;
    *next = UINTPTR_MAX;
    if (!w->has_frame || !layout_knows(k, LAYOUT_CALLS) || !layout_knows(k, LAYOUT_METHODS) || !c->runtime.has_core)
        return (native_call){ 0 };
    *next = w->frame[k->call.next / sizeof *w->frame];
    return take(k, w->frame);
}

bool next_call(const capture *c, uintptr_t *next, uintptr_t end, native_call *call)
{
    const layout *k = &c->runtime.layout;
    uintptr_t words[FRAME_WORDS], from = *next;
    if (from >= end || !plausible(from) || !sf_read((const void *)from, words, sizeof words))
        return false;
    /* The stack grows downwards. */
    *next = words[k->call.next / sizeof *words] > from ? words[k->call.next / sizeof *words] : UINTPTR_MAX;
    *call = take(k, words);
    return true;
}

clr_id method_of_call(const capture *c, const native_call *call)
{
    const layout *k = &c->runtime.layout;
    uintptr_t method = call->target & ~(uintptr_t)k->call.marks;
    return !(call->target & k->call.not_method) && is_native_method(c, method) ? method : 0;
}
