/* Which threads refer to which objects where they wait, the objects' own fields, and what these prove. */
#include "locks/objects.h"
#include "locks/locks.h"

enum {
    MOST_OF_THREAD = 512, /* references that are searched for a proof */
    MAX_ENTRIES = 1024, ENTRY_WORDS = 5, /* of a thread's list of the locks that it has entered */
    LOOK_AT_CLOCK_ENTRIES = 64,
    MAX_READ = 64, /* locks whose readers are searched */
};

/* Keeps the order of threads, frames, objects. Most references arrive in that order. */
static void add_reference(capture *c, sf_reference added)
{
    uint32_t at = c->references.count;
    while (at > 0) {
        sf_reference *before = sf_table_at(&c->references, at - 1);
        bool same = before->thread == added.thread && before->frame == added.frame;
        if (same && before->object == added.object) {
            before->flags |= added.flags;
            return;
        }
        if (before->thread < added.thread || (before->thread == added.thread && before->frame < added.frame) || (same && before->object < added.object))
            break;
        at--;
    }
    if (sf_table_add(&c->references) == SF_NONE) {
        c->result.flags |= SF_INFO_LOCKS_TRUNCATED;
        return;
    }
    sf_reference *place = sf_table_at(&c->references, at);
    memmove(place + 1, place, (c->references.count - 1 - at) * sizeof *place);
    *place = added;
}

static uint32_t first_managed(const capture *c, const sf_thread *thread)
{
    for (uint32_t i = 0; i < thread->frame_count; i++)
        if (frame_at(c, thread, i)->sp != 0)
            return i;
    return SF_NONE;
}

static uintptr_t word_at(const object_work *work, uint32_t offset)
{
    uintptr_t value = 0;
    if (work->read && offset + sizeof value <= sizeof work->words)
        memcpy(&value, (const uint8_t *)work->words + offset, sizeof value);
    return value;
}

static void read_fields(capture *c)
{
    sf_read_item items[SF_READ_MANY];
    for (uint32_t first = 0; first < c->objects.count; first += SF_READ_MANY) {
        uint32_t count = c->objects.count - first < SF_READ_MANY ? c->objects.count - first : SF_READ_MANY;
        for (uint32_t i = 0; i < count; i++) {
            const sf_object *o = sf_table_at(&c->objects, first + i);
            object_work *work = sf_table_at(&c->object_work, first + i);
            bool wanted = o->kind != SF_OBJECT_WAIT_HANDLE && o->kind != KIND_THREAD;
            items[i] = (sf_read_item){ wanted ? o->address : 0, work->words, sizeof work->words, false };
        }
        sf_read_many(items, count);
        for (uint32_t i = 0; i < count; i++)
            ((object_work *)sf_table_at(&c->object_work, first + i))->read = items[i].ok;
    }
}

/* Reads the counts and owners in the objects. */
static void take_fields(capture *c)
{
    const layout *k = &c->runtime.layout;
    for (uint32_t i = 0; i < c->objects.count; i++) {
        sf_object *o = sf_table_at(&c->objects, i);
        const object_work *work = sf_table_at(&c->object_work, i);
        if (o->kind == SF_OBJECT_SEMAPHORE_SLIM && work->read && layout_knows(k, LAYOUT_SEMAPHORES))
            o->count = (int32_t)word_at(work, k->semaphore.count);
        if (o->kind == SF_OBJECT_READER_WRITER_LOCK_SLIM && work->read && layout_knows(k, LAYOUT_RW_LOCKS)) {
            uint32_t state = (uint32_t)word_at(work, k->rw_lock.state);
            o->count = state & k->rw_lock.has_writer ? 0 : (int32_t)(state & k->rw_lock.readers);
            o->owner = thread_by_id(c, (uint32_t)word_at(work, k->rw_lock.writer));
            o->upgrader = thread_by_id(c, (uint32_t)word_at(work, k->rw_lock.upgrader));
        }
    }
}

