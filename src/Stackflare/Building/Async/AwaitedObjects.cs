using Stackflare.Snapshots;

namespace Stackflare.Building.Async;

/// <summary>
/// Finds what a method waits for, by the framework's types. It follows the objects between one method and another: time limits, continuations, and
/// tasks that wrap tasks.
/// </summary>
internal sealed class AwaitedObjects(HeapObjects objects, AsyncBoxes boxes)
{
    private const int MaxSteps = 64;

    private readonly ParallelLoops _loops = new(objects, boxes);
    private readonly Promises _promises = new(objects);
    private readonly ChannelQueues _channels = new(objects);
    private readonly SemaphoreQueues _semaphores = new(objects);
    private readonly RemoteEnds _remoteEnds = new(objects);
    private int _between;

    public Promises Promises => _promises;

    public ChannelQueues Channels => _channels;

    /// <summary>See <see cref="ParallelLoops.WorkersOf"/>.</summary>
    public IReadOnlyList<ulong> WorkersOf(ulong task) => _loops.WorkersOf(task);

    /// <summary>The incomplete tasks that a promise or a parallel loop waits for: see <see cref="Promises.TasksOf"/>.</summary>
    public (List<ulong> Unfinished, int? Pending, int? Total) TasksOf(int index) => _loops.WorkersOf(objects[index].Address) is { Count: > 0 } workers
        ? ([.. workers.Take(AsyncLimits.Unfinished)], workers.Count, null)
        : _promises.TasksOf(index);

    /// <summary>What a method waits for. A running method waits for nothing.</summary>
    public Awaited AwaitedBy(in AsyncBox box) => box.Inner >= 0 ? new Awaited(default, Box: box.Inner, Object: box.Object)
        : box.State == AsyncBox.Running ? new Awaited(AsyncWaitKind.Running)
        : box.Awaited == 0 ? WithoutObject(box)
        : At(box.Awaited, box.Awaiter);

    /// <summary>What the object at an address waits for.</summary>
    /// <param name="address">The address.</param>
    /// <param name="awaiter">Simple name of the type of the awaiter that refers to it; null if there is none.</param>
    public Awaited At(ulong address, string? awaiter = null)
    {
        TimeSpan? due = null;
        bool mayBeGivenUp = false;
        for (int step = 0; step < MaxSteps && (step == 0 || _between++ < AsyncLimits.Between); step++)
        {
            int index = objects.Find(address);
            if (index < 0)
                return new Awaited(IsOfPlatform(awaiter) ? AsyncWaitKind.Unknown : AsyncWaitKind.Other, Type: Named(awaiter), DueIn: due);
            if (objects.Is(index, HeapObjectTraits.Completed))
                return new Awaited(AsyncWaitKind.Ready, Object: index);
            if (objects.Is(index, HeapObjectTraits.Method | HeapObjectTraits.Machine))
            {
                if (boxes.IndexOf(index) is >= 0 and var box)
                    return new Awaited(default, Box: box, Object: index, DueIn: due, MayBeGivenUp: mayBeGivenUp);
                // Without its assembly, its state is not known either.
                return new Awaited(boxes.CanRead(index) ? AsyncWaitKind.Ready : AsyncWaitKind.Unknown, Object: index);
            }
            if (objects.Is(index, HeapObjectTraits.Suspended | HeapObjectTraits.Continuation))
            {
                if (boxes.IndexOf(index) is >= 0 and var suspended)
                    return new Awaited(default, Box: suspended, Object: index, DueIn: due, MayBeGivenUp: mayBeGivenUp);
                // A task without a method waits for what it passes on. If it passes on nothing, a thread runs it.
                // If it has a method that was not copied, nothing is known.
                if (boxes.PassedOnTo(index) is not (not 0 and var passedOn))
                    return new Awaited(objects.Word(index, "m_stateObject") is null or 0 ? AsyncWaitKind.Running : AsyncWaitKind.Unknown, Object: index, DueIn: due);
                address = passedOn;
                continue;
            }
            string type = objects.Definition(index);
            if (!objects.Is(index, HeapObjectTraits.Task))
                return Source(index, type) with { DueIn = due };
            string name = LastPart(type);
            if (name == "CancellationPromise`1")
                (due, mayBeGivenUp) = (Earlier(due, Due(index, "_timer")), true);
            // These objects can be between a method and what it waits for: time limits, and tasks that begin when another task ends.
            string? inner = name switch
            {
                "CancellationPromise`1" => "_task",
                "ValueTaskSourceAsTask" => "_source",
                "ContinuationTaskFromTask" or "ContinuationResultTaskFromTask`1" or "ContinuationTaskFromResultTask`1" or "ContinuationResultTaskFromResultTask`2" => "m_antecedent",
                _ => null,
            };
            ulong? next = inner is not null ? objects.Word(index, inner) : name == "UnwrapPromise`1" ? Unwrapped(address) : null;
            if (next is null or 0)
            {
                Awaited found = Task(index, name);
                return found with { DueIn = Earlier(due, found.DueIn) };
            }
            address = next.Value;
        }
        return new Awaited(AsyncWaitKind.Unknown);
    }

