/* Timers that are due: the time at which their callback should have run has passed.
 *
 * A thread of the runtime sleeps until a queue's next timer is due, and then queues a work item that fires the queue's timers. If the thread pool has no
 * worker for it, the timers stay in the queue's lists. The queue itself has the time of its next timer, so queues that are not late are not searched. */
#define _GNU_SOURCE
#include "walk/capture.h"

#include <time.h>

enum { LATE_MS = 1000, MAX_TIMER_QUEUES = 1024, MAX_TIMERS = 2048, LOOK_AT_CLOCK = 64, LISTS = 2 };

/* The runtime's clock has a resolution of some milliseconds. */
static int64_t late_by(uint64_t start, uint32_t duration)
{
    return duration == UINT32_MAX ? 0 : sf_now(CLOCK_MONOTONIC) / 1000000 - (int64_t)start - duration;
}

/* The precodes of x64 refer to their data by the instruction pointer. One jumps to a target with the MethodDesc next to it, the other loads the
 * MethodDesc first. */
static uintptr_t method_of_precode(const capture *c, uintptr_t code)
{
#if defined(__x86_64__)
    enum { JUMP_BYTES = 6, LOAD_BYTES = 7 };
    static const uint8_t jump[] = { 0xFF, 0x25 }, load[] = { 0x4C, 0x8B, 0x15 };
    uint8_t bytes[LOAD_BYTES + sizeof jump];
    int32_t distance;
    uintptr_t method = 0;
    if (!sf_read((const void *)code, bytes, sizeof bytes))
        return 0;
    if (memcmp(bytes, jump, sizeof jump) == 0) {
        memcpy(&distance, bytes + sizeof jump, sizeof distance);
        return sf_read_pointer(code + JUMP_BYTES + (uintptr_t)(intptr_t)distance + c->runtime.layout.precode.method, &method) ? method : 0;
    }
    memcpy(&distance, bytes + sizeof load, sizeof distance);
    if (memcmp(bytes, load, sizeof load) == 0 && memcmp(bytes + LOAD_BYTES, jump, sizeof jump) == 0)
        return sf_read_pointer(code + LOAD_BYTES + (uintptr_t)(intptr_t)distance, &method) ? method : 0;
#else
    (void)c, (void)code;
#endif
    return 0;
}

/* The index of the method that a delegate calls; SF_NONE if it is not known. */
static uint32_t method_of_delegate(capture *c, uintptr_t delegate)
{
    const layout *k = &c->runtime.layout;
    uintptr_t code, other;
    clr_id function = 0, rejit;
    sf_read_item items[] = { { delegate + k->delegate.code, &code, sizeof code, false }, { delegate + k->delegate.other_code, &other, sizeof other, false } };
    if (!plausible(delegate))
        return SF_NONE;
    sf_read_many(items, 2);
    if (!items[0].ok || !items[1].ok)
        return SF_NONE;
    /* For a static method, the first code only removes the delegate from the arguments. */
    if (other != 0)
        code = other;
    uintptr_t method = method_of_precode(c, code);
    if (method != 0)
        function = type_of_method(c, method) != 0 ? method : 0;
    else if (FAILED(info_function_at(c->runtime.info, code, &function, &rejit)))
        function = 0;
    return function == 0 ? SF_NONE : describe_function(c, function);
}

static uintptr_t type_of_object(const capture *c, uintptr_t object)
{
    uintptr_t word;
    return plausible(object) && sf_read_pointer(object, &word) && is_type(&c->runtime.layout, type_of(word)) ? type_of(word) : 0;
}

