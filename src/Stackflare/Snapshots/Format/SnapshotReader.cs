namespace Stackflare.Snapshots.Format;

/// <summary>
/// Checks a snapshot and returns a view of it. The bytes may come from a dying or hostile process. Everything that is later used
/// as an index or a length is checked here, so that code after it can index without checks. Allocates in proportion to the length of the data,
/// never to a number inside it.
/// </summary>
internal static class SnapshotReader
{
    /// <exception cref="SnapshotFormatException">The bytes are not a snapshot that this version can read.</exception>
    public static RawSnapshot Read(ReadOnlyMemory<byte> bytes) => Read(new SnapshotDirectory(bytes));

    /// <exception cref="SnapshotFormatException">The sections are inconsistent.</exception>
    public static RawSnapshot Read(SnapshotDirectory directory)
    {
        TypeRecord[] types = directory.Records<TypeRecord>(SectionKind.Types);
        ThreadRecord[] threads = directory.Records<ThreadRecord>(SectionKind.Threads);
        FrameRecord[] frames = directory.Records<FrameRecord>(SectionKind.Frames);
        var snapshot = new RawSnapshot
        {
            Info = directory.Single<InfoRecord>(SectionKind.Info, "info"),
            Threads = threads,
            Stacks = directory.Numbers(SectionKind.Stacks),
            Frames = frames,
            ILPlaces = directory.Numbers(SectionKind.ILPlaces),
            Functions = directory.Records<FunctionRecord>(SectionKind.Functions),
            Types = types,
            TypeArgs = directory.Numbers(SectionKind.TypeArgs),
            Modules = directory.Records<ModuleRecord>(SectionKind.Modules),
            Blob = directory.Blob(SectionKind.Blob),
            Locks = directory.Records<LockRecord>(SectionKind.Locks),
            Waits = directory.Records<WaitRecord>(SectionKind.Waits),
            Held = directory.Records<HeldRecord>(SectionKind.Held),
            Objects = directory.Records<ObjectRecord>(SectionKind.Objects),
            References = directory.Records<ReferenceRecord>(SectionKind.References),
            Busy = directory.Records<BusyRecord>(SectionKind.Busy),
            Exceptions = directory.Records<ExceptionRecord>(SectionKind.Exceptions),
            Pool = Pool(directory),
            Queued = directory.Records<QueuedRecord>(SectionKind.Queued),
            DueTimers = directory.Records<DueTimerRecord>(SectionKind.DueTimers),
            Blockers = directory.Records<BlockerRecord>(SectionKind.Blockers),
            Heap = HeapReader.Read(directory, types.Length, frames.Length, threads),
            Encoded = directory.Bytes,
        };
        Check(snapshot);
        CheckLocks(snapshot);
        CheckObjects(snapshot);
        CheckBusy(snapshot);
        CheckBlockers(snapshot);
        return snapshot;
    }

