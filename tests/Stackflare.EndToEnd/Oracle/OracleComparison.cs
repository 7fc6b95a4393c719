using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Oracle;

/// <summary>Holds a dump against what the debugger saw.</summary>
internal static class OracleComparison
{
    /// <summary>Fails unless a thread that stands still has the same frames for both.</summary>
    public static void AssertSame(IReadOnlyList<OracleThread> view, JsonDump dump, int osId)
    {
        var thread = dump.Threads.Single(t => t.OsId == osId);
        var seen = view.Single(t => t.OsId == osId);
        if (thread.ManagedId is { } id)
            Assert.Equal(seen.ManagedId, id);

        Assert.NotEmpty(thread.Frames);

        // Stubs that the runtime makes have no token for either side, and not the same frames.
        // The dump knows the calls of native code where it knows ids. If they have managed code of their own, the debugger shows both.
        bool knowsCalls = thread.ManagedId is not null;
        Assert.Equal(
            seen.Frames.Where(f => (f.Token & 0xffffff) != 0 && (knowsCalls || f.Address != 0)).Select(f => $"0x{f.Token:x8} at 0x{f.Address:x}"),
            thread.Frames.Where(f => f.Token != 0).Select(f => $"0x{f.Token:x8} at 0x{f.Address:x}"));
    }
}
