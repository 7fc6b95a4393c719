/* See layout.h. A number here was tried on each version that its row names; a new version is added after all that hangs on it was tried. */
#include "runtime/layout_table.h"

#define AT(member) offsetof(layout, member)
#define CONTRACT(group, member, type, name) { group, FIELD, 0, AT(member), 0, 0, type, name, 0 }
#define GLOBAL(group, source, member, name) { group, source, 0, AT(member), 0, 0, NULL, name, 0 }
#define SEEN(group, member, from, to, number) { group, TRIED, 0, AT(member), from, to, NULL, NULL, number }
#define CORE(group, member, class, name) { group, CORE_OFFSET, class, AT(member), 0, 0, NULL, name, 0 }
#define OF_CLASS(group, source, member, class, name) { group, source, class, AT(member), 0, 0, NULL, name, 0 }
#define NAMED(group, class) { group, CORE_NAMED, class, 0, 0, 0, NULL, NULL, 0 }

/* Rows of one place that follow each other are alternatives: the first that is there counts. */
const layout_row layout_rows[] = {
    CONTRACT(LAYOUT_THREADS, thread.id, "Thread", "Id"),
    CONTRACT(LAYOUT_THREADS, thread.os_id, "Thread", "OSId"),
    CONTRACT(LAYOUT_THREADS, thread.state, "Thread", "State"),
    CONTRACT(LAYOUT_THREADS, thread.object, "Thread", "ExposedObject"), /* .NET 11 */
    CONTRACT(LAYOUT_THREADS, thread.object, "Thread", "GCHandle"),
    CONTRACT(LAYOUT_THREADS, thread.frame, "Thread", "Frame"),
    SEEN(LAYOUT_THREADS, thread.unstarted, 8, 11, 0x00000400),
    SEEN(LAYOUT_THREADS, thread.dead, 8, 11, 0x00000800),
    SEEN(LAYOUT_THREADS, thread.waits, 8, 11, 0x02000000),

    CONTRACT(LAYOUT_STRINGS, string.length, "String", "m_StringLength"),
    CONTRACT(LAYOUT_STRINGS, string.chars, "String", "m_FirstChar"),
    GLOBAL(LAYOUT_STRINGS, VARIABLE, string.type, "StringMethodTable"),
    CONTRACT(LAYOUT_STRINGS, array.length, "Array", "m_NumComponents"),
    CONTRACT(LAYOUT_STRINGS, array.items, "Array", "!"),
    CORE(LAYOUT_NAMES, managed_thread.name, CORE_THREAD, "_name"),
    CORE(LAYOUT_NAMES, managed_thread.id, CORE_THREAD, "_managedThreadId"),

    CONTRACT(LAYOUT_EXCEPTIONS, thread.exception, "Thread", "ExceptionTracker"),
    CONTRACT(LAYOUT_EXCEPTIONS, exception.object, "ExceptionInfo", "ThrownObject"),
    SEEN(LAYOUT_EXCEPTIONS, exception.is_handle, 9, 10, 1), /* before .NET 11 the tracker has a handle of the object */
    SEEN(LAYOUT_EXCEPTIONS, exception.is_handle, 11, 11, 0),

    CONTRACT(LAYOUT_THREAD_LIST, thread.cooperative, "Thread", "PreemptiveGCDisabled"),
    CONTRACT(LAYOUT_THREAD_LIST, thread.link, "Thread", "LinkNext"),
    GLOBAL(LAYOUT_THREAD_LIST, VARIABLE, thread_list.store, "ThreadStore"),
    CONTRACT(LAYOUT_THREAD_LIST, thread_list.first, "ThreadStore", "FirstThreadLink"),

    GLOBAL(LAYOUT_STOPPED, CONSTANT, stopped[0], "ResumableFrameIdentifier"),
    GLOBAL(LAYOUT_STOPPED, CONSTANT, stopped[1], "RedirectedThreadFrameIdentifier"),
    GLOBAL(LAYOUT_STOPPED, CONSTANT, stopped[2], "HijackFrameIdentifier"),

    CONTRACT(LAYOUT_TYPES, type.size, "MethodTable", "BaseSize"),
    CONTRACT(LAYOUT_TYPES, type.parent, "MethodTable", "ParentMethodTable"),
    CONTRACT(LAYOUT_TYPES, type.module, "MethodTable", "Module"),
    CONTRACT(LAYOUT_TYPES, type.class, "MethodTable", "EEClassOrCanonMT"),
    CONTRACT(LAYOUT_TYPES, type.flags, "MethodTable", "MTFlags"),
    CONTRACT(LAYOUT_TYPES, class.type, "EEClass", "MethodTable"),
    GLOBAL(LAYOUT_TYPES, VARIABLE, type.object, "ObjectMethodTable"),
    SEEN(LAYOUT_TYPES, type.collectible, 9, 11, 0x00200000), /* of a generic type that stays, with arguments that do not, this alone */

    CONTRACT(LAYOUT_TYPE_MAP, module.types, "Module", "TypeDefToMethodTableMap"),
    CONTRACT(LAYOUT_TYPE_MAP, map.table, "ModuleLookupMap", "TableData"),
    CONTRACT(LAYOUT_TYPE_MAP, map.next, "ModuleLookupMap", "Next"),
    SEEN(LAYOUT_TYPE_MAP, map.next, 9, 9, 0),
    CONTRACT(LAYOUT_TYPE_MAP, map.count, "ModuleLookupMap", "Count"),
    SEEN(LAYOUT_TYPE_MAP, map.count, 9, 9, 16),
    SEEN(LAYOUT_TYPE_MAP, map.flags, 9, 11, 7),
    CONTRACT(LAYOUT_TYPE_MAP, type.flags2, "MethodTable", "MTFlags2"),
    SEEN(LAYOUT_TYPE_MAP, type.token_shift, 9, 11, 8),
    GLOBAL(LAYOUT_TYPE_MAP, VARIABLE, app_domain, "AppDomain"),

    CONTRACT(LAYOUT_METHODS, method.index, "MethodDesc", "ChunkIndex"),
    SEEN(LAYOUT_METHODS, method.index, 8, 8, 2),
    CONTRACT(LAYOUT_METHODS, method.chunk_bytes, "MethodDescChunk", "!"),
    SEEN(LAYOUT_METHODS, method.chunk_bytes, 8, 8, 24),
    CONTRACT(LAYOUT_METHODS, method.chunk_type, "MethodDescChunk", "MethodTable"),
    SEEN(LAYOUT_METHODS, method.chunk_type, 8, 8, 0),

    CONTRACT(LAYOUT_COLLECTIBLE, module.loader, "Module", "LoaderAllocator"),
    SEEN(LAYOUT_COLLECTIBLE, loader.bytes, 9, 11, 4096),      /* of the native LoaderAllocator, in which the handle of the managed one is looked for */
    SEEN(LAYOUT_COLLECTIBLE, loader.scout_words, 9, 11, 4),   /* of the managed one, among which its scout is */
    SEEN(LAYOUT_COLLECTIBLE, loader.scout_loader, 9, 11, 8),  /* where the scout has the address of the native one */

    CONTRACT(LAYOUT_SYMBOLS, module.symbols, "Module", "GrowableSymbolStream"),
    CONTRACT(LAYOUT_SYMBOLS, symbols.buffer, "CGrowableSymbolStream", "Buffer"),
    CONTRACT(LAYOUT_SYMBOLS, symbols.size, "CGrowableSymbolStream", "Size"),

    CONTRACT(LAYOUT_STATICS, thread.statics, "Thread", "ThreadLocalDataPtr"),
    SEEN(LAYOUT_STATICS, thread.statics, 9, 9, 0), /* to be looked for */
    SEEN(LAYOUT_STATICS, statics.thread, 9, 10, 3),
    SEEN(LAYOUT_STATICS, statics.blocking, 9, 10, 5),

    SEEN(LAYOUT_BLOCKING, blocking.object, 9, 10, 0),
    SEEN(LAYOUT_BLOCKING, blocking.kind, 9, 10, 8),
    SEEN(LAYOUT_BLOCKING, blocking.timeout, 9, 10, 12),
    SEEN(LAYOUT_BLOCKING, blocking.next, 9, 10, 16),
    SEEN(LAYOUT_BLOCKING, blocking.bytes, 9, 10, 24),
    SEEN(LAYOUT_BLOCKING, blocking.enter, 9, 10, 0),
    SEEN(LAYOUT_BLOCKING, blocking.wait, 9, 10, 1),
    SEEN(LAYOUT_BLOCKING, blocking.lock, 9, 10, 2),

    GLOBAL(LAYOUT_SYNC_TABLE, ADDRESS, sync_table.entries, "SyncTableEntries"),
    CONTRACT(LAYOUT_SYNC_TABLE, sync_table.bytes, "SyncTableEntry", "!"),
    CONTRACT(LAYOUT_SYNC_TABLE, sync_table.block, "SyncTableEntry", "SyncBlock"),
    CONTRACT(LAYOUT_SYNC_TABLE, sync_table.object, "SyncTableEntry", "Object"),
    SEEN(LAYOUT_SYNC_TABLE, sync_table.object, 9, 10, 8),

    /* The upper half of the word before an object: all of a thin lock, or the index of the sync block. */
    GLOBAL(LAYOUT_HEADERS, CONSTANT, header.index, "SyncBlockIsHashOrSyncBlockIndex"),
    SEEN(LAYOUT_HEADERS, header.index, 9, 10, 0x08000000),
    SEEN(LAYOUT_HEADERS, header.index_bits, 9, 11, 0x0FFFFFFF), /* with the bits that tell an index from a hash code */
    SEEN(LAYOUT_HEADERS, header.not_thin, 9, 11, 0x1FC00000),
    GLOBAL(LAYOUT_HEADERS, CONSTANT, header.thread, "SyncBlockMaskLockThreadId"),
    SEEN(LAYOUT_HEADERS, header.thread, 9, 10, 0xFFFF),
    GLOBAL(LAYOUT_HEADERS, CONSTANT, header.recursion_shift, "SyncBlockRecursionLevelShift"),
    SEEN(LAYOUT_HEADERS, header.recursion_shift, 9, 10, 16),
    SEEN(LAYOUT_HEADERS, header.recursion_bits, 9, 11, 0x3F),

    SEEN(LAYOUT_NATIVE_MONITORS, monitor.state, 9, 10, 0),
    SEEN(LAYOUT_NATIVE_MONITORS, monitor.recursion, 9, 10, 4),
    SEEN(LAYOUT_NATIVE_MONITORS, monitor.holder, 9, 10, 8), /* .NET 9: the Thread; .NET 10: its managed id, of which the upper half is never written */
    SEEN(LAYOUT_NATIVE_MONITORS, monitor.holder_is_thread, 9, 9, 1),
    SEEN(LAYOUT_NATIVE_MONITORS, monitor.holder_is_thread, 10, 10, 0),
    SEEN(LAYOUT_NATIVE_MONITORS, monitor.holder_os_id, 9, 10, 16),
    SEEN(LAYOUT_NATIVE_MONITORS, monitor.index, 9, 10, 28), /* the highest bit is for something else */
    SEEN(LAYOUT_NATIVE_MONITORS, monitor.bytes, 9, 10, 32),
    SEEN(LAYOUT_NATIVE_MONITORS, monitor.held, 9, 10, 1),
    SEEN(LAYOUT_NATIVE_MONITORS, monitor.waiters_shift, 9, 10, 6),

    CONTRACT(LAYOUT_MANAGED_MONITORS, sync_block.lock, "SyncBlock", "Lock"),
    CONTRACT(LAYOUT_MANAGED_MONITORS, sync_block.thin, "SyncBlock", "ThinLock"),
    SEEN(LAYOUT_MANAGED_MONITORS, sync_block.bytes, 11, 11, 48),

    CORE(LAYOUT_LOCKS, lock.owner, CORE_LOCK, "_owningThreadId"),
    CORE(LAYOUT_LOCKS, lock.state, CORE_LOCK, "_state"),
    CORE(LAYOUT_LOCKS, lock.recursion, CORE_LOCK, "_recursionCount"),
    SEEN(LAYOUT_LOCKS, lock.held, 9, 10, 1),
    SEEN(LAYOUT_LOCKS, lock.waiters_shift, 9, 10, 7),

    CORE(LAYOUT_SEMAPHORES, semaphore.count, CORE_SEMAPHORE, "m_currentCount"),
    CORE(LAYOUT_SEMAPHORES, semaphore.lock, CORE_SEMAPHORE, "m_lockObjAndDisposed"),
    CORE(LAYOUT_EVENTS, event.lock, CORE_EVENT, "m_lock"),
    CORE(LAYOUT_RW_LOCKS, rw_lock.writer, CORE_RW_LOCK, "_writeLockOwnerId"),
    CORE(LAYOUT_RW_LOCKS, rw_lock.upgrader, CORE_RW_LOCK, "_upgradeLockOwnerId"),
    CORE(LAYOUT_RW_LOCKS, rw_lock.state, CORE_RW_LOCK, "_owners"),
    CORE(LAYOUT_RW_LOCKS, rw_lock.id, CORE_RW_LOCK, "_lockID"),
    OF_CLASS(LAYOUT_RW_LOCKS, CORE_VARIABLE, rw_lock.lists, CORE_RW_LOCK, "t_rwc"),
    SEEN(LAYOUT_RW_LOCKS, rw_lock.readers, 9, 11, 0x0FFFFFFF),
    SEEN(LAYOUT_RW_LOCKS, rw_lock.has_writer, 9, 11, 0x80000000),
    CORE(LAYOUT_RW_READERS, rw_counts.lock, CORE_RW_COUNTS, "lockID"),
    CORE(LAYOUT_RW_READERS, rw_counts.reads, CORE_RW_COUNTS, "readercount"),
    CORE(LAYOUT_RW_READERS, rw_counts.next, CORE_RW_COUNTS, "next"),
    CORE(LAYOUT_TASKS, task.continuation, CORE_TASK, "m_continuationObject"),
    CORE(LAYOUT_LISTS, list.items, CORE_LIST, "_items"),
    CORE(LAYOUT_LISTS, list.size, CORE_LIST, "_size"),

    CONTRACT(LAYOUT_REFERENCES, type.interface_count, "MethodTable", "NumInterfaces"),
    SEEN(LAYOUT_REFERENCES, type.has_references, 9, 11, 0x01000000),
    SEEN(LAYOUT_REFERENCES, type.kind, 9, 11, 0x000C0000),
    SEEN(LAYOUT_REFERENCES, type.is_struct, 9, 11, 0x00040000),
    SEEN(LAYOUT_REFERENCES, type.header, 9, 11, 8),

    CORE(LAYOUT_ASYNC, task.state, CORE_TASK, "m_stateFlags"),
    CORE(LAYOUT_ASYNC, task.action, CORE_TASK, "m_action"),
    CORE(LAYOUT_ASYNC, task.object, CORE_TASK, "m_stateObject"),
    CORE(LAYOUT_ASYNC, task.scheduler, CORE_TASK, "m_taskScheduler"),
    CORE(LAYOUT_ASYNC, task.properties, CORE_TASK, "m_contingentProperties"),
    SEEN(LAYOUT_ASYNC, task.completed, 9, 11, 0x01600000), /* of its state: ran to its end, faulted, or canceled */
    NAMED(LAYOUT_ASYNC, CORE_BOX), NAMED(LAYOUT_ASYNC, CORE_POOLED_BOX), NAMED(LAYOUT_ASYNC, CORE_TIMER), NAMED(LAYOUT_ASYNC, CORE_SEMAPHORE),
    NAMED(LAYOUT_ASYNC, CORE_MACHINE), NAMED(LAYOUT_ASYNC, CORE_SOURCE), NAMED(LAYOUT_ASYNC, CORE_SOURCE_OF), NAMED(LAYOUT_ASYNC, CORE_ARRAY),
    NAMED(LAYOUT_ASYNC, CORE_ASYNC_RESULT), NAMED(LAYOUT_ASYNC, CORE_DISPOSABLE),
    CONTRACT(LAYOUT_CONTINUATIONS, continuation.next, "ContinuationObject", "Next"),
    CONTRACT(LAYOUT_CONTINUATIONS, continuation.resume_info, "ContinuationObject", "ResumeInfo"),
    CONTRACT(LAYOUT_CONTINUATIONS, continuation.place, "AsyncResumeInfo", "DiagnosticIP"),
    NAMED(LAYOUT_CONTINUATIONS, CORE_CONTINUATION), NAMED(LAYOUT_CONTINUATIONS, CORE_SUSPENDED_TASK),
    NAMED(LAYOUT_CONTINUATIONS, CORE_TASK_CONTINUATION), NAMED(LAYOUT_CONTINUATIONS, CORE_SOURCE_CONTINUATION),
    CORE(LAYOUT_OLD_CONTINUATIONS, continuation.resume, CORE_CONTINUATION, "Resume"),
    CORE(LAYOUT_DISPATCHERS, dispatcher.next, CORE_DISPATCHER, "Next"),
    CORE(LAYOUT_DISPATCHERS, dispatcher.continuation, CORE_DISPATCHER, "NextContinuation"),
    CORE(LAYOUT_DISPATCHERS, dispatcher.task, CORE_DISPATCHER, "CurrentTask"),
    OF_CLASS(LAYOUT_DISPATCHERS, CORE_VARIABLE, dispatcher.current, CORE_DISPATCHER, "t_current"),
    CORE(LAYOUT_ASYNC_QUEUES, semaphore.async_head, CORE_SEMAPHORE, "m_asyncHead"),

    OF_CLASS(LAYOUT_POOL, CORE_STATIC, pool.instance, CORE_POOL, "ThreadPoolInstance"),
    CORE(LAYOUT_POOL_COUNTS, pool.counts, CORE_POOL, "_separated.counts._data"),
    CORE(LAYOUT_POOL_LIMITS, pool.min, CORE_POOL, "_minThreads"),
    CORE(LAYOUT_POOL_LIMITS, pool.max, CORE_POOL, "_maxThreads"),
    OF_CLASS(LAYOUT_POOL_QUEUES, CORE_STATIC, pool.work_queue, CORE_THREAD_POOL, "s_workQueue"),
    OF_CLASS(LAYOUT_POOL_QUEUES, CORE_STATIC, pool.local_queues, CORE_LOCAL_LIST, "s_queues"),
    CORE(LAYOUT_POOL_QUEUES, pool.local_head, CORE_LOCAL_QUEUE, "m_headIndex"),
    CORE(LAYOUT_POOL_QUEUES, pool.local_tail, CORE_LOCAL_QUEUE, "m_tailIndex"),
    CORE(LAYOUT_POOL_QUEUES, pool.shared[0], CORE_WORK_QUEUE, "workItems"),
    CORE(LAYOUT_POOL_QUEUES, pool.shared[1], CORE_WORK_QUEUE, "highPriorityWorkItems"),
    CORE(LAYOUT_POOL_QUEUES, pool.shared[2], CORE_WORK_QUEUE, "lowPriorityWorkItems"),
    CORE(LAYOUT_POOL_QUEUES, pool.shared_array, CORE_WORK_QUEUE, "_assignableWorkItemQueues"),
    CORE(LAYOUT_POOL_QUEUES, pool.queue_head, CORE_QUEUE, "_head"),
    CORE(LAYOUT_POOL_QUEUES, pool.segment_next, CORE_QUEUE_SEGMENT, "_nextSegment"),
    CORE(LAYOUT_POOL_QUEUES, pool.segment_mask, CORE_QUEUE_SEGMENT, "_slotsMask"),
    CORE(LAYOUT_POOL_QUEUES, pool.head, CORE_QUEUE_SEGMENT, "_headAndTail.Head"),
    CORE(LAYOUT_POOL_QUEUES, pool.tail, CORE_QUEUE_SEGMENT, "_headAndTail.Tail"),
    CORE(LAYOUT_POOL_COMPLETED, pool.counter, CORE_POOL, "_completionCounter"),
    CORE(LAYOUT_POOL_COMPLETED, pool.lock, CORE_COUNTER, "_lock"),
    CORE(LAYOUT_POOL_COMPLETED, pool.overflow, CORE_COUNTER, "_overflowCount"),
    CORE(LAYOUT_POOL_COMPLETED, pool.nodes, CORE_COUNTER, "_nodes"),
    CORE(LAYOUT_POOL_COMPLETED, pool.lock_state, CORE_LOW_LEVEL_LOCK, "_state"),
    CORE(LAYOUT_POOL_COMPLETED, pool.node_count, CORE_COUNTER_NODE, "_count"),
    CORE(LAYOUT_POOL_COMPLETED, pool.node_next, CORE_COUNTER_NODE, "_next"),
    CORE(LAYOUT_POOL_COMPLETED, pool.node_before, CORE_COUNTER_NODE, "_prev"),
};
const uint32_t layout_row_count = sizeof layout_rows / sizeof *layout_rows;
_Static_assert(sizeof layout_rows / sizeof *layout_rows <= LAYOUT_MOST_ROWS, "layout.c keeps as many");

