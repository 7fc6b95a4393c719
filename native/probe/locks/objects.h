/* What threads wait for besides locks. */
#ifndef STACKFLARE_OBJECTS_H
#define STACKFLARE_OBJECTS_H

#include "walk/capture.h"

void objects_open(void); /* before the pause */
void objects_name(capture *c); /* after resolve */

/* What the parts of finding them share. */
enum {
    MAX_OBJECTS = 1 << 14,
    MAX_REFERENCES = 1 << 15,
    MAX_WAITING_WORDS = 1 << 16,
    OBJECT_WORDS_READ = 10, /* the type is the first */
    VERDICTS = 256,
    MAX_CONTINUATIONS = 1 << 10, /* of a task, that are looked at */
    MAX_LISTS = 256,             /* of continuations, that are read */
    MAX_READERS = 1 << 12,

    /* Kinds of objects that are not sent: a Thread; what is of a type that is not of CoreLib, until its name is known. */
    KIND_THREAD = 0x100,
    KIND_UNNAMED = 0x101,
};

/* A word that may be a reference, where a thread waits. */
typedef struct waiting_word {
    uintptr_t at, word;
    uint32_t thread, pad;
} waiting_word;

typedef struct object_work {
    uintptr_t class;
    uintptr_t words[OBJECT_WORDS_READ];
    uint32_t index; /* in the end; SF_NONE */
    bool read;
} object_work;

/* What objects of a type are; the batch in which that was asked for last. */
typedef struct verdict {
    uintptr_t type;
    uint32_t kind, batch;
} verdict;

/* What was found on the way, in each capture anew: captures never overlap. */
typedef struct known_objects {
    verdict verdicts[VERDICTS]; /* on types that were met, each at the place that its address gives it */
    uint32_t batches;
    struct { sf_read_item items[SF_READ_MANY]; uintptr_t parents[SF_READ_MANY]; uint16_t of[SF_READ_MANY]; } way; /* up from the types of a batch */
    /* The list of continuations that was read last, and how many were: of many threads that wait for tasks, most wait for the same. */
    uintptr_t list, continuations[MAX_CONTINUATIONS];
    uint32_t continuation_count, lists_read;
    struct { uint32_t thread, object; } readers[MAX_READERS]; /* of locks */
    uint32_t reader_count;
    uint32_t threading_module, modules_seen; /* index of System.Threading.dll */
} known_objects;
extern known_objects known;

/* Sets the part of a thread's stack in which what it waits for must be. */
void find_waiting_part(capture *c, uint32_t thread);

/* A word of that part; false when there is no more room for it. */
bool add_waiting_word(capture *c, uint32_t thread, uintptr_t at, uintptr_t word);

/* Objects that such words lead to, which may be old ones; up to SF_READ_MANY. */
typedef struct waited_object {
    uintptr_t address, type;
    uintptr_t base; /* how far the way up from the type has come; 0: there is no way */
    uint32_t kind;
    bool asks; /* for the kind of the type */
} waited_object;
void add_waited_objects(capture *c, waited_object *objects, uint32_t count);

/* references.c, after all stacks: which threads refer to which of the objects, and what the objects say. */
void find_references(capture *c);

/* joins.c: the threads that wait for another's end. */
void find_joins(capture *c);
void find_event_joins(capture *c); /* join_events.c: as find_joins, where they wait for an event that the other has */
uint32_t wait_from(const capture *c, uint32_t wait, uint32_t thread); /* the index of the first wait from there on that is of no thread before */
void add_join(capture *c, uint32_t wait, uint32_t thread, uint32_t other); /* unless the thread has a wait there */

#endif
