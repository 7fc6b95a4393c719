/* The result for a heap with known content: the one of the fuzz target's corpus. */
#include "fuzz/heap.c"
#include "fuzz/heap_make.h"

static made heap_made;

static const sf_heap *taken(void (*damage)(made *))
{
    make_heap(&heap_made);
    damage(&heap_made);
    static uint8_t input[sizeof heap_made.header + sizeof heap_made.bytes];
    memcpy(input, &heap_made.header, sizeof heap_made.header);
    memcpy(input + sizeof heap_made.header, heap_made.bytes, sizeof heap_made.bytes);
    FUZZ_CHECK(heap_begin(input, sizeof input));
    return &captured_heap.result;
}

static uint32_t with(uint32_t flags)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < captured_heap.objects.count; i++)
        n += (((sf_heap_object *)sf_table_at(&captured_heap.objects, i))->flags & flags) == flags;
    return n;
}

/* A valid heap, with any split and during any work of the collector: objects without waiters are seen but not copied. */
static void is_whole(void (*damage)(made *))
{
    const sf_heap *result = taken(damage);
    const sf_running *running = (const sf_running *)captured_heap.running.base;
    FUZZ_CHECK(result->status == SF_HEAP_WALKED && result->flags == 0 && result->seen_objects == 29 && result->method_count == 7);
    FUZZ_CHECK(captured_heap.objects.count == 23 && with(SF_HEAP_OBJECT_METHOD) == 5 && with(SF_HEAP_OBJECT_SUSPENDED) == 2);
    FUZZ_CHECK(with(SF_HEAP_OBJECT_CONTINUATION) == 4 && with(SF_HEAP_OBJECT_ARRAY) == 1 && with(SF_HEAP_OBJECT_TRUNCATED) == 0);
    FUZZ_CHECK(with(SF_HEAP_OBJECT_DETAIL) == 2 && with(SF_HEAP_OBJECT_DETAIL | SF_HEAP_OBJECT_SOURCE) == 1 && with(SF_HEAP_OBJECT_TEXT) == 2);
    FUZZ_CHECK(captured_heap.suspensions.count == 2 && captured_heap.running.count == 3);
    for (uint32_t i = 0; i < 3; i++) /* two state machines, and one function that runs suspended methods */
        FUZZ_CHECK(running[i].frame == i && (running[i].next != 0) == (i == 2));
    heap_end();
}

static void says(void (*damage)(made *), uint32_t flags, uint32_t least, uint32_t most)
{
    const sf_heap *result = taken(damage);
    FUZZ_CHECK(result->status == SF_HEAP_WALKED && result->flags == flags);
    FUZZ_CHECK(captured_heap.objects.count >= least && captured_heap.objects.count <= most);
    heap_end();
}

/* A text that is not one is left out, and nothing else is. */
static void has_texts(void (*damage)(made *), uint32_t texts, uint32_t truncated)
{
    const sf_heap *result = taken(damage);
    FUZZ_CHECK(result->status == SF_HEAP_WALKED && result->flags == 0 && with(SF_HEAP_OBJECT_DETAIL) == 2);
    FUZZ_CHECK(with(SF_HEAP_OBJECT_TEXT) == texts && with(SF_HEAP_OBJECT_TEXT | SF_HEAP_OBJECT_TRUNCATED) == truncated);
    heap_end();
}

static void text_nowhere(made *m) { put(m, m->socket + DETAIL_TEXT, 0x123456789000); }
static void text_of_another_type(made *m) { put_place(m, m->socket + DETAIL_TEXT, m->box); }
static void text_of_bytes(made *m) { put_place(m, m->socket + DETAIL_TEXT, m->array); }
static void same_text_twice(made *m) { memcpy(m->bytes + m->socket + DETAIL_OTHER_TEXT, m->bytes + m->socket + DETAIL_TEXT, 8); }
static void text_of(made *m, uint32_t characters) { put_place(m, m->socket + DETAIL_TEXT, put_array(m, MADE_STRING, 22, 300, 2)), put_half(m, m->last_object + STRING_LENGTH, characters); }
static void long_text(made *m) { text_of(m, 300); }
static void endless_text(made *m) { text_of(m, 0xFFFFFFFF); }
static void no_text(made *m) { text_of(m, 0); }

/* Between requests, and without an async method that refers to it, the object of a connection is not copied. */
static void idle(made *m) { put_half(m, m->request + DETAIL_IN_USE, 0), put(m, m->waits + TASK_END + 8, 0); }

static void leaves_out_what_is_idle(void)
{
    taken(idle);
    FUZZ_CHECK(with(SF_HEAP_OBJECT_DETAIL) == 0 && with(SF_HEAP_OBJECT_TEXT) == 0);
    heap_end();
}

static void server_swept(made *m) { serve(m), sweep(m); }

/* A method with this many references in total. */
static void with_references(made *m, uint32_t count)
{
    uint32_t bytes = 16 + count * 8, type = m->top = (m->top + TYPE_REFERENCES + 63) & ~63u;
    memcpy(m->bytes + type, m->bytes + MADE_AT(MADE_BOX), TYPE_ARGUMENT);
    put_half(m, type + TYPE_SIZE, bytes);
    put(m, type - 8, 1);
    put(m, type - 24, count * 8ull - bytes);
    put(m, type - 16, 8);
    m->top += 128;
    uint32_t at = room(m, bytes);
    put_place(m, at, type);
    put_segment(m, m->segment[1], at, m->top, 0);
    FUZZ_CHECK(m->top + 64 < HEAP_MEMORY);
}

static void as_many_as_fit(made *m) { with_references(m, 2048); }
static void one_too_many(made *m) { with_references(m, 2049); }

int main(void)
{
    is_whole(nothing);
    is_whole(serve);
    is_whole(sweep);
    is_whole(server_swept);
    has_texts(nothing, 2, 0);
    has_texts(text_nowhere, 1, 0);
    has_texts(text_of_another_type, 1, 0);
    has_texts(text_of_bytes, 1, 0);
    has_texts(same_text_twice, 1, 0);
    has_texts(long_text, 2, 1);
    has_texts(endless_text, 2, 1);
    has_texts(no_text, 2, 0);
    leaves_out_what_is_idle();
    says(only_counted, 0, 0, 0);
    says(few_objects, SF_HEAP_OBJECTS_TRUNCATED, 3, 3);
    says(few_bytes, SF_HEAP_BYTES_TRUNCATED, 1, 3);
    says(no_time, SF_HEAP_TIME_TRUNCATED, 0, 0);
    says(old_continuations, SF_HEAP_UNREADABLE, 1, 18);
    void (*const lost[])(made *) = { circle_of_regions, circle_of_types, circle_of_threads, huge_array, huge_type, empty_type, hole,
        regions_of_nothing, region_without_end, regions_overlap, context_wraps, narrow_tasks, short_objects };
    for (size_t i = 0; i < sizeof lost / sizeof *lost; i++)
        says(lost[i], SF_HEAP_PART_LOST, 0, 23);
    says(as_many_as_fit, 0, 10, 23);
    says(one_too_many, SF_HEAP_REFERENCES_TRUNCATED, 10, 23);
    return 0;
}
