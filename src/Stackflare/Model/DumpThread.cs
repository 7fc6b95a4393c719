using System.Globalization;
using System.Text;
using Stackflare.Model;

namespace Stackflare;

/// <summary>One thread that the runtime knows, at the time of the dump. Immutable.</summary>
public sealed class DumpThread
{
    private const int MaxFramesInText = 200;

    /// <summary>The kernel's id of the thread.</summary>
    public required OsThreadId OsId { get; init; }

    /// <summary>The runtime's id of the thread; null before .NET 9, where it cannot be read from outside the thread.</summary>
    public ManagedThreadId? ManagedId { get; init; }

    /// <summary>
    /// <see cref="Thread.Name"/>; if there is none, the kernel's name of the thread (15 characters at most); null if there is neither.
    /// </summary>
    public string? Name { get; init; }

    /// <summary>True for the first thread of the process.</summary>
    public bool IsMain { get; init; }

    /// <summary>What the thread was doing.</summary>
    public ThreadActivity Activity { get; init; }

    /// <summary><see cref="Thread.IsBackground"/>; null if not known (before .NET 9).</summary>
    public bool? IsBackground { get; init; }

    /// <summary><see cref="Thread.IsThreadPoolThread"/>; null if not known (before .NET 9).</summary>
    public bool? IsThreadPool { get; init; }

    /// <summary>Processor time of the thread since it began; null if it could not be read.</summary>
    public TimeSpan? CpuTime { get; init; }

    /// <summary>Whether <see cref="CpuTime"/> is exact: then two equal times mean that the thread has not run in between.</summary>
    internal bool HasExactCpuTime { get; init; }

    /// <summary>
    /// The processor use of the thread right after the pause. It is measured only for threads that ran the program's code when they were suspended;
    /// otherwise null.
    /// </summary>
    public RecentCpu? RecentCpu { get; init; }

    /// <summary>How long the thread has been off the processor; null if that was not measured.</summary>
    internal TimeSpan? OffCpuTime { get; init; }

    /// <summary>The exception that the thread is handling; null if there is none or it is not known.</summary>
    public DumpException? CurrentException { get; init; }

    /// <summary>The stack, innermost frame first, including frames that are hidden by default.</summary>
    public IReadOnlyList<DumpFrame> Frames { get; init; } = [];

    /// <summary>How much of the stack <see cref="Frames"/> contains.</summary>
    public StackCompleteness Completeness { get; init; }

    /// <summary>What the thread waits for; null if it does not wait, or if the wait is not recognized.</summary>
    public DumpWait? WaitingFor { get; internal set; }

    /// <summary>
    /// The known locks that the thread holds, the most recent first. A lock that no thread waits for is known only while the frame that took it is
    /// on the stack. Empty before .NET 9.
    /// </summary>
    public IReadOnlyList<HeldLock> HeldLocks { get; internal set; } = [];

    /// <summary>
    /// The async callers of the method that the thread runs, innermost first. They are no longer on the stack once that method has
    /// awaited. They end with the first method that several methods await: those are in <see cref="ThreadDump.AsyncStacks"/>. Empty if there are none
    /// or they are not known.
    /// </summary>
    public IReadOnlyList<DumpFrame> AsyncCallers { get; internal set; } = [];

    /// <summary>
    /// The index in <see cref="Frames"/> of the async method whose callers are in <see cref="AsyncCallers"/>. It is not always the outermost async method:
    /// completing one method can resume another one on the same stack. Null if there are no callers.
    /// </summary>
    public int? AwaitedFrameIndex { get; internal set; }

    /// <summary>True for the thread that takes dumps. By default, the formats leave it out.</summary>
    public bool IsOwn { get; init; }

    /// <summary>A name to show: <see cref="Name"/>; otherwise <c>Main</c> for the first thread, or the managed id, or the kernel's id.</summary>
    public string DisplayName =>
        !string.IsNullOrEmpty(Name) ? Name
        : IsMain ? "Main"
        : ManagedId is { } id ? $"Thread {id}"
        : $"Thread {OsId}";

    /// <summary>
    /// The thread and its stack, one line for each frame that is not hidden: 200 at most, then a line with the count of the rest. Names are escaped.
    /// Does not contain waits and locks; see <see cref="ThreadDump.ToString"/>.
    /// </summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        text.Append('"').Append(EscapedText.Quoted(DisplayName)).Append('"');
        if (ManagedId is { } id)
            text.Append(CultureInfo.InvariantCulture, $" #{id}");
        text.Append(CultureInfo.InvariantCulture, $" tid={OsId}");
        if (Activity != ThreadActivity.Unknown)
            text.Append(' ').Append(Activity.ToString().ToLowerInvariant());
        int frames = 0;
        foreach (DumpFrame frame in Frames)
        {
            if (!frame.IsHidden && ++frames <= MaxFramesInText)
                text.Append("\n   at ").Append(frame);
        }
        if (frames > MaxFramesInText)
            text.Append(CultureInfo.InvariantCulture, $"\n   ... and {frames - MaxFramesInText:N0} more frames");
        return text.ToString();
    }

    /// <summary>The frame at <see cref="AwaitedFrameIndex"/>; null if there is none.</summary>
    internal DumpFrame? AwaitedFrame => AwaitedFrameIndex is { } index && index < Frames.Count ? Frames[index] : null;

    /// <summary>
    /// The first visible frame of the program's own code at or outside of an index; null if there is none. For a P/Invoke, the frame that called it, because it has
    /// a source line.
    /// </summary>
    internal DumpFrame? ProgramFrameFrom(int index)
    {
        DumpFrame? call = null;
        for (int i = index; i < Frames.Count; i++)
        {
            if (Frames[i] is not { IsHidden: false, Module.IsOfPlatform: false } frame)
                continue;
            if (frame.Kind != FrameKind.PInvoke)
                return frame;
            call ??= frame;
        }
        return call;
    }
}
