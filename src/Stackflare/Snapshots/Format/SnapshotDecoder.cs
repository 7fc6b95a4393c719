namespace Stackflare.Snapshots.Format;

/// <summary>Converts records that <see cref="SnapshotReader"/> has checked to a snapshot.</summary>
internal static class SnapshotDecoder
{
    /// <param name="raw">The records.</param>
    /// <param name="host">The host's information.</param>
    /// <param name="notes">What the source could not provide.</param>
    /// <param name="notesWithNames">The same in sentences with names.</param>
    public static Snapshot Decode(RawSnapshot raw, ProcessFacts host, IReadOnlyList<string> notes, params IReadOnlyList<string> notesWithNames)
    {
        InfoRecord info = raw.Info;
        var builder = new SnapshotBuilder
        {
            Host = host,
            ProcessId = (int)info.Pid,
            RuntimeVersion = new Version(info.RuntimeMajor, info.RuntimeMinor, info.RuntimeBuild),
            CapturedAt = DateTimeOffset.UnixEpoch.AddTicks(info.CapturedAtNs / TimeSpan.NanosecondsPerTick),
            Timings = new CaptureTimings(Time(info.PauseNs), Time(info.SuspendNs), Time(info.WalkNs), Time(info.ResolveNs), (int)Math.Min(info.SuspendRetries, int.MaxValue))
            {
                Locks = Time(info.LocksNs),
                Heap = raw.Heap is { Info: var heap } ? Time(heap.WalkNs + heap.FollowNs) : TimeSpan.Zero,
            },
            ThreadPool = raw.Pool is { } pool
                ? new ThreadPoolState(Known(pool.Workers), Known(pool.Working), Known(pool.Min), Known(pool.Max), Known(pool.Queued), Known(pool.Completed))
                {
                    CompletedLater = Known(pool.CompletedLater),
                    QueuedLater = Known(pool.QueuedLater),
                }
                : null,
            Heap = raw.Heap is { Info.Status: HeapStatus.Walked } walked ? Heap(walked) : null,
            IsSample = info.Flags.HasFlag(InfoFlags.Sample),
            IsCut = (info.Flags & (InfoFlags.TimeTruncated | InfoFlags.FramesTruncated | InfoFlags.TablesTruncated)) != 0,
            Notes = notes,
            NotesWithNames = notesWithNames,
        };
        int?[] arguments = Array.ConvertAll(raw.TypeArgs, Index);
        foreach (ref readonly ModuleRecord module in raw.Modules.AsSpan())
            builder.Add(Module(raw, module));
        foreach (ref readonly TypeRecord type in raw.Types.AsSpan())
            builder.Add(Type(type, arguments));
        foreach (ref readonly FunctionRecord function in raw.Functions.AsSpan())
            builder.Add(Method(raw, function, arguments));
        var places = new Dictionary<uint, ILPlaces>();
        foreach (ref readonly FrameRecord frame in raw.Frames.AsSpan())
            builder.Add(Frame(frame, Places(raw, frame.ILPlaces, places)));
        AddThreads(raw, builder);
        foreach (ref readonly QueuedRecord queued in raw.Queued.AsSpan())
            builder.Add(new SnapshotQueued(Index(queued.Type), (int)Math.Min(queued.Count, int.MaxValue)));
        foreach (ref readonly DueTimerRecord timer in raw.DueTimers.AsSpan())
        {
            builder.Add(new SnapshotDueTimers(Index(timer.Function), Index(timer.State), (int)Math.Min(timer.Count, int.MaxValue), LateBy(timer.LateMs),
                timer.Flags.HasFlag(DueTimerFlags.Truncated)));
        }
        AddLocks(raw, builder);
        return builder.Build();
    }

    private static TimeSpan LateBy(long milliseconds) => TimeSpan.FromMilliseconds(Math.Clamp(milliseconds, 0, int.MaxValue));

    private static SnapshotModule Module(RawSnapshot raw, in ModuleRecord module) => new()
    {
        Path = raw.Text(module.PathOffset, module.PathLength),
        Mvid = module.Flags.HasFlag(ModuleFlags.Mvid) ? module.Mvid : null,
        IsDynamic = module.Flags.HasFlag(ModuleFlags.Dynamic),
        Image = raw.Bytes(module.ImageOffset, module.ImageLength),
        IsImageMapped = !module.Flags.HasFlag(ModuleFlags.Flat),
        Symbols = raw.Bytes(module.SymbolsOffset, module.SymbolsLength),
    };

    private static SnapshotType Type(in TypeRecord type, int?[] arguments) => new()
    {
        Module = type.Flags.HasFlag(TypeFlags.Unknown) ? null : Index(type.Module),
        Token = type.Token,
        Arguments = arguments.AsMemory((int)(type.ArgCount == 0 ? 0 : type.ArgStart), (int)type.ArgCount),
        IsArray = type.Flags.HasFlag(TypeFlags.Array),
        Rank = (int)Math.Min(type.Rank, int.MaxValue),
    };

