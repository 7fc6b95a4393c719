using Stackflare.Runtime.Stacks;

namespace Stackflare.Capture.External;

/// <summary>The threads of a process, as the kernel shows and stops them. All calls about a thread that was seized must come from one thread.</summary>
internal interface IThreadControl
{
    /// <summary>Keeps this process running, as far as it can, until the result is disposed: if it were stopped, so would be the threads that it holds.</summary>
    IDisposable Guard();

    /// <summary>The ids of the process's threads.</summary>
    IEnumerable<int> List();

    /// <summary>Looks at a thread; null if it has ended or cannot be looked at.</summary>
    ThreadLook? Look(int thread);

    /// <summary>The processor time that a thread has used; null if not known.</summary>
    TimeSpan? CpuTime(int thread);

    /// <summary>Makes this process the tracer of a thread, which goes on; 0 or the negated errno.</summary>
    int Seize(int thread);

    /// <summary>Begins to stop a thread that was seized.</summary>
    void Interrupt(int thread);

    /// <summary>What has become of a thread that was seized. Does not wait.</summary>
    StopState Poll(int thread, out StoppedCall stopped);

    /// <summary>Lets a thread go on that has stopped.</summary>
    void Release(int thread, in StoppedCall stopped);
}

internal enum StopState
{
    /// <summary>It has not stopped yet.</summary>
    Pending,
    Stopped,

    /// <summary>It has ended.</summary>
    Ended,
}

/// <summary>A thread that is stopped.</summary>
/// <param name="Registers">Its registers.</param>
/// <param name="Signal">The signal that it was about to get, which it still must get; 0 for none.</param>
/// <param name="EndedCall">The number of the system call that the stop has ended with an error, because the kernel does not restart it; null if there is none.</param>
internal readonly record struct StoppedCall(Registers Registers, int Signal, int? EndedCall);
