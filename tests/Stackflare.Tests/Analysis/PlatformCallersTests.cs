using Stackflare.Analysis;
using Stackflare.Tests.Writers;

namespace Stackflare.Tests.Analysis;

/// <summary>What calls the program is shown by the innermost frame that says something, and the rest is counted.</summary>
public sealed class PlatformCallersTests
{
    private static readonly DumpFrame Mine = Build.Frame("Mine", 1, null), Outer = Build.Frame("Outer", 2, null);
    private static readonly DumpFrame Read = Build.Platform("System.IO.Stream", "Read"), Pipeline = Build.Platform("System.Web.Pipeline", "Invoke");
    private static readonly DumpFrame Start = Build.Platform("System.Threading.Thread", "StartCallback"), Fire = Build.Platform("System.Threading.TimerQueueTimer", "Fire");
    private static readonly DumpFrame Dispatch = Build.Platform("System.Threading.ThreadPoolWorkQueue", "Dispatch"), Stub = Build.Platform("", "Stub", hidden: true);

    public static TheoryData<string, DumpFrame[], DumpFrame[]> Stacks => new()
    {
        { "the program alone", [Mine, Outer], [Mine, Outer] },
        { "a thread's start", [Read, Mine, Start], [Read, Mine] },
        { "a work item", [Mine, Stub, Dispatch, Fire, Start], [Mine] },
        { "a timer", [Mine, Fire, Dispatch, Start], [Mine, Fire] },
        { "a pipeline", [Mine, Pipeline, Pipeline, Dispatch, Start], [Mine, Pipeline] },
        { "the framework between", [Mine, Pipeline, Read, Outer, Start], [Mine, Pipeline, Read, Outer] },
        { "no program", [Read, Pipeline, Start], [Read, Pipeline, Start] },
        { "a hidden method of the program", [Read, Build.Frame("Main", 3, null, hidden: true), Start], [Read, Start] },
    };

    [Theory, MemberData(nameof(Stacks), DisableDiscoveryEnumeration = true)]
    public void OneFrameOutsideOfTheProgramAtMost(string stack, DumpFrame[] frames, DumpFrame[] shown)
    {
        ThreadDump dump = Build.Dump(Build.Thread(1, "a", ThreadActivity.Running, frames));
        using var stacks = new VisibleStacks(dump.Threads, all: false);
        Assert.Equal(shown, stacks.Stacks[0].ToArray().Select(id => stacks.Frames[id]));
        Assert.Equal(frames.Length - shown.Length, stacks.HiddenFrames);
        Assert.Equal(shown, VisibleFrames.Of(frames, all: false));
        Assert.Equal(frames, VisibleFrames.Of(frames, all: true));

        using var all = new VisibleStacks(dump.Threads, all: true);
        Assert.Equal(frames.Length, all.Stacks[0].Length);
        using var profile = new VisibleStacks(dump.Threads, all: false, callers: true);
        Assert.True(frames.Count(f => !f.IsHidden) == profile.Stacks[0].Length, stack);
    }

    /// <summary>Without the outermost frames, the program's outermost one is not known.</summary>
    [Theory, InlineData(StackCompleteness.Truncated), InlineData(StackCompleteness.Broken)]
    public void AllFramesOfACutStackAreShown(StackCompleteness completeness)
    {
        using var stacks = new VisibleStacks([Build.Thread(1, "a", ThreadActivity.Running, [Mine, Pipeline, Dispatch, Start], completeness: completeness)], all: false);
        Assert.Equal(4, stacks.Stacks[0].Length);
    }

    /// <summary>The note about a lock needs the frame above it.</summary>
    [Fact]
    public void FramesWithLocksStay()
    {
        DumpThread thread = Build.Thread(1, "a", ThreadActivity.Running, [Mine, Pipeline, Dispatch, Start, Start]);
        thread.HeldLocks = [new HeldLock(new DumpLock { Address = new ObjectAddress(0x10), Kind = LockKind.Monitor, Type = "MyApp.Gate" }, 3, IsShared: false)];
        string text = Render.Text(Build.Dump(thread));
        Assert.Contains("Thread.StartCallback()\n   - locked <0x10> (MyApp.Gate)\n", text, StringComparison.Ordinal);
        Assert.Contains("Not shown: 1 hidden frame.", text, StringComparison.Ordinal);
    }
}
