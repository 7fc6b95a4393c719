using Stackflare.Capture.Probe;
using Stackflare.EndToEnd.Findings;
using Stackflare.EndToEnd.Harness;
using TargetProcess = Stackflare.EndToEnd.Harness.TargetProcess;

namespace Stackflare.EndToEnd.Async;

/// <summary>
/// Who takes the main profiler's place. Where somebody has had it, the runtime lets those beside it walk no stacks any more: so a dump that may not
/// take it has stacks if nobody has, and none if somebody did.
/// </summary>
public sealed class MainProfilerTests
{
    private static readonly CaptureOptions Forbidden = new() { AllowMainProfiler = false };

    [Theory]
    [InlineData("optimized")]
    [InlineData("net9")]
    public async Task ATrapThatIsSetTakesNobodysPlace(string flavour)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "AsyncWaits");
        await target.Trap.WaitUntilParkedAsync();
        Assert.True(HasStacks(target));

        // A dump that is asked for takes it, and finds the methods.
        using var dumps = new LiveDumps(target.Pid, target.Describe);
        Assert.NotEmpty(dumps.Take().AsyncStacks);
        Assert.False(HasStacks(target));
    }

    [Theory]
    [InlineData("optimized")]
    [InlineData("net9")]
    public async Task WhereItIsForbiddenADumpSaysWhatItHasNot(string flavour)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "AsyncWaits", TargetOptions.NoTrap);
        using var dumps = new LiveDumps(target.Pid, target.Describe, Forbidden with { AsyncStacks = AsyncStackMode.Always });
        AssertLeftOut(dumps.Take(), "an option or a variable forbids it");
        Assert.True(HasStacks(target));
    }

    [Fact]
    public async Task TheProgramsOwnVariableForbidsItToo()
    {
        var environment = new Dictionary<string, string?> { [ProfilerSlots.Forbidding] = "1" };
        await using var target = await TargetProcess.StartAsync(Flavour.Optimized, "AsyncWaits", TargetOptions.NoTrap with { Environment = environment });
        using var dumps = new LiveDumps(target.Pid, target.Describe, new CaptureOptions { AsyncStacks = AsyncStackMode.Always });
        AssertLeftOut(dumps.Take(), "an option or a variable forbids it");
        Assert.True(HasStacks(target));
    }

    [Fact]
    public async Task AProgramWithANotificationOnlyProfilerIsSpared()
    {
        var environment = new Dictionary<string, string?> { ["CORECLR_ENABLE_NOTIFICATION_PROFILERS"] = "1" };
        await using var target = await TargetProcess.StartAsync(Flavour.Optimized, "AsyncWaits", TargetOptions.NoTrap with { Environment = environment });
        using var dumps = new LiveDumps(target.Pid, target.Describe, new CaptureOptions { AsyncStacks = AsyncStackMode.Always });
        AssertLeftOut(dumps.Take(), "notification-only profiler");
        Assert.True(HasStacks(target));
    }

    private static void AssertLeftOut(ThreadDump dump, string reason)
    {
        Assert.False(dump.HasAsyncStacks);
        Assert.Contains(reason, Assert.Single(dump.Notes), StringComparison.Ordinal);
        Assert.Contains(dump.Threads, t => t.Frames.Count > 0);
    }

    internal static bool HasStacks(TargetProcess target)
    {
        using var dumps = new LiveDumps(target.Pid, target.Describe, Forbidden with { AsyncStacks = AsyncStackMode.Never });
        ThreadDump dump = dumps.Take();
        bool hasStacks = dump.Threads.Any(t => t.Frames.Count > 0);
        Assert.Equal(hasStacks, !dump.Notes.Any(n => n.StartsWith("There are no stacks", StringComparison.Ordinal)));
        return hasStacks;
    }
}