    /// <summary>
    /// Checks each index and slice, and that slices do not overlap: otherwise, a small snapshot with a thousand
    /// threads that share one long stack would become a large dump.
    /// </summary>
    private static void Check(RawSnapshot snapshot)
    {
        if (snapshot.Threads.Length > DumpLimits.HardMaxThreads || snapshot.Stacks.Length > DumpLimits.HardMaxFrames)
            throw new SnapshotFormatException("it has more threads or frames than a capture can have");
        int size = snapshot.Blob.Length;
        long frames = 0, arguments = 0, blob = 0;
        foreach (ref readonly ThreadRecord thread in snapshot.Threads.AsSpan())
        {
            Slice(thread.FirstFrame, thread.FrameCount, snapshot.Stacks.Length, "a thread's stack", ref frames);
            Text(thread.NameOffset, thread.NameLength, size, "a thread's name", ref blob);
            Index(thread.ExceptionType, snapshot.Types.Length, "a thread's exception type");
        }
        foreach (ref readonly QueuedRecord queued in snapshot.Queued.AsSpan())
            Index(queued.Type, snapshot.Types.Length, "the type of work items");
        foreach (ref readonly DueTimerRecord timer in snapshot.DueTimers.AsSpan())
        {
            Index(timer.Function, snapshot.Functions.Length, "a timer's callback");
            Index(timer.State, snapshot.Types.Length, "the type of a timer's state");
        }
        uint last = 0;
        foreach (ref readonly ExceptionRecord exception in snapshot.Exceptions.AsSpan())
        {
            if (exception.Thread < last || exception.Thread >= (uint)snapshot.Threads.Length)
                throw new SnapshotFormatException("an exception's thread is missing or out of order");
            last = exception.Thread;
            Index(exception.Type, snapshot.Types.Length, "an exception's type");
            Text(exception.MessageOffset, exception.MessageLength, size, "an exception's message", ref blob);
        }
        foreach (uint frame in snapshot.Stacks)
        {
            if (frame >= (uint)snapshot.Frames.Length)
                throw new SnapshotFormatException("a stack names a frame that is not there");
        }
        foreach (ref readonly FrameRecord frame in snapshot.Frames.AsSpan())
        {
            Index(frame.Function, snapshot.Functions.Length, "a frame's function");
            List(frame.ILPlaces, snapshot.ILPlaces);
        }
        foreach (ref readonly FunctionRecord function in snapshot.Functions.AsSpan())
        {
            Index(function.Module, snapshot.Modules.Length, "a function's module");
            Index(function.DeclaringType, snapshot.Types.Length, "a function's type");
            Slice(function.TypeArgStart, function.TypeArgCount, snapshot.TypeArgs.Length, "a function's type arguments", ref arguments);
            Text(function.NameOffset, function.NameLength, size, "a function's name", ref blob);
            Text(function.TypeNameOffset, function.TypeNameLength, size, "a function's type name", ref blob);
            Bytes(function.SignatureOffset, function.SignatureLength, size, "a function's signature", ref blob);
        }
        foreach (ref readonly TypeRecord type in snapshot.Types.AsSpan())
        {
            Index(type.Module, snapshot.Modules.Length, "a type's module");
            Slice(type.ArgStart, type.ArgCount, snapshot.TypeArgs.Length, "a type's arguments", ref arguments);
        }
        foreach (uint type in snapshot.TypeArgs)
            Index(type, snapshot.Types.Length, "a type argument");
        foreach (ref readonly ModuleRecord module in snapshot.Modules.AsSpan())
        {
            Text(module.PathOffset, module.PathLength, size, "a module's path", ref blob);
            Bytes(module.ImageOffset, module.ImageLength, size, "a module's image", ref blob);
            Bytes(module.SymbolsOffset, module.SymbolsLength, size, "a module's symbols", ref blob);
        }
    }

    /// <summary>
    /// The search for cycles goes from a thread to what it waits for, and from there to the owner. So each thread waits for at most one lock,
    /// and the owners in lock records must match the locks in held records.
    /// </summary>
    private static void CheckLocks(RawSnapshot snapshot)
    {
        bool known = snapshot.Info.Flags.HasFlag(InfoFlags.Locks);
        if (!known && snapshot.Locks.Length + snapshot.Waits.Length + snapshot.Held.Length + snapshot.Objects.Length > 0)
            throw new SnapshotFormatException("it has locks and says that none were read");
        foreach (ref readonly LockRecord entry in snapshot.Locks.AsSpan())
        {
            Index(entry.Owner, snapshot.Threads.Length, "a lock's owner");
            Index(entry.Type, snapshot.Types.Length, "a lock's type");
            if (entry.Owner != SnapshotConstants.None && !entry.Flags.HasFlag(LockFlags.Held))
                throw new SnapshotFormatException("a lock that nobody holds has an owner");
        }
        long next = 0;
        foreach (ref readonly WaitRecord wait in snapshot.Waits.AsSpan())
        {
            if (wait.Thread < next || wait.Thread >= (uint)snapshot.Threads.Length)
                throw new SnapshotFormatException("a waiting thread is missing or out of order");
            next = wait.Thread + 1L;
            Index(wait.Lock, snapshot.Locks.Length, "what a thread waits for");
            Index(wait.OtherThread, snapshot.Threads.Length, "the thread that a thread waits for");
        }
        (uint Thread, uint Frame, long Lock) last = (0, 0, -1);
        foreach (ref readonly HeldRecord held in snapshot.Held.AsSpan())
        {
            if (held.Lock >= (uint)snapshot.Locks.Length || (held.Thread, held.Frame, (long)held.Lock).CompareTo(last) <= 0)
                throw new SnapshotFormatException("a held lock is missing or out of order");
            last = (held.Thread, held.Frame, held.Lock);
            if (held.Thread == SnapshotConstants.None || held.Thread != snapshot.Locks[held.Lock].Owner)
                throw new SnapshotFormatException("a thread holds a lock that another thread owns");
            if (held.Frame != SnapshotConstants.None && held.Frame >= snapshot.Threads[held.Thread].FrameCount)
                throw new SnapshotFormatException("the frame that holds a lock is not there");
        }
    }

