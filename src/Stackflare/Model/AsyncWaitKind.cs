namespace Stackflare;

/// <summary>What an async method waits for.</summary>
public enum AsyncWaitKind
{
    /// <summary>Not known: what is awaited could not be read.</summary>
    Unknown,

    /// <summary>For time to pass: <see cref="System.Threading.Tasks.Task.Delay(int)"/>.</summary>
    Delay,

    /// <summary>For the next tick of a <see cref="System.Threading.PeriodicTimer"/>.</summary>
    Timer,

    /// <summary>For a <see cref="System.Threading.Tasks.TaskCompletionSource"/>: for somebody to say that it is done.</summary>
    TaskCompletionSource,

    /// <summary>For a socket.</summary>
    Socket,

    /// <summary>For a stream, a pipe or a file.</summary>
    Stream,

    /// <summary>For a <see cref="System.Threading.SemaphoreSlim"/>.</summary>
    SemaphoreSlim,

    /// <summary>For a channel: for something to read, or room to write.</summary>
    Channel,

    /// <summary>For all of several tasks.</summary>
    WhenAll,

    /// <summary>For the first of several tasks.</summary>
    WhenAny,

    /// <summary>For a task that is no async method: a delegate that a thread runs or is to run.</summary>
    Work,

    /// <summary>For something else, which <see cref="AsyncWait.Type"/> names: another kind of task, a value task's source or an awaiter of the program's own.</summary>
    Other,

    /// <summary>For nothing more: what it waited for has completed, and it is to go on as soon as there is a thread for it.</summary>
    Ready,

    /// <summary>For nothing: a thread runs it.</summary>
    Running,

    /// <summary>For itself, through the methods of its stack: none of them will ever go on.</summary>
    Circle,
}