/* Which part of a dump hangs on a group, and on which versions it has to be known. */
const layout_group_use layout_groups[LAYOUT_GROUPS] = {
    [LAYOUT_THREADS] = { SF_PART_THREADS, 9, UINT16_MAX },
    [LAYOUT_STRINGS] = { SF_PART_THREADS, 9, UINT16_MAX },
    [LAYOUT_NAMES] = { SF_PART_THREADS, 9, UINT16_MAX },
    [LAYOUT_EXCEPTIONS] = { SF_PART_EXCEPTIONS, 9, UINT16_MAX },
    [LAYOUT_THREAD_LIST] = { SF_PART_SUSPENSION, 9, UINT16_MAX },
    [LAYOUT_STOPPED] = { SF_PART_BUSY, 10, UINT16_MAX },
    [LAYOUT_TYPES] = { SF_PART_LOCKS | SF_PART_ASYNC, 9, UINT16_MAX },
    [LAYOUT_TYPE_MAP] = { SF_PART_LOCKS | SF_PART_ASYNC, 9, UINT16_MAX },
    [LAYOUT_METHODS] = { 0, 0, 0 },
    [LAYOUT_COLLECTIBLE] = { SF_PART_COLLECTIBLE, 9, UINT16_MAX },
    [LAYOUT_SYMBOLS] = { SF_PART_SYMBOLS, 10, UINT16_MAX },
    [LAYOUT_STATICS] = { SF_PART_LOCKS, 9, UINT16_MAX },
    [LAYOUT_BLOCKING] = { SF_PART_LOCKS, 9, UINT16_MAX },
    [LAYOUT_SYNC_TABLE] = { SF_PART_LOCKS, 9, UINT16_MAX },
    [LAYOUT_HEADERS] = { SF_PART_LOCKS, 9, UINT16_MAX },
    [LAYOUT_NATIVE_MONITORS] = { SF_PART_LOCKS, 9, 10 },
    [LAYOUT_MANAGED_MONITORS] = { SF_PART_LOCKS, 11, UINT16_MAX },
    [LAYOUT_LOCKS] = { SF_PART_LOCKS, 9, UINT16_MAX },
    [LAYOUT_SEMAPHORES] = { SF_PART_OBJECTS, 9, UINT16_MAX },
    [LAYOUT_EVENTS] = { SF_PART_OBJECTS, 9, UINT16_MAX },
    [LAYOUT_RW_LOCKS] = { SF_PART_OBJECTS, 9, UINT16_MAX },
    [LAYOUT_RW_READERS] = { SF_PART_OBJECTS, 9, UINT16_MAX },
    [LAYOUT_TASKS] = { SF_PART_OBJECTS, 9, UINT16_MAX },
    [LAYOUT_LISTS] = { SF_PART_OBJECTS, 9, UINT16_MAX },
    [LAYOUT_REFERENCES] = { SF_PART_ASYNC, 9, UINT16_MAX },
    [LAYOUT_ASYNC] = { SF_PART_ASYNC, 9, UINT16_MAX },
    [LAYOUT_CONTINUATIONS] = { SF_PART_ASYNC, 11, UINT16_MAX },
    [LAYOUT_OLD_CONTINUATIONS] = { 0, 0, 0 },
    [LAYOUT_DISPATCHERS] = { SF_PART_ASYNC, 11, UINT16_MAX },
    [LAYOUT_ASYNC_QUEUES] = { SF_PART_ASYNC, 9, UINT16_MAX },
    [LAYOUT_POOL] = { SF_PART_POOL, 9, UINT16_MAX },
    [LAYOUT_POOL_COUNTS] = { SF_PART_POOL, 9, UINT16_MAX },
    [LAYOUT_POOL_LIMITS] = { SF_PART_POOL, 9, UINT16_MAX },
    [LAYOUT_POOL_QUEUES] = { SF_PART_POOL, 9, UINT16_MAX },
    [LAYOUT_POOL_COMPLETED] = { SF_PART_POOL, 9, UINT16_MAX },
};