    private static void CheckObjects(RawSnapshot snapshot)
    {
        foreach (ref readonly ObjectRecord entry in snapshot.Objects.AsSpan())
        {
            Index(entry.Owner, snapshot.Threads.Length, "the owner of an object");
            Index(entry.Upgrader, snapshot.Threads.Length, "the upgrader of an object");
            Index(entry.Type, snapshot.Types.Length, "an object's type");
        }
        (uint Thread, uint Frame, long Object) last = (0, 0, -1);
        foreach (ref readonly ReferenceRecord reference in snapshot.References.AsSpan())
        {
            if (reference.Object >= (uint)snapshot.Objects.Length || (reference.Thread, reference.Frame, (long)reference.Object).CompareTo(last) <= 0)
                throw new SnapshotFormatException("an object that a thread refers to is missing or out of order");
            last = (reference.Thread, reference.Frame, reference.Object);
            if (reference.Thread >= (uint)snapshot.Threads.Length)
                throw new SnapshotFormatException("a thread that refers to an object is not there");
            if (reference.Frame != SnapshotConstants.None && reference.Frame >= snapshot.Threads[reference.Thread].FrameCount)
                throw new SnapshotFormatException("the frame that refers to an object is not there");
        }
    }

    private static void CheckBusy(RawSnapshot snapshot)
    {
        long next = 0;
        foreach (ref readonly BusyRecord busy in snapshot.Busy.AsSpan())
        {
            if (busy.Thread < next || busy.Thread >= (uint)snapshot.Threads.Length)
                throw new SnapshotFormatException("a busy thread is missing or out of order");
            next = busy.Thread + 1L;
            if (busy.CpuNs < 0 || busy.WallNs <= 0 || busy.ReadyNs < 0 || busy.ReadyNs > busy.WallNs)
                throw new SnapshotFormatException($"a thread used {busy.CpuNs} ns and was ready for {busy.ReadyNs} ns of {busy.WallNs} ns");
        }
    }

    private static void CheckBlockers(RawSnapshot snapshot)
    {
        if (snapshot.Blockers.Length > snapshot.Threads.Length)
            throw new SnapshotFormatException("it has more threads that do not stop than threads");
        foreach (ref readonly BlockerRecord blocker in snapshot.Blockers.AsSpan())
        {
            if (blocker.Thread >= (uint)snapshot.Threads.Length)
                throw new SnapshotFormatException("a thread that does not stop is not there");
            if (blocker.SeenNs < 0)
                throw new SnapshotFormatException($"a thread was seen for {blocker.SeenNs} ns");
        }
    }

    private static PoolRecord? Pool(SnapshotDirectory directory)
    {
        PoolRecord[] records = directory.Records(SectionKind.Pool, new PoolRecord { CompletedLater = -1, QueuedLater = -1 });
        if (records.Length > 1)
            throw new SnapshotFormatException($"it has {records.Length} thread pools");
        return records.Length == 0 ? null : records[0];
    }

    internal static void Index(uint index, int count, string what)
    {
        if (index != SnapshotConstants.None && index >= (uint)count)
            throw new SnapshotFormatException($"{what} is not there");
    }

    internal static void Slice(uint start, uint length, int count, string what, ref long total)
    {
        total += length;
        if (length > 0 && (start + (long)length > count || total > count))
            throw new SnapshotFormatException($"{what} is not there");
    }

    /// <summary>Checks a list, by its index plus 1. Frames can share one.</summary>
    private static void List(uint list, uint[] numbers)
    {
        if (list != 0 && (list > (uint)numbers.Length || numbers[list - 1] > (uint)numbers.Length - list))
            throw new SnapshotFormatException("a frame's IL places are not there");
    }

    /// <summary>Checks the position of bytes. The parameters are those of <see cref="Text"/>.</summary>
    internal static void Bytes(uint offset, uint length, int size, string what, ref long total)
    {
        if (offset == SnapshotConstants.None)
            return;
        total += length;
        if (offset + (long)length > size || total > size)
            throw new SnapshotFormatException($"{what} lies outside of the blob");
    }

    /// <summary>Checks the position of a text.</summary>
    /// <param name="offset">Its offset in the blob.</param>
    /// <param name="length">Its length in bytes.</param>
    /// <param name="size">The size of the blob in bytes.</param>
    /// <param name="what">Its name in error messages.</param>
    /// <param name="total">The total length of all slices of the blob so far.</param>
    internal static void Text(uint offset, uint length, int size, string what, ref long total)
    {
        Bytes(offset, length, size, what, ref total);
        if (offset != SnapshotConstants.None && (length % 2 != 0 || length > SnapshotConstants.LongestText))
            throw new SnapshotFormatException($"{what} has {length} bytes");
    }
}
