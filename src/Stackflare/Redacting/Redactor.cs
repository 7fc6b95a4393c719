using Stackflare.Analysis;

namespace Stackflare.Redacting;

/// <summary>
/// Copies a dump without the names of the program. It works on the finished model, before the views, so that no writer has to know of it. Each object is copied once: what was one object is one
/// object in the copy. Not thread-safe.
/// </summary>
internal sealed class Redactor
{
    private readonly RedactedNames _names;
    private readonly Dictionary<DumpFrame, DumpFrame> _frames = [];
    private readonly Dictionary<ModuleIdentity, ModuleIdentity> _modules = [];
    private readonly Dictionary<DumpThread, DumpThread> _threads = [];
    private readonly Dictionary<DumpLock, DumpLock> _locks = [];
    private readonly Dictionary<AsyncStack, AsyncStack> _stacks = [];
    // Threads refer to each other: their waits and locks are copied when all that led to them is.
    private readonly Queue<DumpThread> _open = [];

    private Redactor(RedactedNames names) => _names = names;

    /// <summary>Returns the copy.</summary>
    public static ThreadDump Redact(ThreadDump dump, Redaction redaction)
    {
        ThreadDump whole = dump.Unfiltered ?? dump;
        var redactor = new Redactor(new RedactedNames(redaction, AllFrames.Of(whole)));
        ThreadDump copy = redactor.Copy(whole);
        IReadOnlyList<Finding> findings = redactor.Findings(whole, copy);
        if (dump != whole)
            copy = redactor.Copy(dump);
        return copy with { IsRedacted = true, Unfiltered = null, Findings = findings, Notes = Notes(dump) };
    }

    private ThreadDump Copy(ThreadDump dump)
    {
        ThreadDump copy = dump with
        {
            Process = Process(dump.Process),
            Reason = dump.Reason is { } reason ? new DumpReason { Kind = reason.Kind, Text = ReasonText(reason.Kind), TraceId = _names.WholeOrNull(NameKind.Trace, reason.TraceId) } : null,
            Threads = Threads(dump.Threads),
            RuntimeThreads = [.. dump.RuntimeThreads.Select(t => t with { Name = _names.Unless(PublicWords.OfThreads, NameKind.Thread, t.Name)! })],
            AsyncStacks = Stacks(dump.AsyncStacks),
            Requests = [.. dump.Requests.Select(Request)],
            Deadlocks = [.. dump.Deadlocks.Select(d => new Deadlock([.. d.Steps.Select(Step)], Threads(d.Behind)))],
            ThreadPool = dump.ThreadPool is { } pool ? pool with
            {
                QueuedWork = [.. pool.QueuedWork.Select(w => w with { Type = _names.Code(w.Type) })],
                DueTimers = [.. pool.DueTimers.Select(t => t with { Callback = _names.CodeOrNull(t.Callback) })],
            } : null,
        };
        while (_open.TryDequeue(out DumpThread? thread))
            Complete(thread, _threads[thread]);
        return copy;
    }

    /// <summary>
    /// The analysis of the copy says the same in other names. What it does not find was not found in the dump alone: it is put in plain words.
    /// </summary>
    private IReadOnlyList<Finding> Findings(ThreadDump dump, ThreadDump copy)
    {
        IReadOnlyList<Finding> again = dump.HasStacks ? DumpAnalyzer.Analyze(copy).Findings : [];
        if (again.Select(static f => (f.Kind, f.Count)).SequenceEqual(dump.Findings.Select(static f => (f.Kind, f.Count))))
            return again;
        Finding[] plain =
        [
            .. dump.Findings.Select(f => PlainFindings.Of(f, Threads(f.Threads), [.. f.Locks.Select(Lock)], [.. f.Frames.Select(p => p with { Frame = Frame(p.Frame) })])),
        ];
        while (_open.TryDequeue(out DumpThread? thread))
            Complete(thread, _threads[thread]);
        return plain;
    }

    private static string[] Notes(ThreadDump dump)
    {
        string[] kept = [.. dump.Notes.Where(dump.PublicNotes.Contains)];
        int cut = dump.Notes.Count - kept.Length;
        return
        [
            .. kept,
            .. dump.HasStacks ? (string[])[] : ["Only the kernel's view of the threads is available."],
            .. dump.Unfiltered is { } all ? (string[])[FormattableString.Invariant($"Only selected threads: {dump.Threads.Count} of {all.Threads.Count}.")] : [],
            .. cut == 0 ? (string[])[] : [DiagnosisText.Count(cut, "note is left out, because it can contain names.", "notes are left out, because they can contain names.")],
            "Redacted: names of the program, of its libraries and threads are replaced, the same name by the same text. Names of the framework and line numbers are kept.",
        ];
    }

