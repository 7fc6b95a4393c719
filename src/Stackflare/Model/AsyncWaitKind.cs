namespace Stackflare;

/// <summary>What an async method waits for.</summary>
public enum AsyncWaitKind
{
    /// <summary>Not known: the awaited object could not be read.</summary>
    Unknown,

    /// <summary>A delay: <see cref="System.Threading.Tasks.Task.Delay(int)"/>.</summary>
    Delay,

    /// <summary>The next tick of a <see cref="System.Threading.PeriodicTimer"/>.</summary>
    Timer,

    /// <summary>A <see cref="System.Threading.Tasks.TaskCompletionSource"/> that other code must complete.</summary>
    TaskCompletionSource,

    /// <summary>A socket.</summary>
    Socket,

    /// <summary>A stream, a pipe or a file.</summary>
    Stream,

    /// <summary>A <see cref="System.Threading.SemaphoreSlim"/>.</summary>
    SemaphoreSlim,

    /// <summary>A channel: an item to read, or space to write.</summary>
    Channel,

    /// <summary>All of several tasks.</summary>
    WhenAll,

    /// <summary>The first of several tasks.</summary>
    WhenAny,

    /// <summary>A task that is not an async method: a delegate that a thread runs or will run.</summary>
    Work,

    /// <summary>
    /// Something else, with the type in <see cref="AsyncWait.Type"/>: another kind of task, the source of a value task, or an awaiter of the program.
    /// </summary>
    Other,

    /// <summary>Nothing: the awaited operation has completed, and the method continues when a thread is available.</summary>
    Ready,

    /// <summary>Nothing: a thread runs the method.</summary>
    Running,

    /// <summary>The method itself, through the methods of its stack: none of them can ever continue.</summary>
    Cycle,
}