/* Reads a task's continuations if they are a list. An array begins with its type and its length. */
static void read_continuations(const layout *k, uintptr_t list)
{
    object_work work = { .read = true };
    known.list = list;
    known.continuation_count = 0;
    if (known.lists_read++ >= MAX_LISTS || !sf_read((void *)list, work.words, 4 * sizeof *work.words))
        return;
    uintptr_t array = word_at(&work, k->list.items);
    uint32_t count = (uint32_t)word_at(&work, k->list.size);
    count = count < MAX_CONTINUATIONS ? count : MAX_CONTINUATIONS;
    if (plausible(array) && sf_read((void *)(array + k->array.items), known.continuations, count * sizeof array))
        known.continuation_count = count;
}

static bool in_list(const layout *k, const object_work *task, uintptr_t wanted)
{
    uintptr_t list = word_at(task, k->task.continuation);
    if (!layout_knows(k, LAYOUT_LISTS) || !plausible(list))
        return false;
    if (list != known.list)
        read_continuations(k, list);
    for (uint32_t i = 0; i < known.continuation_count; i++)
        if (known.continuations[i] == wanted)
            return true;
    return false;
}

/* Whether an object waits with that monitor, or with an event that does. */
static bool is_proof(const layout *k, const sf_object *o, const object_work *work, uintptr_t monitor, uintptr_t event)
{
    switch (o->kind) {
    case SF_OBJECT_SEMAPHORE_SLIM:
        return layout_knows(k, LAYOUT_SEMAPHORES) && monitor != 0 && word_at(work, k->semaphore.lock) == monitor;
    case SF_OBJECT_EVENT_SLIM:
        return layout_knows(k, LAYOUT_EVENTS) && monitor != 0 && word_at(work, k->event.lock) == monitor;
    case SF_OBJECT_TASK:
        return layout_knows(k, LAYOUT_TASKS) && event != 0 && (word_at(work, k->task.continuation) == event || in_list(k, work, event));
    case KIND_UNNAMED:
        for (uint32_t i = 1; event != 0 && i < OBJECT_WORDS_READ; i++)
            if (word_at(work, i * sizeof event) == event)
                return true;
    }
    return false;
}

/* An earlier reference of the same thread to the same object. */
static const sf_reference *same_before(const capture *c, uint32_t first, uint32_t i)
{
    const sf_reference *r = sf_table_at(&c->references, i);
    for (; first < i; first++) {
        const sf_reference *before = sf_table_at(&c->references, first);
        if (before->object == r->object)
            return before;
    }
    return NULL;
}

static void prove(capture *c)
{
    uint32_t wait = 0, end;
    for (uint32_t first = 0; first < c->references.count; first = end) {
        uint32_t thread = ((sf_reference *)sf_table_at(&c->references, first))->thread;
        uintptr_t monitor = 0, event = 0;
        for (end = first; end < c->references.count && ((sf_reference *)sf_table_at(&c->references, end))->thread == thread; end++)
            ;
        while (wait < c->waits.count && ((sf_wait *)sf_table_at(&c->waits, wait))->thread < thread)
            wait++;
        const sf_wait *w = wait < c->waits.count ? sf_table_at(&c->waits, wait) : NULL;
        if (end - first > MOST_OF_THREAD || is_late(c)) {
            c->result.flags |= SF_INFO_LOCKS_TRUNCATED;
            continue;
        }
        if (!w || w->thread != thread || w->kind != SF_WAIT_MONITOR_WAIT)
            continue;
        monitor = ((sf_lock *)sf_table_at(&c->locks, w->lock))->object;
        for (int round = 0; round < 2; round++)
            for (uint32_t i = first; i < end; i++) {
                sf_reference *r = sf_table_at(&c->references, i);
                const sf_object *o = sf_table_at(&c->objects, r->object);
                const sf_reference *same = same_before(c, first, i);
                if (same)
                    r->flags |= same->flags;
                if (same || r->flags & SF_REFERENCE_PROVEN || !is_proof(&c->runtime.layout, o, sf_table_at(&c->object_work, r->object), monitor, event))
                    continue;
                r->flags |= SF_REFERENCE_PROVEN;
                if (o->kind == SF_OBJECT_EVENT_SLIM)
                    event = o->address;
            }
    }
}

/* Inserted into the sorted references when the program runs again. */
static void add_other(capture *c, uint32_t thread, uint32_t object, uint32_t flags)
{
    if (known.other_count == MAX_OTHERS) {
        c->result.flags |= SF_INFO_LOCKS_TRUNCATED;
        return;
    }
    known.others[known.other_count].thread = thread;
    known.others[known.other_count].object = object;
    known.others[known.other_count++].flags = flags;
}

