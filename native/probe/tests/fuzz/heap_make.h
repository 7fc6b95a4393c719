/* Makes the corpus of heap.c: a valid heap with one of everything that the probe looks for, and copies of it that are damaged in ways that could
 * mislead a walk. */
#ifndef STACKFLARE_HEAP_MAKE_H
#define STACKFLARE_HEAP_MAKE_H

#include "heap_image.h"
#include "runtime/corelib.h"

#include <string.h>

/* Types without a fixed offset. */
enum { MADE_BOX = MADE_TYPES, MADE_MACHINE, MADE_IS_MACHINE, MADE_POOLED, MADE_SUSPENDED, MADE_TASK_CONTINUATION, MADE_KEPT, MADE_TIMER, MADE_SEMAPHORE,
       MADE_TASKS, MADE_NUMBER, MADE_SOURCE, MADE_IS_SOURCE, MADE_OTHER_BOX, MADE_CLASS_MACHINE, MADE_PROMISE, MADE_BYTES, MADE_CHARACTERS, MADE_ALL };

typedef struct made {
    heap_header header;
    uint8_t bytes[HEAP_MEMORY];
    uint32_t top, box, tasks, segment[3], thread, running, last_object, array, machine_object, request, socket, string, waits;
} made;

static void put(made *m, uint32_t at, uint64_t word) { memcpy(m->bytes + at, &word, sizeof word); }
static void put_half(made *m, uint32_t at, uint32_t half) { memcpy(m->bytes + at, &half, sizeof half); }
static void put_place(made *m, uint32_t at, uint32_t place) { put(m, at, HEAP_AT(place)); }
static uint32_t room(made *m, uint32_t bytes) { uint32_t at = m->top; m->top += (bytes + 7) & ~7u; return at; }

/* first and count: the words that are references. */
static void put_type(made *m, uint32_t type, int which, uint32_t flags, uint32_t bytes, uint32_t parent, uint32_t first, uint32_t count)
{
    uint32_t at = MADE_AT(type);
    put_half(m, at + TYPE_FLAGS, flags | (count > 0 ? FLAG_REFERENCES : 0));
    put_half(m, at + TYPE_SIZE, bytes);
    put_half(m, at + TYPE_FLAGS2, (which < 0 ? 0x400 + type : (uint32_t)which + 1) << TOKEN_SHIFT);
    if (parent < MADE_ALL)
        put_place(m, at + TYPE_PARENT, MADE_AT(parent));
    put_place(m, at + TYPE_MODULE, PLACE_MODULE);
    put_half(m, at + TYPE_FIELDS, 3);
    if (count > 0) {
        put(m, at - 8, 1);
        put(m, at - 24, (uint64_t)count * 8 - bytes);
        put(m, at - 16, first);
    }
}

static void put_interfaces(made *m, uint32_t type, uint32_t one, uint32_t other)
{
    uint32_t list = room(m, 16), count = other < MADE_ALL ? 2 : 1;
    put_place(m, list, MADE_AT(one));
    if (count == 2)
        put_place(m, list + 8, MADE_AT(other));
    m->bytes[MADE_AT(type) + TYPE_INTERFACE_COUNT] = (uint8_t)count;
    put_place(m, MADE_AT(type) + TYPE_INTERFACES, list);
}

