using Stackflare.EndToEnd.Harness;
using Xunit.Sdk;

namespace Stackflare.EndToEnd.Oracle;

/// <summary>The dump and the runtime's own debugging interface see the same stacks.</summary>
public sealed class OracleTests
{
    /// <summary>Runtimes and ways of compiling, with shapes of every kind of frame.</summary>
    public static TheoryData<string, string> Matrix => Flavours.WithShapes(Spread.Code, LooksAt.Debugger, [.. Flavours.StillShapes, "GuestRooms", "DeepRecursion"]);

    [RequiresPtraceTheory]
    [MemberData(nameof(Matrix))]
    public async Task EveryThreadHasTheSameFrames(string flavour, string shape)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), shape, TargetOptions.Default with { Shell = TargetOptions.Grandchild });
        var dump = await target.WholeDumpAsync();
        // The runtime's own threads come, go and move; these stand still.
        int[] still = [target.Pid, .. target.Truth.Threads.Where(t => !IsInHandler(t)).Select(t => t.OsId)];
        IReadOnlyList<OracleThread> view = DebuggerView.Of(target);
        try
        {
            AssertSame(view);
        }
        catch (XunitException)
        {
            AssertSame(OracleComparison.ViewSeenTwice(target, still));
        }

        void AssertSame(IReadOnlyList<OracleThread> view) => Assert.All(still, id => OracleComparison.AssertSame(view, dump, id));
    }

    /// <summary>Of a method in a catch or finally block, a debugger shows a second frame, in the try block, and the runtime's own frames between the two.</summary>
    private static bool IsInHandler(TruthThread thread) => thread.Name?.StartsWith("in a ", StringComparison.Ordinal) == true;
}