    private static SnapshotMethod Method(RawSnapshot raw, in FunctionRecord function, int?[] arguments)
    {
        bool isDynamic = function.Flags.HasFlag(FunctionFlags.Dynamic), isNamed = isDynamic || function.Flags.HasFlag(FunctionFlags.Named);
        return new SnapshotMethod
        {
            Module = Index(function.Module),
            Token = function.Token,
            DeclaringType = Index(function.DeclaringType),
            TypeArguments = arguments.AsMemory((int)(function.TypeArgCount == 0 ? 0 : function.TypeArgStart), (int)function.TypeArgCount),
            IsDynamic = isDynamic,
            IsNative = isDynamic && function.Flags.HasFlag(FunctionFlags.Native),
            Name = isNamed ? raw.Text(function.NameOffset, function.NameLength) : null,
            TypeName = isNamed ? raw.Text(function.TypeNameOffset, function.TypeNameLength) : null,
            Signature = raw.Bytes(function.SignatureOffset, function.SignatureLength),
        };
    }

    private static ILPlaces? Places(RawSnapshot raw, uint list, Dictionary<uint, ILPlaces> known)
    {
        if (list == 0)
            return null;
        if (!known.TryGetValue(list, out ILPlaces? places))
            known.Add(list, places = new ILPlaces(raw.ILPlaces.AsSpan((int)list, (int)raw.ILPlaces[list - 1])));
        return places;
    }

    private static SnapshotFrame Frame(in FrameRecord frame, ILPlaces? places) => new()
    {
        Method = frame.Flags.HasFlag(FrameFlags.Native) ? null : Index(frame.Function),
        Address = frame.Address,
        ILOffset = frame.ILOffset < 0 || (frame.Flags & (FrameFlags.OffsetLost | FrameFlags.ReJit)) != 0 ? null : frame.ILOffset,
        ILPlaces = places,
        ILNext = frame.ILNext is 0 or > int.MaxValue ? null : (int)frame.ILNext - 1,
        IsExact = frame.Flags.HasFlag(FrameFlags.Exact),
        IsAwait = frame.Flags.HasFlag(FrameFlags.Await),
        IsRewritten = frame.Flags.HasFlag(FrameFlags.ReJit),
        IsCall = frame.Flags.HasFlag(FrameFlags.Call),
    };

    private static void AddThreads(RawSnapshot raw, SnapshotBuilder builder)
    {
        int[] stacks = Array.ConvertAll(raw.Stacks, static f => (int)f);
        // An unknown kind comes from a newer version.
        var waits = raw.Waits.Where(static w => Enum.IsDefined(w.Kind)).ToDictionary(static w => w.Thread, Wait);
        var exceptions = raw.Exceptions.ToLookup(static e => e.Thread, e => new SnapshotException(Index(e.Type), raw.Text(e.MessageOffset, e.MessageLength)));
        var busy = raw.Busy.ToDictionary(static b => b.Thread, static b => new RecentCpu(Time(b.CpuNs), Time(b.WallNs)) { Ready = Time(b.ReadyNs) });
        for (uint i = 0; i < raw.Threads.Length; i++)
        {
            ref readonly ThreadRecord thread = ref raw.Threads[i];
            bool isKnown = thread.Flags.HasFlag(ThreadFlags.StateKnown);
            var state = (RuntimeThreadState)thread.State;
            ReadOnlyMemory<int> stack = thread.FrameCount == 0 ? default : stacks.AsMemory((int)thread.FirstFrame, (int)thread.FrameCount);
            builder.Add(new SnapshotThread
            {
                OsId = (int)thread.OsId,
                RuntimeId = thread.ThreadId,
                ManagedId = isKnown ? (int)thread.ManagedId : null,
                Name = raw.Text(thread.NameOffset, thread.NameLength),
                IsBackground = isKnown ? state.HasFlag(RuntimeThreadState.Background) : null,
                IsThreadPool = isKnown ? state.HasFlag(RuntimeThreadState.ThreadPoolWorker) : null,
                Stack = stack,
                Completeness = CompletenessOf(thread),
                HasNotRun = thread.Flags.HasFlag(ThreadFlags.HasNotRun),
                IsInManagedCode = thread.Flags.HasFlag(ThreadFlags.Interrupted)
                    || (stack.Length > 0 && raw.Frames[stack.Span[0]].Flags.HasFlag(FrameFlags.Exact)),
                ExceptionType = Index(thread.ExceptionType),
                Exceptions = [.. exceptions[i]],
                CpuTime = thread.CpuNs >= 0 ? Time(thread.CpuNs) : null,
                RecentCpu = busy.GetValueOrDefault(i),
                Wait = waits.GetValueOrDefault(i),
            });
        }
    }

