/* See layout.h. A number here was tested on each version that its row names. A new version is added after testing everything that depends on it. */
#include "runtime/layout_table.h"

#define AT(member) offsetof(layout, member)
#define CONTRACT(group, member, type, name) { group, FIELD, 0, AT(member), 0, 0, type, name, 0 }
#define GLOBAL(group, source, member, name) { group, source, 0, AT(member), 0, 0, NULL, name, 0 }
#define SEEN(group, member, from, to, number) { group, TRIED, 0, AT(member), from, to, NULL, NULL, number }
#define SEEN_VARIABLE(group, member, from, to, number) { group, TRIED_VARIABLE, 0, AT(member), from, to, NULL, NULL, number }
#define CORE(group, member, class, name) { group, CORE_OFFSET, class, AT(member), 0, 0, NULL, name, 0 }
#define OF_CLASS(group, source, member, class, name) { group, source, class, AT(member), 0, 0, NULL, name, 0 }
#define NAMED(group, class) { group, CORE_NAMED, class, 0, 0, 0, NULL, NULL, 0 }

/* Consecutive rows for one member are alternatives: the first one that exists is used. */
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
    SEEN(LAYOUT_EXCEPTIONS, exception.is_handle, 9, 10, 1), /* before .NET 11, the tracker has a handle of the object */
    SEEN(LAYOUT_EXCEPTIONS, exception.is_handle, 11, 11, 0),

    CORE(LAYOUT_MESSAGES, message.text, CORE_EXCEPTION, "_message"),
    CORE(LAYOUT_MESSAGES, message.inner, CORE_EXCEPTION, "_innerException"),

    /* .NET 8 has no contract. Only for x64, and checked in each capture (layout.c). */
    CONTRACT(LAYOUT_THREAD_LIST, thread.cooperative, "Thread", "PreemptiveGCDisabled"),
    SEEN(LAYOUT_THREAD_LIST, thread.cooperative, 8, 8, 36),
    CONTRACT(LAYOUT_THREAD_LIST, thread.os_id, "Thread", "OSId"),
    SEEN(LAYOUT_THREAD_LIST, thread.os_id, 8, 8, 448),
    CONTRACT(LAYOUT_THREAD_LIST, thread.link, "Thread", "LinkNext"),
    SEEN(LAYOUT_THREAD_LIST, thread.link, 8, 8, 256),
    GLOBAL(LAYOUT_THREAD_LIST, VARIABLE, thread_list.store, "ThreadStore"),
    SEEN_VARIABLE(LAYOUT_THREAD_LIST, thread_list.store, 8, 8, 16),
    CONTRACT(LAYOUT_THREAD_LIST, thread_list.first, "ThreadStore", "FirstThreadLink"),
    SEEN(LAYOUT_THREAD_LIST, thread_list.first, 8, 8, 160),

    CONTRACT(LAYOUT_THREAD_LIST, thread_list.count, "ThreadStore", "ThreadCount"),
    SEEN(LAYOUT_THREAD_LIST, thread_list.count, 8, 8, 184),
    SEEN(LAYOUT_LIST_HOLDER, thread_list.lock_after, 8, 11, 96),

    GLOBAL(LAYOUT_STOPPED, CONSTANT, stopped[LAYOUT_RESUMABLE], "ResumableFrameIdentifier"),
    GLOBAL(LAYOUT_STOPPED, CONSTANT, stopped[LAYOUT_REDIRECTED], "RedirectedThreadFrameIdentifier"),
    GLOBAL(LAYOUT_STOPPED, CONSTANT, stopped[LAYOUT_HIJACKED], "HijackFrameIdentifier"),

    CONTRACT(LAYOUT_REGISTERS, stopped_registers, "ResumableFrame", "TargetContextPtr"),
    CONTRACT(LAYOUT_HIJACKS, hijack.address, "HijackFrame", "ReturnAddress"),
    CONTRACT(LAYOUT_HIJACKS, hijack.saved, "HijackFrame", "HijackArgsPtr"),
    CONTRACT(LAYOUT_HIJACKS, hijack.registers, "HijackArgs", "CalleeSavedRegisters"), /* x64 */
    CONTRACT(LAYOUT_HIJACKS, hijack.fp, "CalleeSavedRegisters", "Rbp"),
    GLOBAL(LAYOUT_TRANSITIONS, CONSTANT, transitions[0], "PrestubMethodFrameIdentifier"),
    GLOBAL(LAYOUT_TRANSITIONS, CONSTANT, transitions[1], "CallCountingHelperFrameIdentifier"),
    GLOBAL(LAYOUT_TRANSITIONS, CONSTANT, transitions[2], "StubDispatchFrameIdentifier"),
    GLOBAL(LAYOUT_TRANSITIONS, CONSTANT, transitions[3], "ExternalMethodFrameIdentifier"),
    GLOBAL(LAYOUT_TRANSITIONS, CONSTANT, transitions[4], "DynamicHelperFrameIdentifier"),
    CONTRACT(LAYOUT_TRANSITIONS, transition.block, "FramedMethodFrame", "TransitionBlockPtr"),
    CONTRACT(LAYOUT_TRANSITIONS, transition.address, "TransitionBlock", "ReturnAddress"),
    CONTRACT(LAYOUT_TRANSITIONS, transition.registers, "TransitionBlock", "CalleeSavedRegisters"),
    CONTRACT(LAYOUT_TRANSITIONS, transition.fp, "CalleeSavedRegisters", "Rbp"), /* x64 */

    /* Of an InlinedCallFrame. Those of .NET 9 do not name their kind. The walk confirms that it is one. */
    CONTRACT(LAYOUT_CALLS, call.target, "InlinedCallFrame", "Datum"), /* .NET 11 */
    SEEN(LAYOUT_CALLS, call.target, 9, 10, 16),
    CONTRACT(LAYOUT_CALLS, call.next, "Frame", "Next"),
    SEEN(LAYOUT_CALLS, call.next, 9, 9, 8),
    CONTRACT(LAYOUT_CALLS, call.sp, "InlinedCallFrame", "CallSiteSP"),
    SEEN(LAYOUT_CALLS, call.sp, 9, 9, 24),
    CONTRACT(LAYOUT_CALLS, call.address, "InlinedCallFrame", "CallerReturnAddress"),
    SEEN(LAYOUT_CALLS, call.address, 9, 9, 32),
    CONTRACT(LAYOUT_CALLS, call.fp, "InlinedCallFrame", "CalleeSavedFP"),
    SEEN(LAYOUT_CALLS, call.fp, 9, 9, 40),
    GLOBAL(LAYOUT_CALLS, CONSTANT, call.kind, "InlinedCallFrameIdentifier"),
    SEEN(LAYOUT_CALLS, call.kind, 9, 9, 0), /* not known */
    SEEN(LAYOUT_CALLS, call.not_method, 9, 11, 1), /* of the target: a function pointer was called */
    SEEN(LAYOUT_CALLS, call.marks, 9, 11, 7),
    CONTRACT(LAYOUT_CALLS, method.flags, "MethodDesc", "Flags"),
    SEEN(LAYOUT_CALLS, method.kind, 9, 11, 0x0007), /* of the flags */
    SEEN(LAYOUT_CALLS, method.is_call, 9, 11, 2),

    CONTRACT(LAYOUT_TYPES, type.size, "MethodTable", "BaseSize"),
    CONTRACT(LAYOUT_TYPES, type.parent, "MethodTable", "ParentMethodTable"),
    CONTRACT(LAYOUT_TYPES, type.module, "MethodTable", "Module"),
    CONTRACT(LAYOUT_TYPES, type.class, "MethodTable", "EEClassOrCanonMT"),
    CONTRACT(LAYOUT_TYPES, type.flags, "MethodTable", "MTFlags"),
    CONTRACT(LAYOUT_TYPES, class.type, "EEClass", "MethodTable"),
    GLOBAL(LAYOUT_TYPES, VARIABLE, type.object, "ObjectMethodTable"),
    SEEN(LAYOUT_TYPES, type.collectible, 9, 11, 0x00200000), /* the only flag of a generic type that is not collectible itself but has collectible type arguments */

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
    SEEN(LAYOUT_COLLECTIBLE, loader.bytes, 9, 11, 4096),      /* of the native LoaderAllocator: the range that is searched for the handle of the managed one */
    SEEN(LAYOUT_COLLECTIBLE, loader.scout_words, 9, 11, 4),   /* of the managed LoaderAllocator: the range that contains its scout */
    SEEN(LAYOUT_COLLECTIBLE, loader.scout_loader, 9, 11, 8),  /* the offset of the native one's address in the scout */

    CONTRACT(LAYOUT_SYMBOLS, module.symbols, "Module", "GrowableSymbolStream"),
    CONTRACT(LAYOUT_SYMBOLS, symbols.buffer, "CGrowableSymbolStream", "Buffer"),
    CONTRACT(LAYOUT_SYMBOLS, symbols.size, "CGrowableSymbolStream", "Size"),

    CONTRACT(LAYOUT_STATICS, thread.statics, "Thread", "ThreadLocalDataPtr"),
    SEEN(LAYOUT_STATICS, thread.statics, 9, 9, 0), /* must be searched */
    SEEN(LAYOUT_STATICS, statics.thread, 9, 11, 3),

    CONTRACT(LAYOUT_VARIABLES, variables.array, "ThreadLocalData", "NonCollectibleTlsArrayData"),
    CONTRACT(LAYOUT_VARIABLES, variables.array_count, "ThreadLocalData", "NonCollectibleTlsDataCount"),
    CONTRACT(LAYOUT_VARIABLES, variables.bytes, "ThreadStaticsInfo", "!"), /* it is right before the runtime's data of a type */
    CONTRACT(LAYOUT_VARIABLES, variables.index, "ThreadStaticsInfo", "NonGCTlsIndex"),
    GLOBAL(LAYOUT_VARIABLES, CONSTANT, variables.left_out, "NumberOfTlsOffsetsNotUsedInNoncollectibleArray"),
    SEEN(LAYOUT_VARIABLES, variables.kind_shift, 11, 11, 24), /* of an index */
    SEEN(LAYOUT_VARIABLES, variables.in_array, 11, 11, 0),
    SEEN(LAYOUT_VARIABLES, variables.direct, 11, 11, 2),
    SEEN(LAYOUT_VARIABLES, variables.unused, 11, 11, 0xFFFFFFFF),
    CONTRACT(LAYOUT_VARIABLES, type.auxiliary, "MethodTable", "AuxiliaryData"),
    CONTRACT(LAYOUT_VARIABLES, module.fields, "Module", "FieldDefToDescMap"),
    CONTRACT(LAYOUT_VARIABLES, field.type, "FieldDesc", "MTOfEnclosingClass"),
    CONTRACT(LAYOUT_VARIABLES, field.name, "FieldDesc", "DWord1"),
    CONTRACT(LAYOUT_VARIABLES, field.place, "FieldDesc", "DWord2"),
    SEEN(LAYOUT_VARIABLES, field.place_bits, 11, 11, 0x07FFFFFF),

    SEEN(LAYOUT_BLOCKING, blocking.object, 9, 11, 0),
    SEEN(LAYOUT_BLOCKING, blocking.kind, 9, 11, 8),
    SEEN(LAYOUT_BLOCKING, blocking.timeout, 9, 11, 12),
    SEEN(LAYOUT_BLOCKING, blocking.next, 9, 11, 16),
    SEEN(LAYOUT_BLOCKING, blocking.bytes, 9, 11, 24),
    SEEN(LAYOUT_BLOCKING, blocking.enter, 9, 10, 0),
    SEEN(LAYOUT_BLOCKING, blocking.enter, 11, 11, 0xFFFFFFFF), /* no such record */
    SEEN(LAYOUT_BLOCKING, blocking.wait, 9, 10, 1),
    SEEN(LAYOUT_BLOCKING, blocking.wait, 11, 11, 0xFFFFFFFF),
    SEEN(LAYOUT_BLOCKING, blocking.lock, 9, 11, 2),
    SEEN(LAYOUT_BLOCKING, blocking.condition, 9, 10, 0xFFFFFFFF),
    SEEN(LAYOUT_BLOCKING, blocking.condition, 11, 11, 3),
    SEEN(LAYOUT_BLOCKING_WORD, statics.blocking, 9, 10, 5),
    OF_CLASS(LAYOUT_BLOCKING_FIRST, CORE_VARIABLE, blocking.first, CORE_BLOCKING, "t_first"),

    GLOBAL(LAYOUT_SYNC_TABLE, ADDRESS, sync_table.entries, "SyncTableEntries"),
    CONTRACT(LAYOUT_SYNC_TABLE, sync_table.bytes, "SyncTableEntry", "!"),
    CONTRACT(LAYOUT_SYNC_TABLE, sync_table.block, "SyncTableEntry", "SyncBlock"),
    CONTRACT(LAYOUT_SYNC_TABLE, sync_table.object, "SyncTableEntry", "Object"),
    SEEN(LAYOUT_SYNC_TABLE, sync_table.object, 9, 10, 8),

    /* The upper half of the word before an object: a thin lock, or the index of the sync block. */
    GLOBAL(LAYOUT_HEADERS, CONSTANT, header.index, "SyncBlockIsHashOrSyncBlockIndex"),
    SEEN(LAYOUT_HEADERS, header.index, 9, 10, 0x08000000),
    SEEN(LAYOUT_HEADERS, header.index_bits, 9, 11, 0x0FFFFFFF), /* including the bits that distinguish an index from a hash code */
    SEEN(LAYOUT_HEADERS, header.not_thin, 9, 11, 0x1FC00000),
    GLOBAL(LAYOUT_HEADERS, CONSTANT, header.thread, "SyncBlockMaskLockThreadId"),
    SEEN(LAYOUT_HEADERS, header.thread, 9, 10, 0xFFFF),
    GLOBAL(LAYOUT_HEADERS, CONSTANT, header.recursion_shift, "SyncBlockRecursionLevelShift"),
    SEEN(LAYOUT_HEADERS, header.recursion_shift, 9, 10, 16),
    SEEN(LAYOUT_HEADERS, header.recursion_bits, 9, 11, 0x3F),

    SEEN(LAYOUT_NATIVE_MONITORS, monitor.state, 9, 10, 0),
    SEEN(LAYOUT_NATIVE_MONITORS, monitor.recursion, 9, 10, 4),
    SEEN(LAYOUT_NATIVE_MONITORS, monitor.holder, 9, 10, 8), /* .NET 9: the Thread; .NET 10: its managed id, whose upper half is never written */
    SEEN(LAYOUT_NATIVE_MONITORS, monitor.holder_is_thread, 9, 9, 1),
    SEEN(LAYOUT_NATIVE_MONITORS, monitor.holder_is_thread, 10, 10, 0),
    SEEN(LAYOUT_NATIVE_MONITORS, monitor.holder_os_id, 9, 10, 16),
    SEEN(LAYOUT_NATIVE_MONITORS, monitor.index, 9, 10, 28), /* the highest bit has another use */
    SEEN(LAYOUT_NATIVE_MONITORS, monitor.bytes, 9, 10, 32),
    SEEN(LAYOUT_NATIVE_MONITORS, monitor.held, 9, 10, 1),
    SEEN(LAYOUT_NATIVE_MONITORS, monitor.waiters_shift, 9, 10, 6),

    CONTRACT(LAYOUT_MANAGED_MONITORS, sync_block.lock, "SyncBlock", "Lock"),
    CONTRACT(LAYOUT_MANAGED_MONITORS, sync_block.thin, "SyncBlock", "ThinLock"),
    GLOBAL(LAYOUT_MANAGED_MONITORS, VARIABLE, sync_table.cache, "SyncBlockCache"),
    CONTRACT(LAYOUT_MANAGED_MONITORS, sync_table.used, "SyncBlockCache", "FreeSyncTableIndex"),

    CORE(LAYOUT_LOCKS, lock.owner, CORE_LOCK, "_owningThreadId"),
    CORE(LAYOUT_LOCKS, lock.state, CORE_LOCK, "_state"),
    CORE(LAYOUT_LOCKS, lock.recursion, CORE_LOCK, "_recursionCount"),
    SEEN(LAYOUT_LOCKS, lock.owner_is_managed, 9, 10, 0), /* the owner's id is the kernel's */
    SEEN(LAYOUT_LOCKS, lock.owner_is_managed, 11, 11, 1),
    SEEN(LAYOUT_LOCKS, lock.held, 9, 11, 1),
    SEEN(LAYOUT_LOCKS, lock.waiters_shift, 9, 11, 7),
    CORE(LAYOUT_CONDITIONS, condition.lock, CORE_CONDITION, "_lock"),
    CORE(LAYOUT_MUTEXES, mutex.ownership, CORE_WAITABLE, "_ownershipInfo"),
    CORE(LAYOUT_MUTEXES, mutex.thread, CORE_OWNERSHIP, "_thread"),
    CORE(LAYOUT_JOINS, join.event, CORE_THREAD, "_joinEvent"),
    CORE(LAYOUT_JOINS, join.handle, CORE_WAIT_HANDLE, "_waitHandle"),
    CORE(LAYOUT_JOINS, join.address, CORE_SAFE_HANDLE, "handle"),
    CORE(LAYOUT_JOINS, join.waiting, CORE_THREAD, "_waitInfo"),
    CORE(LAYOUT_JOINS, join.count, CORE_WAIT_INFO, "_waitedCount"),
    CORE(LAYOUT_JOINS, join.objects, CORE_WAIT_INFO, "_waitedObjects"),

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
    OF_CLASS(LAYOUT_RUNNING_TASKS, CORE_VARIABLE, task.current, CORE_TASK, "t_currentTask"),
    CORE(LAYOUT_LISTS, list.items, CORE_LIST, "_items"),
    CORE(LAYOUT_LISTS, list.size, CORE_LIST, "_size"),

    CONTRACT(LAYOUT_REFERENCES, type.interface_count, "MethodTable", "NumInterfaces"),
    SEEN(LAYOUT_REFERENCES, type.has_references, 9, 11, 0x01000000),
    SEEN(LAYOUT_REFERENCES, type.kind, 9, 11, 0x000C0000),
    SEEN(LAYOUT_REFERENCES, type.is_struct, 9, 11, 0x00040000),
    SEEN(LAYOUT_REFERENCES, type.header, 9, 11, 8),

    CONTRACT(LAYOUT_ELEMENTS, type.element, "MethodTable", "PerInstInfo"),
    GLOBAL(LAYOUT_ELEMENTS, VARIABLE, type.object_array, "ObjectArrayMethodTable"),

    CONTRACT(LAYOUT_COLLECTOR, collector.generation_bytes, "Generation", "!"),
    CONTRACT(LAYOUT_COLLECTOR, collector.first, "Generation", "StartSegment"),
    GLOBAL(LAYOUT_COLLECTOR, CONSTANT, collector.generations, "TotalGenerationCount"),
    CONTRACT(LAYOUT_COLLECTOR, collector.allocated, "HeapSegment", "Allocated"),
    CONTRACT(LAYOUT_COLLECTOR, collector.committed, "HeapSegment", "Committed"),
    CONTRACT(LAYOUT_COLLECTOR, collector.memory, "HeapSegment", "Mem"),
    CONTRACT(LAYOUT_COLLECTOR, collector.next, "HeapSegment", "Next"),
    { LAYOUT_COLLECTOR, WORD, 0, AT(collector.has_regions), 0, 0, "regions", "GCIdentifiers", 1 },
    GLOBAL(LAYOUT_COLLECTOR, ADDRESS, collector.state, "CurrentGCState"),
    SEEN(LAYOUT_COLLECTOR, collector.marking, 11, 11, 0),
    SEEN(LAYOUT_COLLECTOR, collector.idle, 11, 11, 2),
    GLOBAL(LAYOUT_HEAP_RANGE, VARIABLE, collector.lowest, "GCLowestAddress"),
    GLOBAL(LAYOUT_HEAP_RANGE, VARIABLE, collector.highest, "GCHighestAddress"),
    GLOBAL(LAYOUT_ONE_HEAP, ADDRESS, one_heap.generations, "GCHeapGenerationTable"),
    GLOBAL(LAYOUT_ONE_HEAP, ADDRESS, one_heap.allocated, "GCHeapAllocAllocated"),
    GLOBAL(LAYOUT_ONE_HEAP, ADDRESS, one_heap.last, "GCHeapEphemeralHeapSegment"),
    GLOBAL(LAYOUT_MANY_HEAPS, VARIABLE, many_heaps.heaps, "Heaps"),
    GLOBAL(LAYOUT_MANY_HEAPS, ADDRESS, many_heaps.count, "NumHeaps"),
    CONTRACT(LAYOUT_MANY_HEAPS, many_heaps.generations, "GCHeap", "GenerationTable"),
    CONTRACT(LAYOUT_MANY_HEAPS, many_heaps.allocated, "GCHeap", "AllocAllocated"),
    CONTRACT(LAYOUT_MANY_HEAPS, many_heaps.last, "GCHeap", "EphemeralHeapSegment"),
    CONTRACT(LAYOUT_ALLOCATION, allocation.thread, "Thread", "RuntimeThreadLocals"),
    CONTRACT(LAYOUT_ALLOCATION, allocation.context, "RuntimeThreadLocals", "AllocContext"),
    CONTRACT(LAYOUT_ALLOCATION, allocation.inner, "EEAllocContext", "GCAllocationContext"),
    CONTRACT(LAYOUT_ALLOCATION, allocation.pointer, "GCAllocContext", "Pointer"),
    CONTRACT(LAYOUT_ALLOCATION, allocation.limit, "GCAllocContext", "Limit"),
    SEEN(LAYOUT_ALLOCATION, allocation.reserve, 11, 11, 24), /* behind the limit: space for the smallest object */
    GLOBAL(LAYOUT_ALLOCATION, ADDRESS, allocation.global, "GlobalAllocContext"),
    GLOBAL(LAYOUT_ALLOCATION, VARIABLE, allocation.free, "FreeObjectMethodTable"),
    SEEN(LAYOUT_ALLOCATION, type.counts, 9, 11, 0x80000000),
    SEEN(LAYOUT_ALLOCATION, type.element_bytes, 9, 11, 0x0000FFFF),

    CORE(LAYOUT_ASYNC, task.state, CORE_TASK, "m_stateFlags"),
    CORE(LAYOUT_ASYNC, task.action, CORE_TASK, "m_action"),
    CORE(LAYOUT_ASYNC, task.object, CORE_TASK, "m_stateObject"),
    CORE(LAYOUT_ASYNC, task.scheduler, CORE_TASK, "m_taskScheduler"),
    CORE(LAYOUT_ASYNC, task.properties, CORE_TASK, "m_contingentProperties"),
    SEEN(LAYOUT_ASYNC, task.completed, 9, 11, 0x01600000), /* of its state: ran to completion, faulted, or canceled */
    NAMED(LAYOUT_ASYNC, CORE_BOX), NAMED(LAYOUT_ASYNC, CORE_POOLED_BOX), NAMED(LAYOUT_ASYNC, CORE_TIMER), NAMED(LAYOUT_ASYNC, CORE_SEMAPHORE),
    NAMED(LAYOUT_ASYNC, CORE_MACHINE), NAMED(LAYOUT_ASYNC, CORE_SOURCE), NAMED(LAYOUT_ASYNC, CORE_SOURCE_OF), NAMED(LAYOUT_ASYNC, CORE_ARRAY),
    NAMED(LAYOUT_ASYNC, CORE_ASYNC_RESULT), NAMED(LAYOUT_ASYNC, CORE_DISPOSABLE),
    CONTRACT(LAYOUT_CONTINUATIONS, continuation.next, "ContinuationObject", "Next"),
    CONTRACT(LAYOUT_CONTINUATIONS, continuation.resume_info, "ContinuationObject", "ResumeInfo"),
    CONTRACT(LAYOUT_CONTINUATIONS, continuation.place, "AsyncResumeInfo", "DiagnosticIP"),
    NAMED(LAYOUT_CONTINUATIONS, CORE_CONTINUATION), NAMED(LAYOUT_CONTINUATIONS, CORE_SUSPENDED_TASK),
    NAMED(LAYOUT_CONTINUATIONS, CORE_TASK_CONTINUATION), NAMED(LAYOUT_CONTINUATIONS, CORE_SOURCE_CONTINUATION),
    SEEN(LAYOUT_RESUME_INFOS, continuation.info_size, 11, 11, 16),
    CORE(LAYOUT_OLD_CONTINUATIONS, continuation.resume, CORE_CONTINUATION, "Resume"),
    CORE(LAYOUT_DISPATCHERS, dispatcher.next, CORE_DISPATCHER, "Next"),
    CORE(LAYOUT_DISPATCHERS, dispatcher.continuation, CORE_DISPATCHER, "NextContinuation"),
    CORE(LAYOUT_DISPATCHERS, dispatcher.task, CORE_DISPATCHER, "CurrentTask"),
    OF_CLASS(LAYOUT_DISPATCHERS, CORE_VARIABLE, dispatcher.current, CORE_DISPATCHER, "t_current"),
    CORE(LAYOUT_ASYNC_QUEUES, semaphore.async_head, CORE_SEMAPHORE, "m_asyncHead"),

    CORE(LAYOUT_CONTEXTS, managed_thread.context, CORE_THREAD, "_synchronizationContext"),
    CORE(LAYOUT_CONTEXTS, delegate.target, CORE_DELEGATE, "_target"),
    NAMED(LAYOUT_CONTEXTS, CORE_CONTEXT), NAMED(LAYOUT_CONTEXTS, CORE_MULTICAST), NAMED(LAYOUT_CONTEXTS, CORE_POOL_SCHEDULER),

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
    CORE(LAYOUT_POOL_ITEMS, pool.segment_slots, CORE_QUEUE_SEGMENT, "_slots"),
    CORE(LAYOUT_POOL_ITEMS, pool.local_array, CORE_LOCAL_QUEUE, "m_array"),
    CORE(LAYOUT_POOL_COMPLETED, pool.counter, CORE_POOL, "_completionCounter"),
    CORE(LAYOUT_POOL_COMPLETED, pool.lock, CORE_COUNTER, "_lock"),
    CORE(LAYOUT_POOL_COMPLETED, pool.overflow, CORE_COUNTER, "_overflowCount"),
    CORE(LAYOUT_POOL_COMPLETED, pool.nodes, CORE_COUNTER, "_nodes"),
    CORE(LAYOUT_POOL_COMPLETED, pool.lock_state, CORE_LOW_LEVEL_LOCK, "_state"),
    CORE(LAYOUT_POOL_COMPLETED, pool.node_count, CORE_COUNTER_NODE, "_count"),
    CORE(LAYOUT_POOL_COMPLETED, pool.node_next, CORE_COUNTER_NODE, "_next"),
    CORE(LAYOUT_POOL_COMPLETED, pool.node_before, CORE_COUNTER_NODE, "_prev"),
    OF_CLASS(LAYOUT_TIMERS, CORE_STATIC, timer_queue.all, CORE_TIMER_QUEUE, "<Instances>k__BackingField"),
    CORE(LAYOUT_TIMERS, timer_queue.scheduled, CORE_TIMER_QUEUE, "_isTimerScheduled"),
    CORE(LAYOUT_TIMERS, timer_queue.start, CORE_TIMER_QUEUE, "_currentTimerStartTicks"),
    CORE(LAYOUT_TIMERS, timer_queue.duration, CORE_TIMER_QUEUE, "_currentTimerDuration"),
    CORE(LAYOUT_TIMERS, timer_queue.soon, CORE_TIMER_QUEUE, "_shortTimers"),
    CORE(LAYOUT_TIMERS, timer_queue.later, CORE_TIMER_QUEUE, "_longTimers"),
    CORE(LAYOUT_TIMERS, timer.next, CORE_TIMER, "_next"),
    CORE(LAYOUT_TIMERS, timer.start, CORE_TIMER, "_startTicks"),
    CORE(LAYOUT_TIMERS, timer.duration, CORE_TIMER, "_dueTime"),
    CORE(LAYOUT_TIMERS, timer.callback, CORE_TIMER, "_timerCallback"),
    CORE(LAYOUT_TIMERS, timer.state, CORE_TIMER, "_state"),
    CORE(LAYOUT_TIMERS, delegate.code, CORE_DELEGATE, "_methodPtr"),
    CORE(LAYOUT_TIMERS, delegate.other_code, CORE_DELEGATE, "_methodPtrAux"),
    CONTRACT(LAYOUT_TIMERS, precode.method, "FixupPrecodeData", "MethodDesc"),
    SEEN(LAYOUT_TIMERS, precode.method, 9, 9, 8),
};
const uint32_t layout_row_count = sizeof layout_rows / sizeof *layout_rows;
_Static_assert(sizeof layout_rows / sizeof *layout_rows <= LAYOUT_MOST_ROWS, "layout.c keeps as many");