static void put_types(made *m)
{
    enum { BOX_BYTES = TASK_BYTES + 32 };
    m->top = MADE_AT(MADE_ALL);
    put_type(m, MADE_OBJECT, -1, 0, 24, MADE_ALL, 0, 0);
    put_type(m, MADE_ARRAY, CORE_ARRAY, 0, 24, MADE_OBJECT, 0, 0);
    put_type(m, MADE_FREE, -1, FLAG_COUNTS | 1, 24, MADE_OBJECT, 0, 0);
    put_type(m, MADE_OBJECT_ARRAY, -1, FLAG_COUNTS | 8, 24, MADE_ARRAY, 0, 0);
    put_place(m, MADE_AT(MADE_OBJECT_ARRAY) + TYPE_ELEMENT, MADE_AT(MADE_OBJECT));
    put_type(m, MADE_RESULT, CORE_ASYNC_RESULT, 0, 0, MADE_ALL, 0, 0);
    put_type(m, MADE_DISPOSABLE, CORE_DISPOSABLE, 0, 0, MADE_ALL, 0, 0);
    put_type(m, MADE_TASK, CORE_TASK, 0, TASK_BYTES, MADE_OBJECT, TASK_ACTION, 5);
    put_interfaces(m, MADE_TASK, MADE_RESULT, MADE_DISPOSABLE);
    put_type(m, MADE_CONTINUATION, CORE_CONTINUATION, 0, 40, MADE_OBJECT, CONTINUATION_NEXT, 1);
    put_type(m, MADE_DISPATCHER, CORE_DISPATCHER, FLAG_STRUCT, 40, MADE_OBJECT, 0, 0);
    put_type(m, MADE_IS_MACHINE, CORE_MACHINE, 0, 0, MADE_ALL, 0, 0);
    put_type(m, MADE_IS_SOURCE, CORE_SOURCE, 0, 0, MADE_ALL, 0, 0);
    put_type(m, MADE_MACHINE, -1, FLAG_STRUCT, 48, MADE_OBJECT, 8, 1);
    put_interfaces(m, MADE_MACHINE, MADE_IS_MACHINE, MADE_ALL);
    put_type(m, MADE_CLASS_MACHINE, -1, 0, 48, MADE_OBJECT, 8, 3);
    put_interfaces(m, MADE_CLASS_MACHINE, MADE_IS_MACHINE, MADE_ALL);
    put_type(m, MADE_BOX, CORE_BOX, 0, BOX_BYTES, MADE_TASK, TASK_ACTION, 5);
    put(m, MADE_AT(MADE_BOX) - 8, 2); /* and what its machine awaits */
    put(m, MADE_AT(MADE_BOX) - 40, 16 - (uint64_t)BOX_BYTES);
    put(m, MADE_AT(MADE_BOX) - 32, TASK_END);
    put_place(m, MADE_AT(MADE_BOX) + TYPE_ARGUMENT, MADE_AT(MADE_MACHINE));
    put_type(m, MADE_OTHER_BOX, CORE_BOX, 0, BOX_BYTES, MADE_TASK, TASK_ACTION, 5);
    put(m, MADE_AT(MADE_OTHER_BOX) - 8, 2);
    put(m, MADE_AT(MADE_OTHER_BOX) - 40, 8 - (uint64_t)BOX_BYTES);
    put(m, MADE_AT(MADE_OTHER_BOX) - 32, TASK_END);
    put_place(m, MADE_AT(MADE_OTHER_BOX) + TYPE_ARGUMENT, MADE_AT(MADE_CLASS_MACHINE));
    put_place(m, MADE_AT(MADE_CLASS_MACHINE) + TYPE_CLASS, MADE_AT(MADE_CLASS_MACHINE));
    put_type(m, MADE_POOLED, CORE_POOLED_BOX, 0, 48, MADE_OBJECT, 8, 2);
    put_type(m, MADE_SUSPENDED, CORE_SUSPENDED_TASK, 0, TASK_BYTES, MADE_TASK, TASK_ACTION, 5);
    put_type(m, MADE_TASK_CONTINUATION, CORE_TASK_CONTINUATION, 0, 48, MADE_CONTINUATION, CONTINUATION_NEXT, 1);
    put(m, MADE_AT(MADE_TASK_CONTINUATION) - 8, 2); /* and the task */
    put(m, MADE_AT(MADE_TASK_CONTINUATION) - 40, 8 - 48ull);
    put(m, MADE_AT(MADE_TASK_CONTINUATION) - 32, 32);
    put_type(m, MADE_KEPT, -1, 0, 48, MADE_CONTINUATION, CONTINUATION_NEXT, 1);
    put_type(m, MADE_TIMER, CORE_TIMER, 0, 48, MADE_OBJECT, 8, 2);
    put_type(m, MADE_SEMAPHORE, CORE_SEMAPHORE, 0, 48, MADE_OBJECT, 8, 2);
    put_type(m, MADE_TASKS, -1, FLAG_COUNTS | 8, 24, MADE_ARRAY, 0, 0);
    put_place(m, MADE_AT(MADE_TASKS) + TYPE_ELEMENT, MADE_AT(MADE_TASK));
    put_type(m, MADE_STRING, -1, FLAG_COUNTS | 2, 22, MADE_OBJECT, 0, 0);
    put_type(m, MADE_NUMBER, -1, FLAG_STRUCT, 24, MADE_OBJECT, 0, 0);
    put_type(m, MADE_SOURCE, -1, 0, 40, MADE_OBJECT, 8, 2);
    put_interfaces(m, MADE_SOURCE, MADE_IS_SOURCE, MADE_ALL);
    put_type(m, MADE_PROMISE, -1, 0, TASK_BYTES, MADE_TASK, TASK_ACTION, 5);
    put_type(m, MADE_BYTES, -1, FLAG_COUNTS | 1, 24, MADE_ARRAY, 0, 0);
    put_type(m, MADE_CHARACTERS, -1, FLAG_COUNTS | 2, 24, MADE_ARRAY, 0, 0);
    put_type(m, MADE_REQUEST, -1, 0, 56, MADE_OBJECT, DETAIL_LINK, 3);
    put_type(m, MADE_SOCKET, -1, 0, 56, MADE_SOURCE, DETAIL_LINK, 3);
}

