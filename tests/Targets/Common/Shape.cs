namespace Stackflare.Targets.Common;

/// <summary>One arrangement of threads.</summary>
public abstract class Shape
{
    /// <summary>Starts the threads; returns at once.</summary>
    /// <param name="host">The program.</param>
    public abstract void Start(Host host);

    /// <summary>What the main thread does after READY; returning ends the program.</summary>
    /// <param name="host">The program.</param>
    public virtual void OnMain(Host host) => host.WaitForExit();
}