/* The readers of a ReaderWriterLockSlim. The lock has only the number of its readers. Each thread counts how often it has entered which lock, in its
 * own list, which a thread static refers to. A reader that is not found would be taken for a thread that has ended, so what is left out is always said. */
static void add_readers(capture *c, uint32_t thread, uintptr_t entry, const uint32_t *locks, uint32_t count)
{
    const layout *k = &c->runtime.layout;
    uintptr_t next;
    for (int i = 0; entry != 0; i++, entry = next) {
        object_work counts = { .read = true };
        if (i == MAX_ENTRIES || (i % LOOK_AT_CLOCK_ENTRIES == LOOK_AT_CLOCK_ENTRIES - 1 && is_late(c)) || !plausible(entry)
            || !sf_read((void *)entry, counts.words, ENTRY_WORDS * sizeof next) || type_of(counts.words[0]) != core_class_of(&c->runtime, CORE_RW_COUNTS)) {
            c->result.flags |= SF_INFO_LOCKS_TRUNCATED;
            return;
        }
        next = word_at(&counts, k->rw_counts.next);
        uintptr_t id = word_at(&counts, k->rw_counts.lock);
        bool reads = (uint32_t)word_at(&counts, k->rw_counts.reads) != 0;
        for (uint32_t l = 0; reads && l < count; l++)
            if (word_at(sf_table_at(&c->object_work, locks[l]), k->rw_lock.id) == id)
                add_other(c, thread, locks[l], SF_REFERENCE_HOLDS_READ);
    }
}

static void find_readers(capture *c)
{
    const layout *k = &c->runtime.layout;
    uint32_t locks[MAX_READ], count = 0;
    for (uint32_t i = 0; i < c->objects.count && layout_knows(k, LAYOUT_RW_LOCKS) && layout_knows(k, LAYOUT_RW_READERS); i++) {
        const sf_object *o = sf_table_at(&c->objects, i);
        if (o->kind != SF_OBJECT_READER_WRITER_LOCK_SLIM || o->count <= 0)
            continue;
        if (count == MAX_READ) {
            c->result.flags |= SF_INFO_LOCKS_TRUNCATED;
            break;
        }
        locks[count++] = i;
    }
    for (uint32_t i = 0; i < c->threads.count && count > 0; i++) {
        if (is_late(c)) {
            c->result.flags |= SF_INFO_LOCKS_TRUNCATED;
            return;
        }
        void *place = NULL;
        uintptr_t entry;
        if (!FAILED(info_thread_static(c->runtime.info, core_class_of(&c->runtime, CORE_RW_LOCK), k->rw_lock.lists, c->runtime.layout.app_domain,
                ((sf_thread *)sf_table_at(&c->threads, i))->thread_id, &place))
            && place && sf_read_pointer((uintptr_t)place, &entry))
            add_readers(c, i, entry, locks, count);
    }
}

/* The tasks that threads run, if a thread waits for a task: it may be one of these, or one that needs one of these. */
static void find_running_tasks(capture *c)
{
    const layout *k = &c->runtime.layout;
    bool wanted = false;
    for (uint32_t i = 0; i < c->objects.count && !wanted; i++)
        wanted = ((sf_object *)sf_table_at(&c->objects, i))->kind == SF_OBJECT_TASK;
    for (uint32_t i = 0; i < c->threads.count && wanted && layout_knows(k, LAYOUT_RUNNING_TASKS); i++) {
        if (is_late(c)) {
            c->result.flags |= SF_INFO_LOCKS_TRUNCATED;
            return;
        }
        void *place = NULL;
        uintptr_t task, word;
        if (FAILED(info_thread_static(c->runtime.info, core_class_of(&c->runtime, CORE_TASK), k->task.current, k->app_domain,
                ((sf_thread *)sf_table_at(&c->threads, i))->thread_id, &place))
            || !place || !sf_read_pointer((uintptr_t)place, &task) || !plausible(task) || !sf_read_pointer(task, &word))
            continue;
        waited_object object = { .address = task, .type = type_of(word) };
        add_waited_objects(c, &object, 1);
        uint32_t index = sf_index_get(&c->object_index, task);
        if (index == SF_NONE || ((sf_object *)sf_table_at(&c->objects, index))->kind != SF_OBJECT_TASK)
            continue;
        add_other(c, i, index, SF_REFERENCE_RUNS);
        /* A WhenAll or a WaitAll, if a thread waits for it. */
        if (layout_knows(k, LAYOUT_TASKS) && sf_read_pointer(task + k->task.continuation, &word) && (index = sf_index_get(&c->object_index, word)) != SF_NONE
            && word != task)
            add_other(c, i, index, SF_REFERENCE_RUNS);
    }
}

