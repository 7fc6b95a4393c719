/* An artificial managed heap: the target heap.c maps it into memory, and heap_make.c writes it to the corpus.
 *
 * An input is a heap_header and then the memory. The address of the mapping is not known beforehand, so a word whose upper half is HEAP_TAG means:
 * the address at the offset in its lower half. The layout is fixed and specific to the target: a few variables at fixed offsets, and MethodTables as
 * far as the probe reads them. */
#ifndef STACKFLARE_HEAP_IMAGE_H
#define STACKFLARE_HEAP_IMAGE_H

#include <stdint.h>

enum { HEAP_PAGE = 4096, HEAP_PAGES = 8, HEAP_MEMORY = HEAP_PAGES * HEAP_PAGE, HEAP_TAG = 0x0A0E0A0E, HEAP_CHANGES = 4 };
#define HEAP_AT(offset) ((uint64_t)HEAP_TAG << 32 | (uint32_t)(offset))

enum heap_options {
    HEAP_SERVER = 1,     /* the collector has several heaps */
    HEAP_NO_CONTINUATIONS = 4, /* a runtime that does not record the methods of continuations */
};

/* After this many reads, a word changes or a page disappears. */
typedef struct heap_change { uint16_t after, page_gone; uint32_t at; uint64_t value; } heap_change;

typedef struct heap_header {
    uint16_t options, holes; /* holes: unmapped pages, one bit each */
    uint16_t max_objects, max_copied; /* of the request; in units of 256 bytes */
    uint32_t limit_us, padding;
    heap_change changes[HEAP_CHANGES];
} heap_header;

/* Variables of the runtime and of the collector. */
enum heap_place {
    PLACE_STATE = 0x00, PLACE_LAST = 0x08, PLACE_ALLOCATED = 0x10, PLACE_COUNT = 0x18, PLACE_HEAPS = 0x20, /* pointers to heaps, as many as there are */
    PLACE_FIRST_THREAD = 0x40, PLACE_CONTEXT = 0x48, PLACE_DISPATCHER = 0x60, PLACE_GENERATIONS = 0x80,
    PLACE_HEAP = 2 * HEAP_PAGE, /* from here to the end, the collector may release pages */
    PLACE_FRAMES = 0x180, /* of the only thread, innermost first: the start of its part of the stack, and its function; then the end of the last part */
    PLACE_MODULE = 0x1F0, /* CoreLib's */
    PLACE_TYPES = 0x200,  /* MethodTables of its types */
};
enum { STATE_MARKING = 0, STATE_SWEEPING = 1, STATE_IDLE = 2, HEAP_FRAMES = 4, GENERATION_BYTES = 32, GENERATIONS = 5 };

/* Offsets in a MethodTable. The data before it describes the references of its objects. */
enum { TYPE_FLAGS = 0, TYPE_SIZE = 4, TYPE_FLAGS2 = 8, TYPE_INTERFACE_COUNT = 14, TYPE_PARENT = 16, TYPE_MODULE = 24, TYPE_CLASS = 40, TYPE_ELEMENT = 48,
       TYPE_INTERFACES = 56, TYPE_ARGUMENT = 64, TYPE_FIELDS = 72, TYPE_STRIDE = 0xA0, TYPE_REFERENCES = 0x40, /* space for those */
       FLAG_REFERENCES = 0x01000000, FLAG_KIND = 0x000C0000, FLAG_STRUCT = 0x00040000, TOKEN_SHIFT = 8 };
#define FLAG_COUNTS 0x80000000u

/* The types at fixed offsets. */
enum { MADE_OBJECT, MADE_ARRAY, MADE_FREE, MADE_OBJECT_ARRAY, MADE_TASK, MADE_RESULT, MADE_DISPOSABLE, MADE_CONTINUATION, MADE_DISPATCHER, MADE_STRING, MADE_REQUEST, MADE_SOCKET,
       MADE_TYPES };
#define MADE_AT(i) (PLACE_TYPES + TYPE_REFERENCES + (i) * TYPE_STRIDE)

/* Offsets in a heap_segment of the collector, in one of its heaps, in a thread, and in objects. */
enum { SEGMENT_ALLOCATED = 0, SEGMENT_COMMITTED = 8, SEGMENT_MEMORY = 16, SEGMENT_NEXT = 24, SERVER_LAST = 0, SERVER_ALLOCATED = 8, SERVER_GENERATIONS = 16,
       THREAD_LINK = 0, THREAD_LOCALS = 8, LOCALS_CONTEXT = 0, ALLOCATION_RESERVE = 24,
       ARRAY_LENGTH = 8, ARRAY_ITEMS = 16,
       TASK_ACTION = 8, TASK_OBJECT = 16, TASK_SCHEDULER = 24, TASK_CONTINUATION = 32, TASK_PROPERTIES = 40, TASK_STATE = 52 /* a half */, TASK_END = 56, TASK_BYTES = 64, /* with the header */
       TASK_COMPLETED = 0x01600000, SEMAPHORE_HEAD = 8, CONTINUATION_NEXT = 8, CONTINUATION_RESUME_INFO = 16, RESUME_INFO_PLACE = 8,
       DETAIL_LINK = 8, DETAIL_TEXT = 16, DETAIL_OTHER_TEXT = 24, DETAIL_IN_USE = 32, STRING_LENGTH = 8, STRING_CHARS = 12,
       DISPATCHER_NEXT = 0, DISPATCHER_CONTINUATION = 8, DISPATCHER_TASK = 16 };

#endif
