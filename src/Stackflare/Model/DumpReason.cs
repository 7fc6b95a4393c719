namespace Stackflare;

/// <summary>Why a dump was taken. Immutable.</summary>
public sealed record DumpReason
{
    /// <summary>What asked for the dump.</summary>
    public required DumpReasonKind Kind { get; init; }

    /// <summary>
    /// The reason as a clause that can follow a colon, for example <c>queued work has waited for a thread of the pool for 5s</c>. One line without
    /// data of the program except names of its methods, files and signals.
    /// </summary>
    public required string Text { get; init; }

    /// <summary>
    /// The trace id of the <see cref="System.Diagnostics.Activity"/> that was current where the scope of <see cref="Flare.DumpAfter"/> began, or where the exception was thrown, by which logs and
    /// traces can be searched. Null if there was none, and for other reasons.
    /// </summary>
    public string? TraceId { get; init; }

    /// <summary>The text.</summary>
    public override string ToString() => Text;
}
