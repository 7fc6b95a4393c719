using Stackflare.Model;

namespace Stackflare;

/// <summary>
/// A native thread of the process that has no managed side: the runtime's own (GC, tiered compilation, EventPipe) or a native library's.
/// </summary>
/// <param name="OsId">The kernel's id of the thread.</param>
/// <param name="Name">The kernel's name of the thread, 15 characters at most.</param>
/// <param name="Activity">What the kernel says that the thread was doing.</param>
/// <param name="CpuTime">Processor time the thread has used since it began, to the kernel's tick (10 ms).</param>
public sealed record RuntimeThread(OsThreadId OsId, string Name, ThreadActivity Activity, TimeSpan CpuTime)
{
    /// <summary>
    /// The kernel's function that the thread waits in, for example <c>futex_wait_queue</c>; null where it was not read. Only dumps of
    /// processes whose runtime does not answer have it.
    /// </summary>
    public string? WaitChannel { get; init; }

    /// <summary>The thread's name, id and activity, one line. The name is escaped.</summary>
    public override string ToString() => $"\"{EscapedText.Quoted(Name)}\" tid={OsId} {Activity.ToString().ToLowerInvariant()}";
}
