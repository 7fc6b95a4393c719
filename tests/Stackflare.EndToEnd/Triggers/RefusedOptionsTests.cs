using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Triggers;

/// <summary>What cannot work is refused when the trap is set, by a type, with the reason and the remedy.</summary>
public sealed class RefusedOptionsTests
{
    [Theory]
    [InlineData("9")]
    [InlineData("19")]
    [InlineData("11")]
    [InlineData("2")]
    [InlineData("1")]
    [InlineData("17")]
    [InlineData("34")]
    [InlineData("rt0")]
    [InlineData("rt31")]
    [InlineData("0")]
    [InlineData("999")]
    [InlineData("-1")]
    public async Task SignalsThatCannotAskForADump(string signal) =>
        await AssertRefusedAsync(StackflareError.InvalidSignal, TargetOptions.WithTrap($"signal={signal}"));

    [Theory]
    [InFlavours(Spread.Newest, LooksAt.Stacks, "DOTNET_EnableDiagnostics")]
    [InFlavours(Spread.Newest, LooksAt.Stacks, "DOTNET_EnableDiagnostics_IPC")]
    [InFlavours(Spread.Newest, LooksAt.Stacks, "DOTNET_EnableDiagnostics_Profiler")]
    public async Task ARuntimeWithItsDiagnosticsSwitchedOff(string flavour, string variable)
    {
        var refusal = await AssertRefusedAsync(StackflareError.DiagnosticsDisabled, With(variable, "0"), Flavour.Named(flavour));
        Assert.Contains(variable, refusal.Message, StringComparison.Ordinal);
    }

    /// <summary>Root may write anywhere but where the file system itself says no.</summary>
    [Theory]
    [InlineData("/proc")]
    [InlineData("/nonexistent")]
    [InlineData("/dev/null")]
    public async Task ATemporaryFolderThatTheRuntimeCannotUse(string folder)
    {
        var refusal = await AssertRefusedAsync(StackflareError.DiagnosticsUnreachable, With("TMPDIR", folder));
        Assert.Contains(folder, refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/tmp")]
    [InlineData("/nonexistent/dump.txt")]
    [InlineData("/dev/full")]
    public async Task OutputsThatNoDumpCanBeWrittenTo(string path)
    {
        var refusal = await AssertRefusedAsync(StackflareError.OutputFailed, TargetOptions.WithTrap($"signal=usr1;output={path}"));
        Assert.Contains(path, refusal.Message, StringComparison.Ordinal);
    }

    /// <summary>A folder that root may not write to either.</summary>
    [RequiresRootFact]
    public async Task AFolderOnAReadOnlyFileSystem()
    {
        using var disk = new SmallDisk("size=64k", readOnly: true);
        await AssertRefusedAsync(StackflareError.OutputFailed, TargetOptions.WithTrap($"signal=usr1;output={disk.Folder}/dump.txt"));
    }

    [Fact]
    public async Task WhatIsRefusedLeavesTheSignalAlone()
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Optimized, "NamedThreads", TargetOptions.NoTrap);
        Assert.StartsWith("failed: ", await target.CommandAsync("register signal=usr1;output=/nonexistent/dump.txt"), StringComparison.Ordinal);
        Assert.DoesNotContain(target.ThreadNames, n => n.StartsWith("Stackflare", StringComparison.Ordinal));
        target.Signal();
        Assert.Equal(138, await target.WaitForExitAsync());
    }

    private static TargetOptions With(string variable, string value) =>
        TargetOptions.Default with { Environment = new Dictionary<string, string?> { [variable] = value } };

    private static async Task<Refusal> AssertRefusedAsync(StackflareError error, TargetOptions options, Flavour? flavour = null)
    {
        var refusal = await TargetProcess.StartRefusedAsync(flavour ?? Flavour.Optimized, options);
        Assert.Equal(error.ToString(), refusal.Error);
        Assert.EndsWith(".", refusal.Problem, StringComparison.Ordinal);
        Assert.EndsWith(".", refusal.Remedy, StringComparison.Ordinal);
        Assert.Equal($"{refusal.Problem} {refusal.Remedy}", refusal.Message);
        return refusal;
    }
}