const layout_contract layout_contracts[] = {
    { "Thread", OF_VERSION_1 | OF_VERSION_C1, LAYOUT_BIT(LAYOUT_THREADS) | LAYOUT_BIT(LAYOUT_NAMES) | LAYOUT_BIT(LAYOUT_THREAD_LIST) | LAYOUT_BIT(LAYOUT_STATICS) },
    { "Exception", OF_VERSION_1 | OF_VERSION_C1, LAYOUT_BIT(LAYOUT_EXCEPTIONS) },
    { "Object", OF_VERSION_1 | OF_VERSION_C1, LAYOUT_BIT(LAYOUT_STRINGS) | LAYOUT_BIT(LAYOUT_SYNC_TABLE) | LAYOUT_BIT(LAYOUT_HEADERS) },
    { "RuntimeTypeSystem", OF_VERSION_1 | OF_VERSION_C1, LAYOUT_BIT(LAYOUT_TYPES) | LAYOUT_BIT(LAYOUT_METHODS) | LAYOUT_BIT(LAYOUT_REFERENCES) },
    { "Loader", OF_VERSION_1 | OF_VERSION_C1, LAYOUT_BIT(LAYOUT_TYPE_MAP) | LAYOUT_BIT(LAYOUT_COLLECTIBLE) | LAYOUT_BIT(LAYOUT_SYMBOLS) },
};
_Static_assert(sizeof layout_contracts / sizeof *layout_contracts == LAYOUT_CONTRACTS, "as many as declared");