    private static string LastPart(string type) => type.StartsWith("System.Threading.", StringComparison.Ordinal) ? type[(type.LastIndexOf('.') + 1)..] : type;

    private static TimeSpan? Earlier(TimeSpan? one, TimeSpan? other) => one is { } a && other is { } b ? (a < b ? a : b) : one ?? other;

    /// <summary>The inner task of an Unwrap: the one that continues with the promise and is not the outer delegate's task.</summary>
    private ulong? Unwrapped(ulong promise)
    {
        foreach (int from in _promises.ContinuationSources(promise).Take(MaxSteps))
        {
            _between++;
            if (objects.Is(from, HeapObjectTraits.Method | HeapObjectTraits.Suspended) || objects.Word(from, "m_action") is 0)
                return objects[from].Address;
        }
        return null;
    }

    private Awaited Task(int index, string name)
    {
        string type = objects.Type(index);
        return name switch
        {
            "DelayPromise" or "DelayPromiseWithCancellation" => new Awaited(AsyncWaitKind.Delay, Object: index, Type: type, DueIn: Due(index, "_timer")),
            "WhenAllPromise" or "WhenAllPromise`1" or "CompleteOnCountdownPromise" or "CompleteOnCountdownPromise`1" => new Awaited(AsyncWaitKind.WhenAll, Object: index, Type: type),
            "TwoTaskWhenAnyPromise`1" or "CompleteOnInvokePromise`1" => new Awaited(AsyncWaitKind.WhenAny, Object: index, Type: type),
            "TaskNode" when _semaphores.SemaphoreOf(index) is var semaphore => new Awaited(AsyncWaitKind.SemaphoreSlim, Object: semaphore, Type: "System.Threading.SemaphoreSlim"),
            "UnwrapPromise`1" => new Awaited(AsyncWaitKind.Work, Object: index, Type: type),
            "Task" when _loops.WorkersOf(objects[index].Address).Count > 0 => new Awaited(AsyncWaitKind.WhenAll, Object: index, Type: AsyncWait.ParallelLoop),
            "Task" or "Task`1" => new Awaited(objects.Word(index, "m_action") is 0 ? AsyncWaitKind.TaskCompletionSource : AsyncWaitKind.Work, Object: index, Type: type),
            _ => new Awaited(AsyncWaitKind.Other, Object: index, Type: type),
        };
    }

