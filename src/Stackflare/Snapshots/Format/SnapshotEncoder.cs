namespace Stackflare.Snapshots.Format;

/// <summary>Converts a snapshot to the sections of a file. <see cref="SnapshotReader"/> and <see cref="SnapshotDecoder"/> are the inverse.</summary>
internal sealed class SnapshotEncoder
{
    private readonly Snapshot _snapshot;
    private readonly List<FileSection> _sections = [];
    private readonly List<uint> _typeArguments = [];
    private readonly List<uint> _places = [];
    private readonly Dictionary<ILPlaces, uint> _listOf = [];
    private readonly BlobWriter _blob = new();

    private SnapshotEncoder(Snapshot snapshot) => _snapshot = snapshot;

    public static IReadOnlyList<FileSection> Encode(Snapshot snapshot)
    {
        var encoder = new SnapshotEncoder(snapshot);
        encoder.AddInfo();
        encoder.AddThreads();
        encoder.AddCode();
        encoder.AddLocks();
        if (snapshot.Heap is { } heap)
            encoder.AddHeap(heap);
        encoder.Add(SectionKind.TypeArgs, encoder._typeArguments.ToArray());
        encoder.Add(SectionKind.Blob, encoder._blob.ToArray());
        return encoder._sections;
    }

    private void AddInfo()
    {
        CaptureTimings timings = _snapshot.Timings;
        Version version = _snapshot.RuntimeVersion;
        Add(SectionKind.Info, new InfoRecord
        {
            Phase = CapturePhase.Done,
            // Missing parts are in the notes.
            Flags = InfoFlags.Contract | InfoFlags.Locks,
            Pid = (uint)_snapshot.ProcessId,
            RuntimeMajor = (ushort)version.Major,
            RuntimeMinor = (ushort)version.Minor,
            RuntimeBuild = (ushort)Math.Max(0, version.Build),
            SuspendRetries = (uint)timings.SuspendRetries,
            ThreadTotal = (uint)_snapshot.Threads.Count,
            CapturedAtNs = (_snapshot.CapturedAt - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick,
            PauseNs = Ns(timings.Pause),
            SuspendNs = Ns(timings.Suspend),
            WalkNs = Ns(timings.Walk),
            ResolveNs = Ns(timings.Resolve),
            LocksNs = Ns(timings.Locks),
        });
        Add(SectionKind.Queued, Array.ConvertAll(_snapshot.Queued, static q => new QueuedRecord { Type = Index(q.Type), Count = (uint)q.Count }));
        Add(SectionKind.DueTimers, Array.ConvertAll(_snapshot.DueTimers, static t => new DueTimerRecord
        {
            Function = Index(t.Callback),
            State = Index(t.State),
            Count = (uint)t.Count,
            Flags = t.IsTruncated ? DueTimerFlags.Truncated : 0,
            LateMs = (long)t.Late.TotalMilliseconds,
        }));
        if (_snapshot.ThreadPool is { } pool)
        {
            Add(SectionKind.Pool, new PoolRecord
            {
                Workers = pool.Workers ?? -1,
                Working = pool.Working ?? -1,
                Min = pool.Min ?? -1,
                Max = pool.Max ?? -1,
                Queued = pool.Queued ?? -1,
                Completed = pool.Completed ?? -1,
                CompletedLater = pool.CompletedLater ?? -1,
                QueuedLater = pool.QueuedLater ?? -1,
            });
        }
    }

    private void AddThreads()
    {
        var stacks = new List<uint>();
        var threads = new List<ThreadRecord>();
        var waits = new List<WaitRecord>();
        var busy = new List<BusyRecord>();
        var exceptions = new List<ExceptionRecord>();
        for (int i = 0; i < _snapshot.Threads.Count; i++)
        {
            SnapshotThread thread = _snapshot.Threads[i];
            var record = new ThreadRecord
            {
                ThreadId = thread.RuntimeId,
                OsId = (uint)thread.OsId,
                ManagedId = (uint)(thread.ManagedId ?? 0),
                State = (uint)((thread.IsBackground == true ? RuntimeThreadState.Background : 0) | (thread.IsThreadPool == true ? RuntimeThreadState.ThreadPoolWorker : 0)),
                Flags = (thread.ManagedId is null ? 0 : ThreadFlags.StateKnown) | (thread.IsInManagedCode ? ThreadFlags.Interrupted : 0) | (thread.HasNotRun ? ThreadFlags.HasNotRun : 0) | Flags(thread.Completeness),
                FirstFrame = (uint)stacks.Count,
                FrameCount = (uint)thread.Stack.Length,
                ExceptionType = Index(thread.ExceptionType),
                CpuNs = thread.CpuTime is { } cpu ? Ns(cpu) : -1,
            };
            (record.NameOffset, record.NameLength) = _blob.Add(thread.Name);
            threads.Add(record);
            foreach (int frame in thread.Stack.Span)
                stacks.Add((uint)frame);
            if (thread.Wait is { } wait)
            {
                waits.Add(new WaitRecord
                {
                    Thread = (uint)i,
                    Kind = WaitRecordKind.MonitorEnter + (uint)wait.Kind,
                    Lock = Index(wait.Lock),
                    OtherThread = Index(wait.OtherThread),
                    TimeoutMs = wait.Timeout is not { } timeout ? SnapshotConstants.WaitTimeoutUnknown
                        : timeout < TimeSpan.Zero ? SnapshotConstants.WaitInfinite
                        : (int)Math.Min(timeout.TotalMilliseconds, int.MaxValue),
                });
            }
            foreach (SnapshotException exception in thread.Exceptions)
            {
                (uint offset, uint length) = _blob.Add(exception.Message);
                exceptions.Add(new ExceptionRecord { Thread = (uint)i, Type = Index(exception.Type), MessageOffset = offset, MessageLength = length });
            }
            if (thread.RecentCpu is { } recent)
                busy.Add(new BusyRecord { Thread = (uint)i, CpuNs = Ns(recent.Used), WallNs = Ns(recent.Elapsed), ReadyNs = Ns(recent.Ready) });
        }
        Add(SectionKind.Threads, threads.ToArray());
        Add(SectionKind.Stacks, stacks.ToArray());
        Add(SectionKind.Waits, waits.ToArray());
        Add(SectionKind.Busy, busy.ToArray());
        Add(SectionKind.Exceptions, exceptions.ToArray());
    }

    private void AddCode()
    {
        Add(SectionKind.Frames, Array.ConvertAll(_snapshot.Frames, f => new FrameRecord
        {
            Address = f.Address,
            Function = Index(f.Method),
            ILOffset = f.ILOffset ?? -1,
            ILPlaces = AddPlaces(f.ILPlaces),
            ILNext = f.ILNext is { } next ? (uint)next + 1 : 0,
            Flags = (f.Method is null ? FrameFlags.Native : 0) | (f.IsExact ? FrameFlags.Exact : 0) | (f.IsAwait ? FrameFlags.Await : 0)
                | (f.IsRewritten ? FrameFlags.ReJit : 0) | (f.IsCall ? FrameFlags.Call : 0),
        }));
        Add(SectionKind.ILPlaces, _places.ToArray());
        Add(SectionKind.Functions, Array.ConvertAll(_snapshot.Methods, m =>
        {
            var record = new FunctionRecord
            {
                Module = Index(m.Module),
                Token = m.Token,
                DeclaringType = Index(m.DeclaringType),
                Flags = (m.IsDynamic ? FunctionFlags.Dynamic : 0) | (m.IsNative ? FunctionFlags.Native : 0) | (m.Name is null ? 0 : FunctionFlags.Named),
            };
            (record.TypeArgStart, record.TypeArgCount) = AddTypes(m.TypeArguments);
            (record.NameOffset, record.NameLength) = _blob.Add(m.Name);
            (record.TypeNameOffset, record.TypeNameLength) = _blob.Add(m.TypeName);
            (record.SignatureOffset, record.SignatureLength) = _blob.Add(m.Signature);
            return record;
        }));
        Add(SectionKind.Types, Array.ConvertAll(_snapshot.Types, t =>
        {
            var record = new TypeRecord
            {
                Module = Index(t.Module),
                Token = t.Token,
                Flags = t.IsArray ? TypeFlags.Array : t.Module is null ? TypeFlags.Unknown : 0,
                Rank = (uint)t.Rank,
            };
            (record.ArgStart, record.ArgCount) = AddTypes(t.Arguments);
            return record;
        }));
        Add(SectionKind.Modules, Array.ConvertAll(_snapshot.Modules, m =>
        {
            var record = new ModuleRecord
            {
                Mvid = m.Mvid ?? default,
                Flags = (m.Mvid is null ? 0 : ModuleFlags.Mvid) | (m.IsDynamic ? ModuleFlags.Dynamic : 0) | (m.IsImageMapped ? 0 : ModuleFlags.Flat),
            };
            (record.PathOffset, record.PathLength) = _blob.Add(m.Path);
            (record.ImageOffset, record.ImageLength) = _blob.Add(m.Image);
            (record.SymbolsOffset, record.SymbolsLength) = _blob.Add(m.Symbols);
            return record;
        }));
    }

    /// <summary>Frames of the same code share a list.</summary>
    private uint AddPlaces(ILPlaces? places)
    {
        if (places is null)
            return 0;
        if (_listOf.TryGetValue(places, out uint list))
            return list;
        _places.Add((uint)places.Offsets.Length);
        list = (uint)_places.Count;
        foreach (int offset in places.Offsets)
            _places.Add((uint)offset);
        return _listOf[places] = list;
    }

    private void AddLocks()
    {
        Add(SectionKind.Locks, Array.ConvertAll(_snapshot.Locks, static l => new LockRecord
        {
            Object = l.Address,
            Kind = l.Kind == LockKind.Lock ? LockRecordKind.Lock : LockRecordKind.Monitor,
            Owner = Index(l.Owner),
            Type = Index(l.Type),
            Recursion = (uint)l.Recursion,
            Flags = (l.Owner is null ? 0 : LockFlags.Held) | (l.IsAbandoned ? LockFlags.OwnerEnded : 0) | (l.IsGuess ? LockFlags.FromStack : 0),
        }));
        Add(SectionKind.Held, Array.ConvertAll(_snapshot.HeldLocks, static h => new HeldRecord { Thread = (uint)h.Thread, Lock = (uint)h.Lock, Frame = Index(h.Frame) }));
        Add(SectionKind.Objects, Array.ConvertAll(_snapshot.Objects, static o => new ObjectRecord
        {
            Address = o.Address,
            Kind = ObjectRecordKind.SemaphoreSlim + (uint)o.Kind,
            Type = Index(o.Type),
            Owner = Index(o.Owner),
            Upgrader = Index(o.Upgrader),
            Count = o.Count ?? SnapshotConstants.CountUnknown,
        }));
        Add(SectionKind.References, Array.ConvertAll(_snapshot.References, static r => new ReferenceRecord
        {
            Thread = (uint)r.Thread,
            Frame = Index(r.Frame),
            Object = (uint)r.Object,
            Flags = (r.IsProven ? ReferenceFlags.Proven : 0) | (r.HoldsRead ? ReferenceFlags.HoldsRead : 0) | (r.Runs ? ReferenceFlags.Runs : 0),
        }));
    }

    private void AddHeap(SnapshotHeap heap)
    {
        Add(SectionKind.Heap, new HeapRecord
        {
            Status = HeapStatus.Walked,
            Flags = heap.IsTruncated ? HeapFlags.ObjectsTruncated : 0,
            SeenObjects = (ulong)heap.Objects.Length,
            WalkNs = Ns(_snapshot.Timings.Heap),
            NowNs = Ns(heap.Now),
        });
        var bytes = new BlobWriter();
        Add(SectionKind.HeapObjects, Array.ConvertAll(heap.Objects, o =>
        {
            (uint offset, uint length) = o.Bytes.IsEmpty ? (0, 0) : bytes.Add(o.Bytes);
            return new HeapObjectRecord { Address = o.Address, Type = Index(o.Type), Flags = (HeapObjectFlags)o.Traits, BytesOffset = offset, BytesLength = length };
        }));
        Add(SectionKind.HeapBytes, bytes.ToArray());
        var fields = new List<HeapFieldRecord>();
        var references = new List<uint>();
        Add(SectionKind.HeapLayouts, Array.ConvertAll(heap.Layouts, l =>
        {
            var record = new HeapLayoutRecord
            {
                Type = (uint)l.Type,
                Parent = Index(l.Parent),
                FirstField = (uint)fields.Count,
                FieldCount = (uint)l.Fields.Length,
                FirstReference = (uint)references.Count,
                ReferenceCount = (uint)l.References.Length,
                Size = l.Size,
                Flags = (l.IsStruct ? HeapLayoutFlags.Struct : 0) | (l.Fields.IsEmpty ? 0 : HeapLayoutFlags.Fields),
            };
            foreach (FieldOffset field in l.Fields.Span)
                fields.Add(new HeapFieldRecord { Token = field.Token, Offset = field.Offset });
            references.AddRange(l.References.Span);
            return record;
        }));
        Add(SectionKind.HeapFields, fields.ToArray());
        Add(SectionKind.HeapReferences, references.ToArray());
        Add(SectionKind.Running, Array.ConvertAll(heap.Running, static r => new RunningRecord
        {
            Thread = (uint)r.Thread,
            Object = (uint)r.Object,
            Frame = (uint)r.Frame,
            Next = r.Next is { } next ? (uint)next + 1 : 0,
        }));
        Add(SectionKind.Posted, Array.ConvertAll(heap.Posted, Posted));
        Add(SectionKind.Suspensions, Array.ConvertAll(heap.Suspensions, static s => new SuspensionRecord { ResumeInfo = s.ResumeInfo, Frame = Index(s.Frame), Code = s.Code }));
    }

    private static unsafe PostedRecord Posted(PostedMethod posted)
    {
        var record = new PostedRecord
        {
            Context = posted.Context,
            Thread = (uint)posted.Thread,
            Object = Index(posted.Object),
            Type = Index(posted.Type),
            Keeper = Index(posted.Keeper),
            Flags = (posted.IsSeenByThread ? PostedFlags.SeenHere : 0) | (posted.IsScheduler ? PostedFlags.Scheduler : 0),
            OtherCount = (uint)posted.OtherCount,
            HolderCount = (uint)posted.HolderCount,
        };
        for (int i = 0; i < Math.Min(posted.Others.Count, PostedRecord.MaxOthers); i++)
            record.Others[i] = (uint)posted.Others[i];
        for (int i = 0; i < Math.Min(posted.Holders.Count, PostedRecord.MaxOthers); i++)
            record.Holders[i] = (uint)posted.Holders[i];
        return record;
    }

    private (uint First, uint Count) AddTypes(ReadOnlyMemory<int?> types)
    {
        uint first = (uint)_typeArguments.Count;
        foreach (int? type in types.Span)
            _typeArguments.Add(Index(type));
        return (first, (uint)types.Length);
    }

    private void Add<T>(SectionKind kind, params T[] records)
        where T : unmanaged
    {
        if (records.Length > 0)
            _sections.Add(FileSection.Of<T>(kind, records));
    }

    private static ThreadFlags Flags(StackCompleteness completeness) => completeness switch
    {
        StackCompleteness.NotWalked => ThreadFlags.NotWalked,
        StackCompleteness.NoManagedFrames => ThreadFlags.NoFrames,
        StackCompleteness.Truncated => ThreadFlags.Truncated,
        StackCompleteness.Broken => ThreadFlags.WalkFailed,
        _ => 0,
    };

    private static uint Index(int? index) => index is { } at ? (uint)at : SnapshotConstants.None;

    private static long Ns(TimeSpan time) => time.Ticks * TimeSpan.NanosecondsPerTick;
}