/* In the order of enum core_class. Those of one namespace stand together. */
static const char threading[] = "System.Threading", tasks[] = "System.Threading.Tasks", sources[] = "System.Threading.Tasks.Sources",
    compiler[] = "System.Runtime.CompilerServices", system_space[] = "System", generic[] = "System.Collections.Generic",
    concurrent[] = "System.Collections.Concurrent", nested[] = "";
const core_type layout_classes[CORE_CLASSES] = {
    [CORE_THREAD] = { .space = threading, .name = "Thread" },
    [CORE_LOCK] = { .space = threading, .name = "Lock" },
    [CORE_SEMAPHORE] = { .space = threading, .name = "SemaphoreSlim" },
    [CORE_EVENT] = { .space = threading, .name = "ManualResetEventSlim" },
    [CORE_RW_LOCK] = { .space = threading, .name = "ReaderWriterLockSlim" },
    [CORE_RW_COUNTS] = { .space = threading, .name = "ReaderWriterCount" },
    [CORE_WAIT_HANDLE] = { .space = threading, .name = "WaitHandle" },
    [CORE_TIMER] = { .space = threading, .name = "TimerQueueTimer" },
    [CORE_POOL] = { .space = threading, .name = "PortableThreadPool" },
    [CORE_THREAD_POOL] = { .space = threading, .name = "ThreadPool" },
    [CORE_WORK_QUEUE] = { .space = threading, .name = "ThreadPoolWorkQueue" },
    [CORE_COUNTER] = { .space = threading, .name = "ThreadInt64PersistentCounter" },
    [CORE_LOW_LEVEL_LOCK] = { .space = threading, .name = "LowLevelLock" },
    [CORE_TASK] = { .space = tasks, .name = "Task" },
    [CORE_SOURCE] = { .space = sources, .name = "IValueTaskSource" },
    [CORE_SOURCE_OF] = { .space = sources, .name = "IValueTaskSource`1" },
    [CORE_MACHINE] = { .space = compiler, .name = "IAsyncStateMachine" },
    [CORE_CONTINUATION] = { .space = compiler, .name = "Continuation" },
    [CORE_TASK_CONTINUATION] = { .space = compiler, .name = "RuntimeAsyncTaskContinuation" },
    [CORE_DISPATCHER] = { .space = compiler, .name = "AsyncDispatcherInfo" },
    [CORE_ARRAY] = { .space = system_space, .name = "Array" },
    [CORE_ASYNC_RESULT] = { .space = system_space, .name = "IAsyncResult" },
    [CORE_DISPOSABLE] = { .space = system_space, .name = "IDisposable" },
    [CORE_LIST] = { .space = generic, .name = "List`1" },
    [CORE_QUEUE] = { .space = concurrent, .name = "ConcurrentQueue`1" },
    [CORE_QUEUE_SEGMENT] = { .space = concurrent, .name = "ConcurrentQueueSegment`1" },
    [CORE_BOX] = { .space = nested, .name = "AsyncStateMachineBox`1" },
    [CORE_POOLED_BOX] = { .space = nested, .name = "StateMachineBox`1" },
    [CORE_SUSPENDED_TASK] = { .space = nested, .name = "RuntimeAsyncTask`1" },
    [CORE_SOURCE_CONTINUATION] = { .space = nested, .name = "ValueTaskSourceContinuation" },
    [CORE_LOCAL_LIST] = { .space = nested, .name = "WorkStealingQueueList" },
    [CORE_LOCAL_QUEUE] = { .space = nested, .name = "WorkStealingQueue" },
    [CORE_COUNTER_NODE] = { .space = nested, .name = "ThreadLocalNode" },
};
