namespace Stackflare;

/// <summary>A thread of a deadlock, and what it waits for.</summary>
/// <param name="Thread">The thread.</param>
/// <param name="Wait">What it waits for: its <see cref="DumpThread.WaitingFor"/>.</param>
/// <param name="WaitsFor">The next thread of the cycle.</param>
public sealed partial record DeadlockStep(DumpThread Thread, DumpWait Wait, DumpThread WaitsFor)
{
    /// <summary>The innermost frame of the program's own code in which the thread waits; null if there is none.</summary>
    public DumpFrame? Frame => Thread.ProgramFrameFrom(Wait.FrameIndex);
}