    private DumpedProcess Process(DumpedProcess process) => new()
    {
        Id = process.Id,
        Name = _names.Parts(process.Name),
        RuntimeVersion = process.RuntimeVersion,
        Platform = process.Platform,
        Uptime = process.Uptime,
    };

    private static string ReasonText(DumpReasonKind kind) => kind switch
    {
        DumpReasonKind.Signal => "a signal",
        DumpReasonKind.ThreadPool => "the thread pool did not run queued work",
        DumpReasonKind.Deadline => "a scope was not left in time",
        DumpReasonKind.Deadlock => "threads wait for each other",
        DumpReasonKind.SlowShutdown => "the shutdown takes too long",
        DumpReasonKind.UnhandledException => "an exception ends the process",
        DumpReasonKind.Request => "requested",
        _ => "another reason",
    };

    private RequestInFlight Request(RequestInFlight request) => new()
    {
        Method = _names.Unless(PublicWords.OfRequests, NameKind.HttpMethod, request.Method),
        Path = request.Path is { } path ? "/" + _names.Whole(NameKind.Request, path) : null,
        Age = request.Age,
        TraceId = _names.WholeOrNull(NameKind.Trace, request.TraceId),
        IsUpgraded = request.IsUpgraded,
        AsyncStack = request.AsyncStack is { } stack ? Stacks([stack])[0] : null,
        Thread = ThreadOrNull(request.Thread),
    };

    private DeadlockStep Step(DeadlockStep step) => new(Thread(step.Thread), Wait(step.Wait), Thread(step.WaitsFor));

    private DumpThread[] Threads(IReadOnlyList<DumpThread> threads) => [.. threads.Select(Thread)];

    private DumpThread? ThreadOrNull(DumpThread? thread) => thread is null ? null : Thread(thread);

    private DumpThread Thread(DumpThread thread)
    {
        if (_threads.TryGetValue(thread, out DumpThread? copy))
            return copy;
        copy = new DumpThread
        {
            OsId = thread.OsId,
            ManagedId = thread.ManagedId,
            Name = _names.Unless(PublicWords.OfThreads, NameKind.Thread, thread.Name),
            IsMain = thread.IsMain,
            Activity = thread.Activity,
            IsBackground = thread.IsBackground,
            IsThreadPool = thread.IsThreadPool,
            CpuTime = thread.CpuTime,
            HasExactCpuTime = thread.HasExactCpuTime,
            RecentCpu = thread.RecentCpu,
            OffCpuTime = thread.OffCpuTime,
            CurrentException = Exception(thread.CurrentException),
            Frames = Frames(thread.Frames),
            Completeness = thread.Completeness,
            IsOwn = thread.IsOwn,
        };
        _threads.Add(thread, copy);
        _open.Enqueue(thread);
        return copy;
    }

    private void Complete(DumpThread thread, DumpThread copy)
    {
        copy.WaitingFor = thread.WaitingFor is { } wait ? Wait(wait) : null;
        copy.HeldLocks = [.. thread.HeldLocks.Select(h => h with { Lock = Lock(h.Lock) })];
        copy.AsyncCallers = Frames(thread.AsyncCallers);
        copy.AwaitedFrameIndex = thread.AwaitedFrameIndex;
    }

    private DumpException? Exception(DumpException? exception) => exception is null ? null : new DumpException
    {
        Type = _names.Code(exception.Type),
        Message = _names.WholeOrNull(NameKind.Message, exception.Message),
        Inner = Exception(exception.Inner),
    };

    private DumpWait Wait(DumpWait wait) => new()
    {
        Kind = wait.Kind,
        FrameIndex = wait.FrameIndex,
        Object = wait.Object,
        ObjectType = _names.CodeOrNull(wait.ObjectType),
        Lock = wait.Lock is { } known ? Lock(known) : null,
        Joined = ThreadOrNull(wait.Joined),
        Timeout = wait.Timeout,
        AtLeast = wait.AtLeast,
        WaitsFor = Threads(wait.WaitsFor),
        CapturedContext = wait.CapturedContext is { } context ? context with
        {
            Type = _names.CodeOrNull(context.Type),
            Thread = Thread(context.Thread),
            Frame = context.Frame is { } frame ? Frame(frame) : null,
        } : null,
        Runners = Threads(wait.Runners),
        Gate = wait.Gate,
        Free = wait.Free,
        IsReleasedByWaiter = wait.IsReleasedByWaiter,
        IsForAny = wait.IsForAny,
    };