/* A function begins with its type and module. The first word of its code points back to it. */
static uint32_t put_function(made *m, uint32_t type)
{
    uint32_t at = room(m, 24);
    m->top = (m->top + 63) & ~63u;
    uint32_t code = room(m, 64);
    put_place(m, at, MADE_AT(type));
    put_place(m, at + 8, PLACE_MODULE);
    put_place(m, at + 16, code);
    put_place(m, code, at);
    return at;
}

static uint32_t put_object(made *m, uint32_t type, uint32_t bytes)
{
    uint32_t at = room(m, bytes);
    put_place(m, at, MADE_AT(type));
    m->last_object = at;
    return at;
}

static uint32_t put_array(made *m, uint32_t type, uint32_t base, uint32_t count, uint32_t element)
{
    uint32_t at = put_object(m, type, base + count * element);
    put_half(m, at + ARRAY_LENGTH, count);
    return at;
}

static void put_segment(made *m, uint32_t at, uint32_t begin, uint32_t end, uint32_t next)
{
    put_place(m, at + SEGMENT_MEMORY, begin);
    put_place(m, at + SEGMENT_ALLOCATED, end);
    put_place(m, at + SEGMENT_COMMITTED, end + 64);
    if (next != 0)
        put_place(m, at + SEGMENT_NEXT, next);
}

/* The objects of the first region, the oldest. */
static void put_old_objects(made *m)
{
    enum { BOX = TASK_BYTES + 32 };
    uint32_t string = m->string = put_array(m, MADE_STRING, 22, 5, 2), task = put_object(m, MADE_TASK, TASK_BYTES), done = put_object(m, MADE_TASK, TASK_BYTES);
    put_half(m, done + TASK_STATE, 0x01000000);
    put_object(m, MADE_NUMBER, 24);
    m->array = put_array(m, MADE_BYTES, 24, 100, 1);
    m->box = put_object(m, MADE_BOX, BOX);
    put_place(m, m->box + TASK_END, task);
    put_place(m, m->box + TASK_END + 8, string);
    put_place(m, task + TASK_CONTINUATION, m->box);
    uint32_t promise = put_object(m, MADE_PROMISE, TASK_BYTES), part = put_object(m, MADE_TASK, TASK_BYTES);
    put_place(m, part + TASK_CONTINUATION, promise);
    uint32_t tasks = m->tasks = put_array(m, MADE_TASKS, 24, 3, 8);
    put_place(m, tasks + ARRAY_ITEMS, part);
    put_place(m, tasks + ARRAY_ITEMS + 8, done);
    put_place(m, tasks + ARRAY_ITEMS + 16, m->box);
    put_array(m, MADE_FREE, 24, 40, 1);
    uint32_t waits = m->waits = put_object(m, MADE_BOX, BOX);
    put_place(m, waits + TASK_END, promise);
    uint32_t request = m->request = put_object(m, MADE_REQUEST, 56), socket = m->socket = put_object(m, MADE_SOCKET, 56), numbers = put_array(m, MADE_CHARACTERS, 24, 8, 2);
    put_place(m, request + DETAIL_LINK, socket);
    put_half(m, request + DETAIL_IN_USE, 1);
    put_place(m, socket + DETAIL_LINK, request);
    put_place(m, socket + DETAIL_TEXT, string);
    put_place(m, socket + DETAIL_OTHER_TEXT, numbers);
    put_place(m, waits + TASK_END + 8, socket);
    uint32_t other = put_object(m, MADE_OTHER_BOX, BOX), machine = m->machine_object = put_object(m, MADE_CLASS_MACHINE, 48);
    put_place(m, other + TASK_END, machine);
    put_place(m, machine + 8, other);
    put_place(m, machine + 16, tasks);
    put_array(m, MADE_OBJECT_ARRAY, 24, 2, 8);
}

