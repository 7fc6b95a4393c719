namespace Stackflare.Analysis;

/// <summary>Which time of a thread counts in a recording.</summary>
internal enum RecordingMode
{
    /// <summary>All of it.</summary>
    Wall,

    /// <summary>Only the time in which it ran, by the kernel's clock of the thread.</summary>
    Cpu,

    /// <summary>Only the time in which it did not run.</summary>
    Blocked,
}