    private DumpLock Lock(DumpLock known)
    {
        if (_locks.TryGetValue(known, out DumpLock? copy))
            return copy;
        copy = new DumpLock
        {
            Address = known.Address,
            Kind = known.Kind,
            Type = _names.CodeOrNull(known.Type),
            Owner = ThreadOrNull(known.Owner),
            IsAbandoned = known.IsAbandoned,
            Readers = Threads(known.Readers),
            Upgrader = ThreadOrNull(known.Upgrader),
            LostReaders = known.LostReaders,
            Recursion = known.Recursion,
            Waiters = Threads(known.Waiters),
        };
        _locks.Add(known, copy);
        return copy;
    }

    private AsyncStack[] Stacks(IReadOnlyList<AsyncStack> stacks)
    {
        // Not recursive, because tasks can wait for tasks to any depth. The inner ones are copied first.
        var open = new Stack<AsyncStack>(stacks);
        while (open.TryPeek(out AsyncStack? stack))
        {
            int before = open.Count;
            if (!_stacks.ContainsKey(stack))
            {
                foreach (AsyncStack inner in stack.WaitingFor.Unfinished)
                {
                    if (!_stacks.ContainsKey(inner))
                        open.Push(inner);
                }
            }
            if (open.Count > before)
                continue;
            open.Pop();
            _stacks.TryAdd(stack, Stack(stack));
        }
        return [.. stacks.Select(s => _stacks[s])];
    }

    /// <summary>The stacks that it waits for are copied already.</summary>
    private AsyncStack Stack(AsyncStack stack) => new()
    {
        Frames = Frames(stack.Frames),
        WaitingFor = Wait(stack.WaitingFor),
        Innermost = stack.Innermost,
        IsTruncated = stack.IsTruncated,
        BlockedThreads = Threads(stack.BlockedThreads),
        Identity = stack.Identity,
    };

    private AsyncWait Wait(AsyncWait wait) => new()
    {
        Kind = wait.Kind,
        Type = _names.CodeOrNull(wait.Type),
        Object = wait.Object,
        Operation = _names.CodeOrNull(wait.Operation),
        RemoteEnd = _names.WholeOrNull(NameKind.RemoteEnd, wait.RemoteEnd),
        DueIn = wait.DueIn,
        Pending = wait.Pending,
        Total = wait.Total,
        Unfinished = [.. wait.Unfinished.Select(s => _stacks[s])],
        IsOfChannel = wait.IsOfChannel,
        Items = wait.Items,
        Capacity = wait.Capacity,
        Readers = wait.Readers,
        Writers = wait.Writers,
        Free = wait.Free,
        Limit = wait.Limit,
        IsReleasedByWaiter = wait.IsReleasedByWaiter,
        Thread = ThreadOrNull(wait.Thread),
    };

    private DumpFrame[] Frames(IReadOnlyList<DumpFrame> frames)
    {
        var copies = new DumpFrame[frames.Count];
        for (int i = 0; i < copies.Length; i++)
            copies[i] = Frame(frames[i]);
        return copies;
    }

    private DumpFrame Frame(DumpFrame frame)
    {
        if (_frames.TryGetValue(frame, out DumpFrame? copy))
            return copy;
        copy = new DumpFrame
        {
            Kind = frame.Kind,
            Method = Method(frame),
            // The text of the line is left out, also that of the framework.
            Source = frame.Source is { } source ? source with { Path = _names.Source(source.Path, frame.Module), Text = null, TextOrigin = SourceTextOrigin.NotRequested } : null,
            Symbols = frame.Symbols,
            Module = frame.Module is { } module ? Module(module) : null,
            MetadataToken = frame.MetadataToken,
            ILOffset = frame.ILOffset,
            Address = frame.Address,
            TypeArguments = [.. frame.TypeArguments.Select(a => _names.Code(a))],
            IsHidden = frame.IsHidden,
        };
        _frames.Add(frame, copy);
        return copy;
    }

    private MethodName Method(DumpFrame frame)
    {
        MethodName method = frame.Method;
        return frame.Module is { IsOfPlatform: true }
            ? new MethodName(_names.CodeOfPlatform(method.DeclaringType), _names.CodeOfPlatform(method.Name), method.TypeParameters, method.Parameters)
            : new MethodName(_names.Code(method.DeclaringType), _names.Code(method.Name, type: method.DeclaringType), _names.Code(method.TypeParameters), _names.Parameters(method.Parameters));
    }

    private ModuleIdentity Module(ModuleIdentity module)
    {
        if (_modules.TryGetValue(module, out ModuleIdentity? copy))
            return copy;
        // The id of a published library finds its name.
        copy = module with
        {
            Name = module.IsOfPlatform ? module.Name : _names.File(module.Name),
            Path = module.Path is { } path ? _names.Path(path) : null,
            Mvid = module.IsOfPlatform ? module.Mvid : null,
        };
        _modules.Add(module, copy);
        return copy;
    }
}