/* The objects of the second region: runtime-suspended methods, and objects that other waits lead to. */
static uint32_t put_suspended(made *m, uint32_t resume_info, uint32_t other_resume_info)
{
    uint32_t first = put_object(m, MADE_TASK_CONTINUATION, 48), second = put_object(m, MADE_KEPT, 48), third = put_object(m, MADE_KEPT, 48);
    put_place(m, first + CONTINUATION_NEXT, second);
    put_place(m, first + 32, m->box);
    put_place(m, second + CONTINUATION_NEXT, third);
    put_place(m, second + CONTINUATION_RESUME_INFO, resume_info);
    put_place(m, third + CONTINUATION_RESUME_INFO, other_resume_info);
    uint32_t task = put_object(m, MADE_SUSPENDED, TASK_BYTES), running = put_object(m, MADE_SUSPENDED, TASK_BYTES);
    put_place(m, task + TASK_OBJECT, first);
    uint32_t next = put_object(m, MADE_KEPT, 48);
    put_place(m, next + CONTINUATION_RESUME_INFO, resume_info);
    uint32_t semaphore = put_object(m, MADE_SEMAPHORE, 48), pooled = put_object(m, MADE_POOLED, 48), timer = put_object(m, MADE_TIMER, 48);
    put_place(m, semaphore + SEMAPHORE_HEAD, task);
    put_place(m, pooled + 8, put_object(m, MADE_SOURCE, 40));
    put_place(m, timer + 8, pooled);
    m->running = running;
    return next;
}

static void put_stack(made *m, uint32_t moves, uint32_t moves_class, uint32_t dispatches, uint32_t next)
{
    uint32_t stack = room(m, 3 * 128);
    put_place(m, stack + 16, m->box + TASK_END); /* the machine in its box */
    put_place(m, stack + 128 + 8, m->machine_object);
    uint32_t dispatcher = stack + 256 + 32;
    put_place(m, dispatcher + DISPATCHER_CONTINUATION, next);
    put_place(m, dispatcher + DISPATCHER_TASK, m->running);
    put_place(m, PLACE_DISPATCHER, dispatcher);
    const uint32_t functions[] = { moves, moves_class, dispatches };
    for (uint32_t i = 0; i < 3; i++) {
        put_place(m, PLACE_FRAMES + i * 16, stack + i * 128);
        put_place(m, PLACE_FRAMES + i * 16 + 8, functions[i]);
    }
    put_place(m, PLACE_FRAMES + HEAP_FRAMES * 16, stack + 3 * 128);
}

/* Two threads; the second one allocates from the youngest region. */
static void put_threads(made *m, uint32_t from, uint32_t to)
{
    uint32_t first = room(m, 16), second = room(m, 16), locals = room(m, 16);
    m->thread = second;
    put_place(m, PLACE_FIRST_THREAD, first);
    put_place(m, first + THREAD_LINK, second);
    put_place(m, second + THREAD_LOCALS, locals);
    put_place(m, locals + LOCALS_CONTEXT, from);
    put_place(m, locals + LOCALS_CONTEXT + 8, to);
}

static void make_heap(made *m)
{
    memset(m, 0, sizeof *m);
    m->header = (heap_header){ .max_objects = 1000, .max_copied = 256, .limit_us = 40000 };
    put(m, PLACE_STATE, STATE_IDLE);
    put_types(m);
    uint32_t moves = put_function(m, MADE_MACHINE), moves_class = put_function(m, MADE_CLASS_MACHINE), dispatches = put_function(m, MADE_SUSPENDED),
             waits = put_function(m, MADE_NUMBER), info = room(m, 16), other_info = room(m, 16);
    put_place(m, info + RESUME_INFO_PLACE, (waits + 24 + 63) / 64 * 64 + 16); /* in its code, at an address with an IL map entry */
    put_place(m, other_info + RESUME_INFO_PLACE, (waits + 24 + 63) / 64 * 64 + 5);
    for (int i = 0; i < 3; i++)
        m->segment[i] = room(m, 32);
    uint32_t begin = m->top = PLACE_HEAP;
    put_old_objects(m);
    put_segment(m, m->segment[0], begin, m->top, m->segment[1]);
    begin = m->top += 64;
    uint32_t next = put_suspended(m, info, other_info);
    put_segment(m, m->segment[1], begin, m->top, 0);
    begin = m->top += 64;
    put_object(m, MADE_TASK, TASK_BYTES);
    uint32_t from = room(m, 64 + ALLOCATION_RESERVE);
    put_object(m, MADE_BOX, TASK_BYTES + 32);
    put_array(m, MADE_STRING, 22, 9, 2);
    put_segment(m, m->segment[2], begin, begin, 0); /* the collector has its end */
    put_place(m, m->segment[2] + SEGMENT_COMMITTED, m->top + 64);
    put_place(m, PLACE_LAST, m->segment[2]);
    put_place(m, PLACE_ALLOCATED, m->top);
    m->top += 64;
    put_place(m, PLACE_GENERATIONS, m->segment[2]);
    put_place(m, PLACE_GENERATIONS + 2 * GENERATION_BYTES, m->segment[0]);
    put_stack(m, moves, moves_class, dispatches, next);
    put_threads(m, from, from + 64);
}

