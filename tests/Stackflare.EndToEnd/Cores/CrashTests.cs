using Stackflare.EndToEnd.Cli.Harness;
using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Cores;

/// <summary>Cores that the kernel writes when a process crashes.</summary>
public sealed class CrashTests
{
    /// <summary>SIGSYS: the runtime has a handler for most others that end a process.</summary>
    private const int Ending = 31;

    /// <summary>Whatever the kernel's filter leaves out: 0x33 is the usual one, 0x3f has everything.</summary>
    [RequiresKernelCoresTheory]
    [InFlavours("optimized", LooksAt.Cores, "33")]
    [InFlavours("net11", LooksAt.Cores, "3f")]
    [InFlavours("net11, single file", LooksAt.Cores, "33")]
    public async Task ACoreOfTheKernelHasEveryThread(string flavour, string filter)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "LanguageMembers", KernelCores.With(filter));
        target.Signal(Ending);
        JsonDump dump = await DumpAsync(target);
        Assert.All(target.Truth.Threads.Where(static t => t.Name != "bare"), thread => thread.AssertIn(dump));
        Assert.Contains(dump.Notes, static n => n.StartsWith("The process ended because of SIGSYS", StringComparison.Ordinal));
    }

    /// <summary>The thread that crashed is where it crashed.</summary>
    [RequiresKernelCoresTheory]
    [InFlavours("optimized", LooksAt.Cores, "throw", "throw new InvalidOperationException", "System.InvalidOperationException")]
    [InFlavours("net11", LooksAt.Cores, "null", "*Nothing() = 1", "System.NullReferenceException")]
    [InFlavours("optimized", LooksAt.Cores, "fail-fast", "Environment.FailFast", null)]
    [InFlavours("net11", LooksAt.Cores, "overflow", "Recurse(depth + 1)", null)]
    [InFlavours("optimized", LooksAt.Cores, "native", "Libc.Abort()", null)]
    public async Task ACrashIsWhereItHappened(string flavour, string kind, string source, string? exception)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "Crashes", KernelCores.With("33") with { Arguments = ["--crash", kind] });
        TruthThread crasher = target.Truth.Named("crasher");
        await target.SendAsync("crash");
        JsonDump dump = await DumpAsync(target);
        JsonThread thread = dump.Of(crasher);
        Assert.Equal(exception, thread.Exceptions.Select(static e => e.Type).FirstOrDefault());
        JsonFrame place = thread.Frames.First(static f => f.FullName.StartsWith("Stackflare.Targets.Shapes.", StringComparison.Ordinal));
        Assert.Contains(source, place.Everything, StringComparison.Ordinal);
        // The limit on frames cuts a stack that has overflowed, and that is said.
        Assert.Equal(kind == "overflow" ? "truncated" : "complete", thread.Completeness);
        Assert.Equal(kind != "overflow", thread.Frames.Any(static f => f.FullName.EndsWith("Crashes.Crash", StringComparison.Ordinal)));
        Assert.StartsWith("The process ended because of SIG", dump.Notes[0], StringComparison.Ordinal);
        Assert.EndsWith(FormattableString.Invariant($"in thread {crasher.OsId}."), dump.Notes[0], StringComparison.Ordinal);
    }

    private static async Task<JsonDump> DumpAsync(TargetProcess target)
    {
        await target.WaitForExitAsync();
        return (await Tool.RunAsync("core", KernelCores.Of(target), "-f", "json")).Json;
    }
}
