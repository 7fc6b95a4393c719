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
    public static void AssertSame(IReadOnlyList<OracleThread> view, JsonDump dump, int osId) => AssertSame(view, dump, osId, isOfCore: false);

    /// <summary>
    /// The same for a core, of which two things are known that the debugger shows in another way. A catch or finally block is a function: the debugger shows it and its method, the dump one
    /// frame of one method. And code that was compiled ahead of time calls a helper before it calls native code: the debugger shows the return address of the helper, which the
    /// runtime has recorded, and a walk through the native code finds that of the call.
    /// </summary>
    public static void AssertSameAsCore(IReadOnlyList<OracleThread> view, JsonDump dump, int osId) => AssertSame(view, dump, osId, isOfCore: true);

    private static void AssertSame(IReadOnlyList<OracleThread> view, JsonDump dump, int osId, bool isOfCore)
    {
        var thread = dump.Threads.Single(t => t.OsId == osId);
        var seen = view.Single(t => t.OsId == osId);
        if (thread.ManagedId is { } id)
            Assert.Equal(seen.ManagedId, id);

        Assert.NotEmpty(thread.Frames);

        // The dump knows the calls of native code where it knows ids. If they have managed code of their own, the debugger shows both.
        JsonFrame[] frames = [.. thread.Frames.Where(static f => f.Token != 0)];
        List<OracleFrame> expected = [.. Frames(seen, thread.ManagedId is not null)];
        if (isOfCore)
        {
            RemoveMethodsOfBlocks(expected, frames);
            if (thread.Frames[0].Kind == "native" && frames is [var first, ..] && expected is [var known, ..] && IsBehindHelper(first, known))
                expected[0] = known with { Address = first.Address };
        }
        Assert.Equal(expected.Select(Text), frames.Select(static f => $"0x{f.Token:x8} at 0x{f.Address:x}"));
    }

    /// <summary>A block is behind the code of its method, so it is no recursion.</summary>
    private static void RemoveMethodsOfBlocks(List<OracleFrame> seen, JsonFrame[] frames)
    {
        for (int i = 1; i < seen.Count; i++)
        {
            if (seen[i].Token == seen[i - 1].Token && seen[i].Address < seen[i - 1].Address && (i >= frames.Length || frames[i].Address != seen[i].Address))
                seen.RemoveAt(i);
        }
    }

    /// <summary>The arguments are loaded between the two calls.</summary>
    private static bool IsBehindHelper(JsonFrame frame, OracleFrame seen) => frame.Token == seen.Token && frame.Address - seen.Address is > 0 and < 64;

    private static string Text(OracleFrame frame) => $"0x{frame.Token:x8} at 0x{frame.Address:x}";

    /// <summary>Stubs that the runtime makes have no token for either side, and not the same frames.</summary>
    private static IEnumerable<OracleFrame> Frames(OracleThread thread, bool calls = true) => thread.Frames.Where(f => (f.Token & 0xffffff) != 0 && (calls || f.Address != 0));

    private static IEnumerable<string> Frames(IReadOnlyList<OracleThread> view, int osId) => Frames(view.Single(t => t.OsId == osId)).Select(Text);
}
