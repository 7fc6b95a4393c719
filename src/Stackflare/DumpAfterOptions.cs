namespace Stackflare;

/// <summary>Options of <see cref="Flare.DumpAfter"/>. Immutable.</summary>
public sealed record DumpAfterOptions : WatchOptions
{
    /// <summary>Creates the default options.</summary>
    public DumpAfterOptions()
        : base(TimeSpan.FromSeconds(10))
    {
    }

    /// <summary>Whether another dump is taken each time the timeout has passed again; false by default.</summary>
    public bool Repeat { get; init; }

    /// <summary>
    /// The exit code with which the process ends after the dump, without running <c>finally</c> blocks or exit handlers. Null, the default, if the
    /// process continues. It ends also if no dump could be taken.
    /// </summary>
    public int? ExitCode { get; init; }
}