    private Awaited Source(int index, string definition)
    {
        AsyncWaitKind kind = AsyncWaitKind.Other;
        string? operation = null, remote = null;
        if (definition.StartsWith("System.Threading.Channels.", StringComparison.Ordinal))
        {
            kind = AsyncWaitKind.Channel;
            // Before .NET 10, the type does not distinguish waiting for data from waiting to write.
            operation = definition.Contains("Write", StringComparison.Ordinal) || definition.Contains("WithData", StringComparison.Ordinal) ? "Write"
                : definition.Contains("Read", StringComparison.Ordinal) ? "Read"
                : null;
            if (_channels.ChannelOf(index) is >= 0 and var channel)
                return new Awaited(kind, Object: channel, Type: objects.Type(channel), Operation: operation);
        }
        else if (definition == "System.Threading.PeriodicTimer.State")
        {
            kind = AsyncWaitKind.Timer;
        }
        else if (objects.IsA(index, "System.Net.Sockets.SocketAsyncEventArgs"))
        {
            kind = AsyncWaitKind.Socket;
            operation = SocketOperation(objects.Number(index, "_completedOperation"));
            remote = _remoteEnds.Of(index, operation);
        }
        else if (definition.StartsWith("System.IO.", StringComparison.Ordinal) || definition.StartsWith("Microsoft.Win32.SafeHandles.", StringComparison.Ordinal))
        {
            kind = AsyncWaitKind.Stream;
            operation = definition.EndsWith("Reader", StringComparison.Ordinal) ? "Read" : definition.EndsWith("Writer", StringComparison.Ordinal) ? "Write" : null;
        }
        return new Awaited(kind, Object: index, Type: objects.Type(index), Operation: operation, RemoteEnd: remote);
    }

    /// <summary>The members of <c>SocketAsyncOperation</c>. The field contains the current operation.</summary>
    private static string? SocketOperation(int? number) => number switch
    {
        1 => "Accept",
        2 => "Connect",
        3 => "Disconnect",
        4 => "Receive",
        5 => "ReceiveFrom",
        6 => "ReceiveMessageFrom",
        7 => "Send",
        8 => "SendPackets",
        9 => "SendTo",
        _ => null,
    };

    private TimeSpan? Due(int index, string field)
    {
        const int fired = -1;
        int timer = objects.Reference(index, field);
        if (timer < 0 || objects.Number(timer, "_dueTime") is not { } due)
            return null;
        // The timer fires once. Its callback may then wait for a thread.
        if (due == fired)
            return TimeSpan.Zero;
        // Both are in milliseconds, by the same clock that the probe read during the pause.
        return objects.Heap.Now > TimeSpan.Zero && objects.Word(timer, "_startTicks") is { } start
            ? Milliseconds((double)(uint)due - ((objects.Heap.Now.Ticks / TimeSpan.TicksPerMillisecond) - (double)(long)start))
            : null;
    }

    /// <summary>Null for an impossible value: the start time of a timer is the program's data.</summary>
    private static TimeSpan? Milliseconds(double ms) => Math.Abs(ms) < TimeSpan.MaxValue.TotalMilliseconds / 2 ? TimeSpan.FromMilliseconds(ms) : null;

    private static Awaited WithoutObject(in AsyncBox box) => box.Awaiter switch
    {
        AsyncBoxes.Yield => new Awaited(AsyncWaitKind.Ready),
        null => new Awaited(AsyncWaitKind.Unknown),
        // The thread has cleared its awaiter and has not yet set its state to running.
        _ when IsOfPlatform(box.Awaiter) => new Awaited(AsyncWaitKind.Running),
        _ => new Awaited(AsyncWaitKind.Other, Type: Named(box.Awaiter)),
    };

    /// <summary>An awaiter that is a class is kept in a field of type Object.</summary>
    private static string? Named(string? awaiter) => awaiter == "Object" ? null : awaiter;

    /// <summary>Whether the awaiter is one for tasks, so that the awaited object is a framework type.</summary>
    private static bool IsOfPlatform(string? awaiter) => awaiter is null || IsForTasks(awaiter);

    /// <summary>Whether it is a framework awaiter for tasks.</summary>
    public static bool IsForTasks(string? awaiter) => awaiter is "TaskAwaiter" or "TaskAwaiter`1" or "ConfiguredTaskAwaiter" or "ValueTaskAwaiter"
        or "ValueTaskAwaiter`1" or "ConfiguredValueTaskAwaiter";
}