static void add_timer(capture *c, uintptr_t callback, uintptr_t state, int64_t late)
{
    uintptr_t type = type_of_object(c, state);
    uint32_t function = method_of_delegate(c, callback), state_type = type == 0 ? SF_NONE : describe_type(c, type, 0), index = 0;
    while (index < c->due_timers.count) {
        const sf_due_timer *other = sf_table_at(&c->due_timers, index);
        if (other->function == function && other->state == state_type)
            break;
        index++;
    }
    if (index == c->due_timers.count && (index = sf_table_add(&c->due_timers)) == SF_NONE)
        return;
    sf_due_timer *timer = sf_table_at(&c->due_timers, index);
    timer->function = function;
    timer->state = state_type;
    timer->count++;
    timer->late_ms = late > timer->late_ms ? late : timer->late_ms;
}

/* Reads the timers of a list. Returns how many of the remaining number were read. */
static uint32_t read_list(capture *c, uintptr_t timer, uint32_t remaining)
{
    const layout *k = &c->runtime.layout;
    uint32_t read = 0;
    for (; timer != 0 && read < remaining; read++) {
        uintptr_t type, next, callback, state;
        uint64_t start;
        uint32_t duration;
        sf_read_item items[] = {
            { timer, &type, sizeof type, false }, { timer + k->timer.next, &next, sizeof next, false },
            { timer + k->timer.callback, &callback, sizeof callback, false }, { timer + k->timer.state, &state, sizeof state, false },
            { timer + k->timer.start, &start, sizeof start, false }, { timer + k->timer.duration, &duration, sizeof duration, false },
        };
        enum { ITEMS = sizeof items / sizeof *items };
        if (!plausible(timer) || (read % LOOK_AT_CLOCK == LOOK_AT_CLOCK - 1 && is_late(c)))
            return remaining;
        sf_read_many(items, ITEMS);
        for (int i = 0; i < ITEMS; i++)
            if (!items[i].ok)
                return remaining;
        if (type_of(type) != core_class_of(&c->runtime, CORE_TIMER))
            return remaining;
        int64_t late = late_by(start, duration);
        if (late >= LATE_MS)
            add_timer(c, callback, state, late);
        timer = next;
    }
    return read;
}

void timers_read(capture *c)
{
    const runtime *r = &c->runtime;
    const layout *k = &r->layout;
    uintptr_t queues, queue;
    uint32_t length, remaining = MAX_TIMERS;
    if (!r->has_core || !layout_knows(k, LAYOUT_TIMERS) || !layout_knows(k, LAYOUT_STRINGS) || is_late(c) || !sf_read_pointer(k->timer_queue.all, &queues)
        || !plausible(queues) || !sf_read((const void *)(queues + k->array.length), &length, sizeof length) || length > MAX_TIMER_QUEUES)
        return;
    for (uint32_t i = 0; i < length && remaining > 0 && !is_late(c); i++) {
        uint64_t start;
        uint32_t duration;
        uint8_t scheduled;
        uintptr_t lists[LISTS];
        if (!sf_read_pointer(queues + k->array.items + i * sizeof queue, &queue) || !is_a(queue, core_class_of(r, CORE_TIMER_QUEUE)))
            return;
        sf_read_item items[] = {
            { queue + k->timer_queue.scheduled, &scheduled, sizeof scheduled, false },
            { queue + k->timer_queue.start, &start, sizeof start, false }, { queue + k->timer_queue.duration, &duration, sizeof duration, false },
            { queue + k->timer_queue.soon, &lists[0], sizeof *lists, false }, { queue + k->timer_queue.later, &lists[1], sizeof *lists, false },
        };
        enum { ITEMS = sizeof items / sizeof *items };
        sf_read_many(items, ITEMS);
        for (int n = 0; n < ITEMS; n++)
            if (!items[n].ok)
                return;
        if (scheduled != 1 || late_by(start, duration) < LATE_MS)
            continue;
        for (int n = 0; n < LISTS; n++)
            remaining -= read_list(c, lists[n], remaining);
    }
    if (c->due_timers.count > 0)
        describe_functions(c);
    if (remaining == 0 || c->due_timers.full)
        for (uint32_t i = 0; i < c->due_timers.count; i++)
            ((sf_due_timer *)sf_table_at(&c->due_timers, i))->flags |= SF_DUE_TIMERS_TRUNCATED;
}
