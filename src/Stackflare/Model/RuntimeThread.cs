using Stackflare.Model;

namespace Stackflare;

/// <summary>
/// A native thread of the process that never ran managed code: the runtime's own (GC, tiered compilation, EventPipe) or a native library's.
/// </summary>
/// <param name="OsId">The kernel's id of the thread.</param>
/// <param name="Name">The kernel's name of the thread, 15 characters at most.</param>
/// <param name="Activity">What the thread was doing, according to the kernel.</param>
/// <param name="CpuTime">Processor time of the thread since it began, in units of the kernel's tick (10 ms).</param>
public sealed record RuntimeThread(OsThreadId OsId, string Name, ThreadActivity Activity, TimeSpan CpuTime)
{
    /// <summary>
    /// The kernel function in which the thread waits, for example <c>futex_wait_queue</c>; null if it was not read. It is read only
    /// if the runtime of the process does not answer.
    /// </summary>
    public string? WaitChannel { get; init; }

    /// <summary>The thread's name, id and activity, in one line. The name is escaped.</summary>
    public override string ToString() => $"\"{EscapedText.Quoted(Name)}\" tid={OsId} {Activity.ToString().ToLowerInvariant()}";
}