/* The same regions, split between two heaps. */
static void serve(made *m)
{
    m->header.options |= HEAP_SERVER;
    put(m, PLACE_COUNT, 2);
    for (uint32_t i = 0; i < 2; i++) {
        uint32_t heap = room(m, SERVER_GENERATIONS + GENERATION_BYTES * GENERATIONS);
        put_place(m, PLACE_HEAPS + i * 8, heap);
        memcpy(m->bytes + heap + SERVER_LAST, m->bytes + PLACE_LAST, 16);
        put_place(m, heap + SERVER_GENERATIONS, m->segment[i == 0 ? 0 : 2]);
    }
}

static void sweep(made *m) { put(m, PLACE_STATE, STATE_SWEEPING); }

/* During the read, dead objects become one free object, and a region shrinks. */
static void sweep_while_read(made *m)
{
    sweep(m);
    m->header.changes[0] = (heap_change){ .after = 60, .at = m->array, .value = HEAP_AT(MADE_AT(MADE_FREE)) };
    m->header.changes[1] = (heap_change){ .after = 70, .at = m->box, .value = HEAP_AT(MADE_AT(MADE_TASK)) };
    m->header.changes[2] = (heap_change){ .after = 80, .at = m->segment[1] + SEGMENT_ALLOCATED, .value = HEAP_AT(m->last_object) };
}

static void lose_page(made *m)
{
    sweep(m);
    m->header.changes[0] = (heap_change){ .after = 90, .page_gone = 1, .at = m->box };
}

static void circle_of_regions(made *m) { put_place(m, m->segment[1] + SEGMENT_NEXT, m->segment[0]); }
static void circle_while_swept(made *m) { sweep(m), circle_of_regions(m); }
static void region_of_itself(made *m) { put_place(m, m->segment[0] + SEGMENT_NEXT, m->segment[0]); }
static void circle_of_types(made *m) { put_place(m, MADE_AT(MADE_TIMER) + TYPE_PARENT, MADE_AT(MADE_SEMAPHORE)), put_place(m, MADE_AT(MADE_SEMAPHORE) + TYPE_PARENT, MADE_AT(MADE_TIMER)); }
static void circle_of_threads(made *m) { put_place(m, m->thread + THREAD_LINK, m->thread); }
static void huge_array(made *m) { put_half(m, m->array + ARRAY_LENGTH, 0xFFFFFFFF); }
static void huge_type(made *m) { put_half(m, MADE_AT(MADE_NUMBER) + TYPE_SIZE, 0xFFFFFFF8); }
static void empty_type(made *m) { put_half(m, MADE_AT(MADE_NUMBER) + TYPE_SIZE, 0); }

/* Regions without memory; also on a kernel that must be asked for each page. */
static void hole(made *m) { m->header.holes = (uint16_t)(1 << (m->last_object / HEAP_PAGE)); }
static void regions_of_nothing(made *m)
{
    put(m, m->segment[0] + SEGMENT_MEMORY, 0x7000000000), put(m, m->segment[0] + SEGMENT_ALLOCATED, 0x7000100000);
    put(m, m->segment[0] + SEGMENT_COMMITTED, UINT64_MAX);
}
static void region_without_end(made *m) { put(m, m->segment[0] + SEGMENT_ALLOCATED, UINT64_MAX - 7), put(m, m->segment[0] + SEGMENT_COMMITTED, UINT64_MAX); }
static void regions_overlap(made *m) { memcpy(m->bytes + m->segment[1], m->bytes + m->segment[0], 24); }

/* Allocation contexts that end before they begin when the reserve after them is counted, or beyond the region. */
static void context_wraps(made *m)
{
    uint32_t locals = m->thread + 16;
    put(m, locals + 8, UINT64_MAX - 7);
}
static void context_beyond(made *m) { put(m, m->thread + 16 + 8, 0x7FFFFFFFFFF8); }

