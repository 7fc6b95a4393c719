/* The walk of one stack, and the frames that the runtime leaves out of it. */
#ifndef STACKFLARE_WALK_H
#define STACKFLARE_WALK_H

#include "walk/capture.h"

typedef struct walk_state {
    capture *c;
    sf_thread *thread;
    uint32_t limit, in_batch;
    uint32_t look_at_clock;  /* the number of frames after which the clock is read next */
    uintptr_t stack_end;
    uintptr_t frame_pointer; /* of the last managed frame; 0: not known */
    uintptr_t next_object;   /* the address of the runtime's next frame object on the stack */
    bool is_inside;          /* there was a managed frame */
    bool is_native;          /* the last frame was native */
} walk_state;

typedef struct walked_frame { clr_id function; uintptr_t ip, sp, fp; } walked_frame;

/* left_out.c: adds the frames between a managed frame and the last one before it, or the place of the thread. */
typedef struct left_out {
    uint64_t handler; /* the return address in a catch or finally block of the managed frame's method; 0: none */
    bool is_call;     /* that method is a P/Invoke with managed code, which called native code there */
} left_out;
left_out add_left_out(walk_state *walk, const walked_frame *outer, uintptr_t inner_fp);

/* calls.c: calls of native code, from the runtime's frame objects on a thread's stack. Before one is used, the walk must confirm that the code at the
 * return address made it. */
typedef struct native_call {
    uint64_t address;    /* the return address; 0: the object is not one of a call, or the call has ended */
    uintptr_t sp, fp;    /* of the code there */
    uintptr_t target;
} native_call;
void calls_begin(void);
native_call innermost_call(const capture *c, uint32_t in_batch, uintptr_t *next); /* of a thread of the batch; next: the address of the next object */
bool next_call(const capture *c, uintptr_t *next, uintptr_t end, native_call *call); /* false: there is no further object before `end` */
bool is_native_method(const capture *c, clr_id method); /* whether it is a P/Invoke, and not CoreLib's */
clr_id method_of_call(const capture *c, const native_call *call); /* its P/Invoke; 0: it has none, or it is CoreLib's */

/* threads.c: where a thread of the batch was stopped in managed code, or called a method that the runtime first has to compile; false if it is elsewhere, or
 * if that is not known. */
typedef struct stopped_place {
    uintptr_t ip, fp;
    bool exact; /* ip is the next instruction; otherwise, the return address of a call that has just ended or begun */
} stopped_place;
bool stopped_place_of(const capture *c, uint32_t in_batch, stopped_place *place);

#endif
