using System.Text.RegularExpressions;
using Stackflare.EndToEnd.Cli.Harness;
using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Cli;

/// <summary><c>stackflare ps</c>, and processes by their name.</summary>
public sealed partial class PsTests
{
    [Theory]
    [InlineData("optimized")]
    [InlineData("net8")]
    [InlineData("single file")]
    [InlineData("single file, shared runtime")]
    [InlineData("net11")]
    [InlineData("net11, self-contained")]
    [InlineData("net11, single file, compressed")]
    public async Task ListsATargetWithWhatItIs(string flavour)
    {
        using var alias = new Alias(Flavour.Named(flavour));
        await using var target = await TargetProcess.StartAsync(alias.Flavour, "NamedThreads", TargetOptions.NoTrap);
        // The runtime has threads that come and go: the number is that of a moment in which it did not change.
        Dictionary<string, string> row;
        int before;
        var deadline = Deadline.In();
        do
        {
            Assert.True(deadline.Left > TimeSpan.Zero, "the number of threads does not come to rest");
            before = target.ThreadNames.Count;
            row = await RowOfAsync(target.Pid);
        }
        // On a busy machine, the runtime may not say its version in time.
        while (target.ThreadNames.Count != before || row["RUNTIME"] == "?");
        Assert.Equal(alias.Name, row["NAME"]);
        Assert.Equal(Environment.UserName, row["USER"]);
        Assert.Equal($"{before}", row["THREADS"]);
        Assert.Matches(@"^(\d+m)?\d+s$", row["UPTIME"]);
        Assert.Equal($"{alias.Flavour.Executable} NamedThreads", row["COMMAND"]);
        Assert.StartsWith($"{alias.Flavour.RuntimeMajor}.0.", row["RUNTIME"], StringComparison.Ordinal);
        var dump = await Tool.DumpAsync(target);
        Assert.Equal(dump.Root.GetProperty("process").GetProperty("runtimeVersion").GetString(), row["RUNTIME"]);
    }

    [Fact]
    public async Task AProgramThatTheDotnetCommandRunsHasItsOwnName()
    {
        await using var target = await TargetProcess.StartAsync(
            Flavour.Optimized, "NamedThreads", TargetOptions.NoTrap with { Shell = "exec dotnet \"$0.dll\" \"$@\"" });
        Assert.Equal("Shapes", (await RowOfAsync(target.Pid))["NAME"]);
        var dump = await Tool.DumpAsync(target);
        Assert.Equal("Shapes", dump.Root.GetProperty("process").GetProperty("name").GetString());
    }

    [Fact]
    public async Task DoesNotListWhatCannotBeDumped()
    {
        await using var closed = await TargetProcess.StartAsync(
            Flavour.Optimized, "NamedThreads", TargetOptions.NoTrap with { Environment = new Dictionary<string, string?> { ["DOTNET_EnableDiagnostics"] = "0" } });
        await using var open = await TargetProcess.StartAsync(Flavour.Optimized, "NamedThreads", TargetOptions.NoTrap);
        await using var tool = Tool.Start(ToolOptions.Default, $"{open.Pid}", "-n", "0", "-i", "3600000");
        await tool.Output.WaitAsync(bytes => bytes.IsEmpty ? null : "", "a dump");
        // A process that begins or ends meanwhile may have no id that can be seen.
        int[] listed = [.. (await RowsAsync()).Where(r => r["PID"] != "-").Select(r => int.Parse(r["PID"], System.Globalization.CultureInfo.InvariantCulture))];
        Assert.Contains(open.Pid, listed);
        Assert.DoesNotContain(closed.Pid, listed);
        Assert.DoesNotContain(tool.Pid, listed);
        Assert.Equal(listed.Order(), listed);
    }

    [Fact]
    public async Task AProcessIsFoundByTheNameOfItsProgram()
    {
        using var alias = new Alias(Flavour.Optimized);
        await using var target = await TargetProcess.StartAsync(alias.Flavour, "NamedThreads", TargetOptions.NoTrap);
        var dump = (await Tool.RunAsync(alias.Name, "-f", "json")).Json;
        Assert.Equal(target.Pid, dump.ProcessId);
        Assert.Equal(alias.Name, dump.Root.GetProperty("process").GetProperty("name").GetString());
        Assert.All(target.Truth.Threads, thread => thread.AssertIn(dump));
    }

    /// <summary>To write a memory map the kernel takes a lock of the process, and some processes have maps of megabytes.</summary>
    [Fact]
    public async Task OnlyOfWhatHasTheNameTheMemoryMapIsRead()
    {
        using var alias = new Alias(Flavour.Optimized);
        await using var target = await TargetProcess.StartAsync(alias.Flavour, "NamedThreads", TargetOptions.NoTrap);
        await using var other = await TargetProcess.StartAsync(Flavour.Optimized, "NamedThreads", TargetOptions.NoTrap);
        var witness = await Witness.RunAsync(alias.Name);
        Assert.Equal(0, witness.Result.ExitCode);
        Assert.Equal([$"{target.Pid}"], witness.Maps);
    }

