using System.Collections.Frozen;

namespace Stackflare.Analysis;

/// <summary>
/// The framework's frames outside of the program's outermost frame: the thread's start, the pool's loop, a web server's pipeline. A stack shows only
/// the innermost of them, which called the program, and not even that if it only runs a thread, a work item or a task.
/// </summary>
internal static class PlatformCallers
{
    private const string Threading = "System.Threading.";

    /// <summary>Types whose methods call the program only to run what it has started or queued, spelled as in <see cref="MethodName"/>.</summary>
    private static readonly FrozenSet<string> Starters = new[]
    {
        Threading + "Thread",
        Threading + "PortableThreadPool.WorkerThread",
        Threading + "ThreadPoolWorkQueue",
        Threading + "QueueUserWorkItemCallback",
        Threading + "QueueUserWorkItemCallback`1",
        Threading + "QueueUserWorkItemCallbackDefaultContext",
        Threading + "QueueUserWorkItemCallbackDefaultContext`1",
        Threading + "ExecutionContext",
        Threading + "Tasks.Task",
        Threading + "Tasks.Task`1",
        Threading + "Tasks.AwaitTaskContinuation",
        Threading + "Thread.StartHelper",
    }.ToFrozenSet();

    /// <summary>How many of a thread's frames are shown or hidden by other rules; the frames after these are left out.</summary>
    public static int EndOf(DumpThread thread)
    {
        IReadOnlyList<DumpFrame> frames = thread.Frames;
        // If outer frames are missing, it is not known which one is the program's outermost.
        if (thread.Completeness is StackCompleteness.Truncated or StackCompleteness.Broken)
            return frames.Count;
        int end = EndOf(frames);
        if (end == frames.Count)
            return end;
        // A lock is printed below a frame, so that frame must stay.
        if (thread.WaitingFor is { IsForKnown: true, FrameIndex: var last })
            end = Math.Max(end, Math.Min(last + 1, frames.Count));
        foreach (HeldLock held in thread.HeldLocks)
            end = Math.Max(end, Math.Min((held.FrameIndex ?? -1) + 1, frames.Count));
        return end;
    }

    /// <summary>The same for frames of async methods.</summary>
    public static int EndOf(IReadOnlyList<DumpFrame> frames)
    {
        int program = frames.Count - 1;
        while (program >= 0 && frames[program] is not { IsHidden: false, Module.IsOfPlatform: false })
            program--;
        if (program < 0)
            return frames.Count;
        for (int i = program + 1; i < frames.Count; i++)
        {
            if (!frames[i].IsHidden)
                return IsStarter(frames[i]) ? program + 1 : i + 1;
        }
        return frames.Count;
    }

    private static bool IsStarter(DumpFrame frame) =>
        frame.Module is { Name: "System.Private.CoreLib.dll" } && Starters.Contains(frame.Method.DeclaringType);
}
