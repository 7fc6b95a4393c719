using System.Globalization;
using System.Text;
using Stackflare.Model;

namespace Stackflare;

/// <summary>One thread that the runtime knows, as it was when the dump was taken. Immutable.</summary>
public sealed class DumpThread
{
    private const int MostFramesInText = 200;

    /// <summary>The kernel's id of the thread.</summary>
    public required OsThreadId OsId { get; init; }

    /// <summary>The runtime's id of the thread; null before .NET 9, where it cannot be had from outside the thread.</summary>
    public ManagedThreadId? ManagedId { get; init; }

    /// <summary><see cref="Thread.Name"/>, or the kernel's name of the thread (15 characters at most) where that is all there is; null for neither.</summary>
    public string? Name { get; init; }

    /// <summary>True for the thread that the process began with.</summary>
    public bool IsMain { get; init; }

    /// <summary>What the thread was doing.</summary>
    public ThreadActivity Activity { get; init; }

    /// <summary><see cref="Thread.IsBackground"/>; null where it is not known (before .NET 9).</summary>
    public bool? IsBackground { get; init; }

    /// <summary><see cref="Thread.IsThreadPoolThread"/>; null where it is not known (before .NET 9).</summary>
    public bool? IsThreadPool { get; init; }

    /// <summary>Processor time the thread has used since it began; null where it could not be read.</summary>
    public TimeSpan? CpuTime { get; init; }

    /// <summary>
    /// How busy the thread was right after the pause; null unless it was running the program's code when it was stopped, which is when it is measured.
    /// </summary>
    public RecentCpu? RecentCpu { get; init; }

    /// <summary>Full name of the type of the exception that the thread is handling; null if it handles none or that is not known.</summary>
    public string? CurrentException { get; init; }

    /// <summary>The stack, innermost frame first; frames that are hidden by default included.</summary>
    public IReadOnlyList<DumpFrame> Frames { get; init; } = [];

    /// <summary>How much of the stack <see cref="Frames"/> has.</summary>
    public StackCompleteness Completeness { get; init; }

    /// <summary>What the thread waits for; null if it does not wait, or not in a way that is known.</summary>
    public DumpWait? WaitingFor { get; internal set; }

    /// <summary>
    /// The locks that the thread holds, those taken last first, as far as they are known: of locks that nobody waits for, those whose taking frame still
    /// stands on the stack. Empty before .NET 9.
    /// </summary>
    public IReadOnlyList<HeldLock> HeldLocks { get; internal set; } = [];

    /// <summary>
    /// The async methods that wait for the one that the thread runs, innermost first: its callers, which are no longer on the stack once it has waited
    /// itself. Empty where there are none, or that is not known.
    /// </summary>
    public IReadOnlyList<DumpFrame> AsyncCallers { get; internal set; } = [];

    /// <summary>True for the thread that takes dumps. Formats leave it out unless asked for all.</summary>
    public bool IsOwn { get; init; }

    /// <summary>A name to show: <see cref="Name"/>, else <c>Main</c> for the first thread, else the managed or the kernel's id.</summary>
    public string DisplayName =>
        !string.IsNullOrEmpty(Name) ? Name
        : IsMain ? "Main"
        : ManagedId is { } id ? $"Thread {id}"
        : $"Thread {OsId}";

    /// <summary>
    /// The thread and its stack, a line for each frame that is not hidden: at most 200, and a line that counts the others. Names are escaped. What it waits for and holds is in
    /// <see cref="ThreadDump.ToString"/>.
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
            if (!frame.IsHidden && ++frames <= MostFramesInText)
                text.Append("\n   at ").Append(frame);
        }
        if (frames > MostFramesInText)
            text.Append(CultureInfo.InvariantCulture, $"\n   ... and {frames - MostFramesInText:N0} more frames");
        return text.ToString();
    }

    /// <summary>The first frame of the program from an index outwards, what is hidden left out; null if there is none.</summary>
    internal DumpFrame? ProgramFrameFrom(int index)
    {
        for (int i = index; i < Frames.Count; i++)
        {
            if (Frames[i] is { IsHidden: false, Module.IsOfPlatform: false } frame)
                return frame;
        }
        return null;
    }
}
