using Microsoft.Diagnostics.Runtime;
using Stackflare.EndToEnd.Harness;
using Stackflare.EndToEnd.Oracle;
using TargetProcess = Stackflare.EndToEnd.Harness.TargetProcess;

namespace Stackflare.EndToEnd.Async;

/// <summary>The snapshot and the runtime's own debugging interface see the same async methods.</summary>
public sealed class AsyncOracleTests
{
    private const int Completed = 0x01600000;

    [RequiresPtraceTheory]
    [InlineData("optimized")]
    [InlineData("unoptimized")]
    [InlineData("net9")]
    public async Task EachBoxIsTheSame(string flavour)
    {
        await using var target = await TargetProcess.StartAsync(
            Flavour.Named(flavour), "AsyncWaits", TargetOptions.NoTrap with { Arguments = ["--boxes", "500"], Shell = TargetOptions.Grandchild });
        HeapView view = HeapView.Of(target);
        ulong[] seen = DebuggerView.Read(target.Pid, runtime => runtime.Heap.EnumerateObjects().Where(IsWaiting).Select(o => o.Address).Order().ToArray());
        Assert.True(seen.Length > 500);
        Assert.Equal(seen, view.Methods.Select(m => m.Record.Address).Order());
    }

    private static bool IsWaiting(ClrObject o) =>
        o.Type?.Name is { } name && name.Contains("StateMachineBox<", StringComparison.Ordinal)
        && (o.Type.GetFieldByName("m_stateFlags") is null || (o.ReadField<int>("m_stateFlags") & Completed) == 0);
}
