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
        Assert.Equal(Frames(view, osId, thread.ManagedId is not null), thread.Frames.Where(f => f.Token != 0).Select(f => $"0x{f.Token:x8} at 0x{f.Address:x}"));
    }

    /// <summary>Stubs that the runtime makes have no token for either side, and not the same frames.</summary>
    private static IEnumerable<string> Frames(IReadOnlyList<OracleThread> view, int osId, bool calls = true) =>
        view.Single(t => t.OsId == osId).Frames.Where(f => (f.Token & 0xffffff) != 0 && (calls || f.Address != 0)).Select(f => $"0x{f.Token:x8} at 0x{f.Address:x}");
}
