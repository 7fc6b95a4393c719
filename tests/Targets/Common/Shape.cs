namespace Stackflare.Targets.Common;

/// <summary>One arrangement of threads.</summary>
public abstract class Shape
{
    /// <summary>Starts the threads; returns at once.</summary>
    /// <param name="host">The program.</param>
    public abstract void Start(Host host);

    /// <summary>Whether the main thread has come to where it stands still in <see cref="OnMain"/>. Asked by another thread, until it is so.</summary>
    /// <param name="main">The main thread.</param>
    public virtual bool IsStill(Thread main) => (main.ThreadState & ThreadState.WaitSleepJoin) != 0;

    /// <summary>What the main thread does when all others have parked; returning ends the program.</summary>
    /// <param name="host">The program.</param>
    public virtual void OnMain(Host host) => host.WaitForExit();
}