void find_references(capture *c)
{
    enum { LOOK_AT_CLOCK = 256 };
    for (uint32_t i = 0; i < c->waiting_words.count; i++) {
        if (i % LOOK_AT_CLOCK == 0 && is_late(c)) {
            c->result.flags |= SF_INFO_LOCKS_TRUNCATED;
            break;
        }
        const waiting_word *w = sf_table_at(&c->waiting_words, i);
        uint32_t object = sf_index_get(&c->object_index, w->word);
        if (object == SF_NONE)
            continue;
        const sf_thread *thread = sf_table_at(&c->threads, w->thread);
        uint32_t frame = frame_of_address(c, thread, w->at);
        add_reference(c, (sf_reference){ w->thread, frame != SF_NONE ? frame : first_managed(c, thread), object, 0 });
    }
    read_fields(c);
    take_fields(c);
    prove(c);
    if (layout_knows(&c->runtime.layout, LAYOUT_MANAGED_MONITORS))
        find_event_joins(c);
    else
        find_joins(c);
    find_waited_handles(c);
    find_readers(c);
    find_running_tasks(c);
}

/* Names CountdownEvent and Barrier: their module's metadata is not read during the pause. */
static void name_others(capture *c)
{
    core_lib threading;
    core_field count = { .name = "_currentCount" };
    if (known.threading_module == SF_NONE
        || !module_open(&c->runtime.layout, c->runtime.info, ((sf_module *)sf_table_at(&c->modules, known.threading_module))->module_id, &threading))
        return;
    for (uint32_t i = 0; i < c->objects.count; i++) {
        sf_object *o = sf_table_at(&c->objects, i);
        const object_work *work = sf_table_at(&c->object_work, i);
        if (o->kind != KIND_UNNAMED || o->type == SF_NONE)
            continue;
        core_type type = { .token = ((sf_type *)sf_table_at(&c->types, o->type))->token, .class = work->class };
        if (core_is_type(&threading, type.token, "System.Threading", "Barrier"))
            o->kind = SF_OBJECT_BARRIER;
        if (!core_is_type(&threading, type.token, "System.Threading", "CountdownEvent"))
            continue;
        o->kind = SF_OBJECT_COUNTDOWN_EVENT;
        if (work->read && core_find_field(&threading, &type, &count))
            o->count = (int32_t)word_at(work, count.offset);
    }
}

/* After the pause: removes objects without a kind, and references from frames that did not fit into the snapshot. */
void objects_name(capture *c)
{
    uint32_t objects = 0, references = 0;
    name_others(c);
    for (uint32_t i = 0; i < known.other_count; i++)
        add_reference(c, (sf_reference){ known.others[i].thread, SF_NONE, known.others[i].object, known.others[i].flags });
    for (uint32_t i = 0; i < c->objects.count; i++) {
        const sf_object *o = sf_table_at(&c->objects, i);
        bool kept = o->kind < KIND_THREAD;
        ((object_work *)sf_table_at(&c->object_work, i))->index = kept ? objects : SF_NONE;
        if (kept)
            *(sf_object *)sf_table_at(&c->objects, objects++) = *o;
    }
    for (uint32_t i = 0; i < c->references.count; i++) {
        sf_reference r = *(sf_reference *)sf_table_at(&c->references, i);
        r.object = ((object_work *)sf_table_at(&c->object_work, r.object))->index;
        if (r.object != SF_NONE && (r.frame == SF_NONE || r.frame < ((sf_thread *)sf_table_at(&c->threads, r.thread))->frame_count))
            *(sf_reference *)sf_table_at(&c->references, references++) = r;
    }
    c->objects.count = objects;
    c->references.count = references;
}
