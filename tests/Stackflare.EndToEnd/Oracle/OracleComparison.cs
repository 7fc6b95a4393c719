using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Oracle;

/// <summary>Holds a dump against what the debugger saw.</summary>
internal static class OracleComparison
{
    /// <summary>
    /// What the debugger sees of threads that stand still. Sometimes it lacks a frame of many threads, on a busy machine: it stops the process while the
    /// runtime changes its tables of code, which threads of the runtime's own do. So what counts is what it sees twice.
    /// </summary>
    public static IReadOnlyList<OracleThread> ViewSeenTwice(TargetProcess target, int[] still)
    {
        IReadOnlyList<OracleThread> view = DebuggerView.Of(target), before;
        do
            (before, view) = (view, DebuggerView.Of(target));
        while (!Array.TrueForAll(still, id => Frames(before, id).SequenceEqual(Frames(view, id))));
        return view;
    }

    /// <summary>Fails unless a thread that stands still has the same frames for both.</summary>
    public static void AssertSame(IReadOnlyList<OracleThread> view, JsonDump dump, int osId)
    {
        var thread = dump.Threads.Single(t => t.OsId == osId);
        var seen = view.Single(t => t.OsId == osId);
        if (thread.ManagedId is { } id)
            Assert.Equal(seen.ManagedId, id);

        Assert.NotEmpty(thread.Frames);

        // The dump knows the calls of native code where it knows ids. If they have managed code of their own, the debugger shows both.
        JsonFrame[] frames = [.. thread.Frames.Where(static f => f.Token != 0)];
        OracleFrame[] expected = [.. WithoutMethodsOfBlocks(Frames(seen, thread.ManagedId is not null), frames)];
        int same = frames.Length > 0 && expected.Length > 0 && IsBackFromCall(frames[0], expected[0]) ? 1 : 0;
        Assert.Equal(expected.Skip(same).Select(Text), frames.Skip(same).Select(static f => $"0x{f.Token:x8} at 0x{f.Address:x}"));
    }

    /// <summary>A finally block is a function that its method calls. The debugger shows both, the dump one frame of one method.</summary>
    private static List<OracleFrame> WithoutMethodsOfBlocks(IEnumerable<OracleFrame> seen, JsonFrame[] frames)
    {
        var left = new List<OracleFrame>();
        foreach (OracleFrame frame in seen)
        {
            if (left.Count == 0 || left[^1].Token != frame.Token || (left.Count < frames.Length && frames[left.Count].Address == frame.Address))
                left.Add(frame);
        }
        return left;
    }

    /// <summary>
    /// A thread that is back from native code, but may not run managed code yet, is some instructions behind its call. The debugger shows the call, which the
    /// runtime has recorded.
    /// </summary>
    private static bool IsBackFromCall(JsonFrame frame, OracleFrame seen) => frame.Token == seen.Token && frame.Address - seen.Address is > 0 and < 64;

    private static string Text(OracleFrame frame) => $"0x{frame.Token:x8} at 0x{frame.Address:x}";

    /// <summary>Stubs that the runtime makes have no token for either side, and not the same frames.</summary>
    private static IEnumerable<OracleFrame> Frames(OracleThread thread, bool calls = true) => thread.Frames.Where(f => (f.Token & 0xffffff) != 0 && (calls || f.Address != 0));

    private static IEnumerable<string> Frames(IReadOnlyList<OracleThread> view, int osId) => Frames(view.Single(t => t.OsId == osId)).Select(Text);
}
