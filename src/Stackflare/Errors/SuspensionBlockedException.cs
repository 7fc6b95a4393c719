using System.Globalization;

namespace Stackflare;

/// <summary>
/// A thread of the program blocks in native code in which the runtime cannot suspend it. A dump would freeze
/// the program until that thread continues, so it is not taken. The next garbage collection will freeze the program.
/// </summary>
public sealed class SuspensionBlockedException : StackflareException
{
    internal SuspensionBlockedException(IReadOnlyList<SuspensionBlocker> blockers, TimeSpan? stoodStill)
        : base(
            StackflareError.SuspensionBlocked,
            $"The runtime cannot stop the program: {Reason(blockers)}. {Consequence(stoodStill)}",
            "A garbage collection would freeze the program until that thread continues. Remove SuppressGCTransition from native calls that can wait, or detach the debugger.")
    {
        Blockers = blockers;
        StoodStill = stoodStill;
    }

    /// <summary>The threads that cannot be suspended, in no order.</summary>
    public IReadOnlyList<SuspensionBlocker> Blockers { get; }

    /// <summary>
    /// How long the program was paused, if the thread blocked during the dump, which was then cancelled. Null if the blocked thread was found before,
    /// so that nothing was suspended.
    /// </summary>
    public TimeSpan? StoodStill { get; }

    private static string Reason(IReadOnlyList<SuspensionBlocker> blockers) => blockers switch
    {
        [] => "a thread does not stop",
        [var only] => Thread(only),
        _ => string.Create(CultureInfo.InvariantCulture, $"{blockers.Count} threads do not stop, one of them {Thread(blockers[0])}"),
    };

    private static string Thread(SuspensionBlocker blocker) => $"\"{blocker.Thread.DisplayName}\" tid={blocker.Thread.OsId} " + blocker switch
    {
        { IsHeld: true } => "is held by a debugger",
        { SystemCall: { } call } => $"waits in the system call {call}, in a native call that blocks the suspension",
        _ => "runs native code that blocks the suspension",
    };

    private static string Consequence(TimeSpan? stoodStill) => stoodStill is { } time
        ? string.Create(CultureInfo.InvariantCulture, $"It was paused for {Math.Ceiling(time.TotalMilliseconds)} ms and continues.")
        : "It was not stopped.";
}