    private static void AddLocks(RawSnapshot raw, SnapshotBuilder builder)
    {
        foreach (ref readonly LockRecord entry in raw.Locks.AsSpan())
        {
            builder.Add(new SnapshotLock
            {
                Address = entry.Object,
                Kind = entry.Kind == LockRecordKind.Lock ? LockKind.Lock : LockKind.Monitor,
                Type = Index(entry.Type),
                Owner = Index(entry.Owner),
                IsAbandoned = entry.Flags.HasFlag(LockFlags.OwnerEnded),
                Recursion = (int)Math.Min(entry.Recursion, int.MaxValue),
                IsGuess = entry.Flags.HasFlag(LockFlags.FromStack),
            });
        }
        foreach (ref readonly HeldRecord held in raw.Held.AsSpan())
            builder.Add(new SnapshotHeldLock((int)held.Thread, (int)held.Lock, Index(held.Frame)));
        foreach (ref readonly ObjectRecord entry in raw.Objects.AsSpan())
        {
            builder.Add(new SnapshotObject
            {
                Address = entry.Address,
                Kind = (SnapshotObjectKind)(entry.Kind - ObjectRecordKind.SemaphoreSlim),
                Type = Index(entry.Type),
                Owner = Index(entry.Owner),
                Upgrader = Index(entry.Upgrader),
                Count = entry.Count == SnapshotConstants.CountUnknown ? null : entry.Count,
            });
        }
        foreach (ref readonly ReferenceRecord reference in raw.References.AsSpan())
        {
            builder.Add(new SnapshotReference(
                (int)reference.Thread, Index(reference.Frame), (int)reference.Object,
                reference.Flags.HasFlag(ReferenceFlags.Proven), reference.Flags.HasFlag(ReferenceFlags.HoldsRead), reference.Flags.HasFlag(ReferenceFlags.Runs)));
        }
    }

    private static SnapshotWait Wait(WaitRecord wait) => new(
        (SnapshotWaitKind)(wait.Kind - WaitRecordKind.MonitorEnter), Index(wait.Lock), Index(wait.OtherThread),
        wait.TimeoutMs switch
        {
            SnapshotConstants.WaitTimeoutUnknown => null,
            < 0 => Timeout.InfiniteTimeSpan,
            var ms => TimeSpan.FromMilliseconds(ms),
        });

    private static SnapshotHeap Heap(RawHeap raw)
    {
        var fields = Array.ConvertAll(raw.Fields, static f => new FieldOffset(f.Token, f.Offset));
        return new SnapshotHeap
        {
            Objects = Array.ConvertAll(raw.Objects, o => new HeapObject(
                o.Address, Index(o.Type), (HeapObjectTraits)o.Flags, raw.BytesOf(o))),
            Layouts = Array.ConvertAll(raw.Layouts, l => new TypeLayout(
                (int)l.Type, Index(l.Parent),
                l.FieldCount == 0 ? default : fields.AsMemory((int)l.FirstField, (int)l.FieldCount),
                l.ReferenceCount == 0 ? default : raw.References.AsMemory((int)l.FirstReference, (int)l.ReferenceCount),
                l.Size, l.Flags.HasFlag(HeapLayoutFlags.Struct))),
            Running = Array.ConvertAll(raw.Running, static r => new RunningMethod((int)r.Thread, (int)r.Object, (int)r.Frame, r.Next == 0 ? null : (int)r.Next - 1)),
            Posted = Array.ConvertAll(raw.Posted, static p => new PostedMethod((int)p.Thread, Index(p.Object), p.Context, Index(p.Type), Index(p.Keeper))
            {
                IsSeenByThread = p.Flags.HasFlag(PostedFlags.SeenHere),
                IsScheduler = p.Flags.HasFlag(PostedFlags.Scheduler),
                OtherCount = (int)Math.Min(p.OtherCount, int.MaxValue),
                HolderCount = (int)Math.Min(p.HolderCount, int.MaxValue),
                Holders = Array.ConvertAll(p.KnownHolders(), static holder => (int)holder),
                Others = Array.ConvertAll(p.KnownOthers(), static other => (int)other),
            }),
            Suspensions = Array.ConvertAll(raw.Suspensions, static s => new SuspensionPoint(s.ResumeInfo, Index(s.Frame), s.Code)),
            Now = Time(raw.Info.NowNs),
            IsTruncated = (raw.Info.Flags & (HeapFlags.TimeTruncated | HeapFlags.ObjectsTruncated | HeapFlags.BytesTruncated)) != 0,
        };
    }

    private static StackCompleteness CompletenessOf(in ThreadRecord record) =>
        record.Flags.HasFlag(ThreadFlags.NotWalked) ? StackCompleteness.NotWalked
        : record.Flags.HasFlag(ThreadFlags.NoFrames) ? StackCompleteness.NoManagedFrames
        : record.Flags.HasFlag(ThreadFlags.Truncated) ? StackCompleteness.Truncated
        : record.Flags.HasFlag(ThreadFlags.WalkFailed) ? StackCompleteness.Broken
        : StackCompleteness.Complete;

    private static int? Index(uint index) => index == SnapshotConstants.None ? null : (int)index;

    private static int? Known(int value) => value < 0 ? null : value;

    private static long? Known(long value) => value < 0 ? null : value;

    private static TimeSpan Time(long ns) => TimeSpan.FromTicks(ns / TimeSpan.NanosecondsPerTick);
}