    [Fact]
    public async Task OnlyOfWhatHasADiagnosticsSocketTheMemoryMapIsReadForTheList()
    {
        await using var closed = await TargetProcess.StartAsync(
            Flavour.Optimized, "NamedThreads", TargetOptions.NoTrap with { Environment = new Dictionary<string, string?> { ["DOTNET_EnableDiagnostics"] = "0" } });
        await using var open = await TargetProcess.StartAsync(Flavour.Optimized, "NamedThreads", TargetOptions.NoTrap);
        var witness = await Witness.RunAsync("ps");
        Assert.Contains($"{open.Pid}", witness.Maps);
        Assert.DoesNotContain($"{closed.Pid}", witness.Maps);
    }

    [Fact]
    public async Task ANameThatTwoProcessesHaveIsRefusedWithTheirIds()
    {
        using var alias = new Alias(Flavour.Optimized);
        await using var one = await TargetProcess.StartAsync(alias.Flavour, "NamedThreads", TargetOptions.NoTrap);
        await using var other = await TargetProcess.StartAsync(alias.Flavour, "NamedThreads", TargetOptions.NoTrap);
        var result = await Tool.RunAsync(alias.Name);
        result.AssertError(3, "There are 2 processes", alias.Name, string.Join(", ", new[] { one.Pid, other.Pid }.Order()));
        Assert.Empty(result.RawOutput);
    }

    [Fact]
    public async Task ANameThatNoProcessHasIsRefused()
    {
        var result = await Tool.RunAsync("NoProgramOfThisName");
        result.AssertError(3, "NoProgramOfThisName", "stackflare ps");
        Assert.DoesNotContain("Did you mean", result.Error, StringComparison.Ordinal);
        Assert.Empty(result.RawOutput);
    }

    [Fact]
    public async Task AMistypedNameIsAnsweredWithTheOneThatWasMeant()
    {
        using var alias = new Alias(Flavour.Optimized);
        await using var target = await TargetProcess.StartAsync(alias.Flavour, "NamedThreads", TargetOptions.NoTrap);
        foreach (string mistyped in new[] { alias.Name.ToUpperInvariant(), alias.Name[1..], alias.Name + "x" })
            (await Tool.RunAsync(mistyped)).AssertError(3, $"There is no .NET process with the name '{mistyped}'. Did you mean '{alias.Name}'? 'stackflare ps' lists");
        (await Tool.RunAsync("pss")).AssertError(3, "Did you mean 'ps'?");
    }

    /// <summary>Other users' processes are found by their sockets, which everybody can see.</summary>
    [RequiresRootFact]
    public async Task ProcessesOfOtherUsersAreCounted()
    {
        using var folder = new TemporaryFolder();
        File.SetUnixFileMode(folder.Path, (UnixFileMode)0b111_101_101);
        var tool = Path.Combine(folder.Path, "stackflare");
        File.Copy(Tool.Path, tool);
        using var alias = new Alias(Flavour.Optimized);
        await using var target = await TargetProcess.StartAsync(
            alias.Flavour, "NamedThreads", TargetOptions.NoTrap with { Environment = new Dictionary<string, string?> { ["TMPDIR"] = folder.Path } });
        // A socket that a killed process has left.
        await File.WriteAllTextAsync(Path.Combine(folder.Path, $"dotnet-diagnostic-{target.Pid}-1-socket"), "", TestContext.Current.CancellationToken);
        var nobody = new ToolOptions
        {
            Launcher = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"],
            Executable = tool,
            Environment = new Dictionary<string, string?> { ["TMPDIR"] = folder.Path },
        };
        var list = await Tool.RunAsync(nobody, "ps");
        Assert.Equal((0, "stackflare: 1 .NET process of another user (root) is not listed. Run as that user, or as root.\n"), (list.ExitCode, list.Error));
        Assert.DoesNotContain(alias.Name, list.RawOutput, StringComparison.Ordinal);
        (await Tool.RunAsync(nobody, alias.Name)).AssertError(6, $"Process {target.Pid} belongs to another user (uid 0).");
    }

    private static async Task<Dictionary<string, string>> RowOfAsync(int pid) => (await RowsAsync()).Single(r => r["PID"] == $"{pid}");

    private static async Task<List<Dictionary<string, string>>> RowsAsync()
    {
        string[] lines = (await Tool.RunAsync("ps")).Output.TrimEnd('\n').Split('\n');
        string[] headings = ["PID", "NAME", "RUNTIME", "USER", "UPTIME", "THREADS", "COMMAND"];
        Assert.Equal(headings, Gap().Split(lines[0].Trim()));
        return [.. lines[1..].Select(l => headings.Zip(Gap().Split(l.Trim(), headings.Length)).ToDictionary(c => c.First, c => c.Second))];
    }

    [GeneratedRegex(" {2,}")]
    private static partial Regex Gap();
}