/* The last objects before an unmapped page. */
static uint32_t before_hole(made *m, uint32_t bytes)
{
    uint32_t page = m->top / HEAP_PAGE + 1;
    m->header.holes = (uint16_t)(1 << page);
    put_segment(m, m->segment[1], page * HEAP_PAGE - bytes, page * HEAP_PAGE, 0);
    return page * HEAP_PAGE - bytes;
}

/* An array of tasks with elements of one byte: copying them as references would exceed the array. */
static void narrow_tasks(made *m)
{
    put_half(m, MADE_AT(MADE_TASKS) + TYPE_FLAGS, FLAG_COUNTS | 1);
    uint32_t at = before_hole(m, 64);
    put_place(m, at, MADE_AT(MADE_TASKS)), put_half(m, at + ARRAY_LENGTH, 40);
}

/* Objects marked as a task, a continuation or a semaphore that are too short for it. */
static void short_objects(made *m)
{
    put_half(m, MADE_AT(MADE_PROMISE) + TYPE_SIZE, 24), put_half(m, MADE_AT(MADE_KEPT) + TYPE_SIZE, 24), put_half(m, MADE_AT(MADE_SEMAPHORE) + TYPE_SIZE, 24);
    put_place(m, before_hole(m, 24), MADE_AT(MADE_PROMISE));
}

static void wild_references(made *m)
{
    put(m, m->box + TASK_END, 0x7FFFDEADBEE8), put(m, m->box + TASK_CONTINUATION, 1), put_place(m, m->tasks + ARRAY_ITEMS, m->box + 8);
    put_place(m, MADE_AT(MADE_SOURCE) + TYPE_INTERFACES, HEAP_MEMORY * 2);
    put(m, MADE_AT(MADE_BOX) - 8, 0x7FFFFFFF), put(m, MADE_AT(MADE_POOLED) - 16, UINT64_MAX - 15);
}

static void circle_of_continuations(made *m)
{
    for (uint32_t at = m->segment[1]; at < m->top; at += 8) { /* each refers to itself */
        uint64_t word;
        memcpy(&word, m->bytes + at, sizeof word);
        if (word == HEAP_AT(MADE_AT(MADE_KEPT)))
            put_place(m, at + CONTINUATION_NEXT, at);
    }
}

static void circle_of_arguments(made *m) { put_place(m, MADE_AT(MADE_MACHINE) + TYPE_ARGUMENT, MADE_AT(MADE_BOX)); }
static void box_of_itself(made *m) { put_place(m, MADE_AT(MADE_BOX) + TYPE_ARGUMENT, MADE_AT(MADE_BOX)); }
static void old_continuations(made *m) { m->header.options |= HEAP_NO_CONTINUATIONS; }
static void few_objects(made *m) { m->header.max_objects = 3; }
static void few_bytes(made *m) { m->header.max_copied = 1; }
static void no_time(made *m) { m->header.limit_us = 1; }
static void only_counted(made *m) { m->header.max_objects = 0; }
static void nothing(made *m) { (void)m; }

static const struct { const char *name; void (*damage)(made *); } made_heaps[] = {
    { "whole", nothing }, { "server", serve }, { "swept", sweep }, { "swept-while-read", sweep_while_read }, { "page-lost", lose_page },
    { "circle-of-regions", circle_of_regions }, { "circle-while-swept", circle_while_swept }, { "region-of-itself", region_of_itself },
    { "circle-of-types", circle_of_types }, { "circle-of-threads", circle_of_threads }, { "circle-of-continuations", circle_of_continuations },
    { "circle-of-arguments", circle_of_arguments }, { "box-of-itself", box_of_itself },
    { "huge-array", huge_array }, { "huge-type", huge_type }, { "empty-type", empty_type }, { "hole", hole },
    { "regions-of-nothing", regions_of_nothing }, { "region-without-end", region_without_end }, { "regions-overlap", regions_overlap },
    { "context-wraps", context_wraps }, { "context-beyond", context_beyond }, { "narrow-tasks", narrow_tasks }, { "short-objects", short_objects },
    { "wild-references", wild_references }, { "old-continuations", old_continuations },
    { "few-objects", few_objects }, { "few-bytes", few_bytes }, { "no-time", no_time }, { "only-counted", only_counted },
};
enum { MADE_HEAPS = sizeof made_heaps / sizeof *made_heaps };

#endif
