/* What threads wait for other than locks. */
#ifndef STACKFLARE_OBJECTS_H
#define STACKFLARE_OBJECTS_H

#include "walk/capture.h"

void objects_open(void); /* before the pause */
void objects_name(capture *c); /* after resolve */

/* Shared by the parts. */
enum {
    MAX_OBJECTS = 1 << 14,
    MAX_REFERENCES = 1 << 15,
    MAX_WAITING_WORDS = 1 << 16,
    OBJECT_WORDS_READ = 10, /* the first word is the type */
    VERDICTS = 256,
    MAX_CONTINUATIONS = 1 << 10, /* of a task */
    MAX_LISTS = 256,             /* of continuations */
    MAX_OTHERS = 1 << 12,

    /* Kinds that are not sent: a Thread; a type outside of CoreLib, until its name is known. */
    KIND_THREAD = 0x100,
    KIND_UNNAMED = 0x101,
};

/* A word that may be a reference, in the waiting part of a stack. */
typedef struct waiting_word {
    uintptr_t at, word;
    uint32_t thread, pad;
} waiting_word;

typedef struct object_work {
    uintptr_t class;
    uintptr_t words[OBJECT_WORDS_READ];
    uint32_t index; /* the final index; SF_NONE */
    bool read;
} object_work;

/* The kind of a type, and the batch that last looked it up. */
typedef struct verdict {
    uintptr_t type;
    uint32_t kind, batch;
} verdict;

/* Intermediate data of one capture; captures never overlap. */
typedef struct known_objects {
    verdict verdicts[VERDICTS]; /* a hash table by type address */
    uint32_t batches;
    struct { sf_read_item items[SF_READ_MANY]; uintptr_t parents[SF_READ_MANY]; uint16_t of[SF_READ_MANY]; } way; /* the base types of a batch */
    /* The last list of continuations that was read, and their number: of many threads that wait for tasks, most wait for the same task. */
    uintptr_t list, continuations[MAX_CONTINUATIONS];
    uint32_t continuation_count, lists_read;
    struct { uint32_t thread, object, flags; } others[MAX_OTHERS]; /* references without a frame: to locks that a thread has entered for reading, to the task that it runs */
    uint32_t other_count;
    uint32_t threading_module, modules_seen; /* index of System.Threading.dll */
} known_objects;
extern known_objects known;

/* Sets the part of a thread's stack that must refer to what it waits for. */
void find_waiting_part(capture *c, uint32_t thread);

/* Adds a word of that part; false if there is no room. */
bool add_waiting_word(capture *c, uint32_t thread, uintptr_t at, uintptr_t word);

/* The targets of such words, which may be stale; up to SF_READ_MANY. */
typedef struct waited_object {
    uintptr_t address, type;
    uintptr_t base; /* the current base type of the search; 0: end */
    uint32_t kind;
    bool asks; /* its type must be looked up */
} waited_object;
void add_waited_objects(capture *c, waited_object *objects, uint32_t count);

/* references.c, after all stacks: which threads refer to which of the objects, and the objects' fields. */
void find_references(capture *c);

/* joins.c: threads that wait for another thread's end. */
void find_joins(capture *c);
void find_event_joins(capture *c); /* join_events.c: the same, if they wait for an event in the other Thread */
void find_waited_handles(capture *c); /* join_events.c */
uint32_t wait_from(const capture *c, uint32_t wait, uint32_t thread); /* the index of the first wait from this one on that belongs to this thread or a later one */
void add_join(capture *c, uint32_t wait, uint32_t thread, uint32_t other); /* unless the thread already has a wait there */

#endif
