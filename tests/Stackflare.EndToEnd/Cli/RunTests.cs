using System.Globalization;
using System.Text.RegularExpressions;
using Stackflare.EndToEnd.Cli.Harness;
using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Cli;

/// <summary><c>stackflare run</c>: the command does not notice it, and when it hangs, the log has its threads.</summary>
public sealed partial class RunTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();

    /// <summary>The line on which the two threads of the deadlock are.</summary>
    private const string Culprit = "Problems/Bank.cs:line 36";

    /// <summary>A program with a deadlock, as a shell starts it. Its input stays open, because it could write there itself.</summary>
    private string Bank => $"'{Flavour.Optimized.Executable}' Bank <> {Pipe}";

    private string Pipe => Path.Combine(_folder.Path, "pipe");

    public async ValueTask InitializeAsync() => (await new Command("mkfifo", Pipe).RunAsync()).Succeeded();

    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return default;
    }

    private static Task<ToolResult> RunAsync(params string[] arguments) => Tool.RunAsync(["run", .. arguments]);

    private static Task<ToolResult> ShellAsync(string script) => RunAsync("--", "sh", "-c", script);

    [Fact]
    public async Task EachExitCodeIsPassedOn()
    {
        for (int code = 0; code < 256; code++)
        {
            ToolResult result = await ShellAsync($"exit {code}");
            Assert.True(result is { ExitCode: var ended, RawOutput: "", Error: "" } && ended == code, $"{code}\n{result}");
        }
    }

    /// <summary>A shell says by which signal a command has ended, which it does not for one that gives an exit code.</summary>
    [Theory]
    [InlineData("SEGV", "Segmentation fault", 139)]
    [InlineData("KILL", "Killed", 137)]
    [InlineData("TERM", "Terminated", 143)]
    [InlineData("HUP", "Hangup", 129)]
    [InlineData("USR1", "User defined signal 1", 138)]
    public async Task SoIsASignalThatEndsIt(string signal, string word, int code)
    {
        CommandResult result = await new Command("bash", "-c", $"'{Tool.Path}' run -- sh -c 'kill -{signal} $$'; echo $?").RunAsync();
        Assert.Equal($"{code}\n", result.Output);
        Assert.Contains(word, result.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("stackflare:", result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ArgumentsAreUnchanged()
    {
        ToolResult result = await RunAsync("--after", "1h", "--", "printf", "[%s]", "@file", "a b", "", "--after", "--", "-x", "'\"$", "ä\n");
        Assert.Equal("[@file][a b][][--after][--][-x]['\"$][ä\n]", result.Output);
        // Neither are bytes that are no text.
        Assert.Equal(" 5b ff 5d\n", (await new Command("bash", "-c", $"'{Tool.Path}' run -- printf '[%s]' $'\\xff' | od -An -tx1").RunAsync()).Succeeded());
    }

    [Fact]
    public async Task SoAreTheEnvironmentAndTheSignals()
    {
        // SIGPIPE has its default action again, and the C library ignores two signals that no program can use.
        const string Show = "env | grep -v -e '^_=' -e '^OLDPWD='; grep -E '^Sig(Blk|Cgt)' /proc/self/status; sed -n 's/^SigIgn:\\t\\(.......\\)..\\(...\\).\\(...\\)$/\\1\\2\\3/p' /proc/self/status; ls /proc/self/fd";
        string plain = (await new Command("sh", "-c", $"trap '' HUP; exec sh -c \"{Show}\"").RunAsync()).Succeeded();
        string run = (await new Command("sh", "-c", $"trap '' HUP; exec '{Tool.Path}' run -- sh -c \"{Show}\"").RunAsync()).Succeeded();
        Assert.Matches("(?m)^[0-9a-f]{13}$", plain);
        Assert.Equal(plain, run);
    }

    /// <summary>A parent that ignores the end of its children.</summary>
    [Fact]
    public async Task AnIgnoredEndIsNoticed() =>
        Assert.Equal("3\n", (await new Command("sh", "-c", $"trap '' CHLD; (trap '' CHLD; exec '{Tool.Path}' run -- sh -c 'exit 3'); echo $?").RunAsync()).Succeeded());

    [Fact]
    public async Task AScriptNeedsNoFirstLine()
    {
        string script = Path.Combine(_folder.Path, "script");
        await File.WriteAllTextAsync(script, "echo \"got $1\"; exit 4\n", TestContext.Current.CancellationToken);
        File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        ToolResult result = await RunAsync("--", script, "a b");
        Assert.Equal((4, "got a b\n"), (result.ExitCode, result.RawOutput));
    }

    [Theory]
    [InlineData(127, "there is no such program", "no-such-program")]
    [InlineData(127, "there is no such program", "/no/such/program")]
    [InlineData(126, "Permission denied", "/etc/passwd")]
    public async Task ACommandThatCannotBeRunIsSaid(int code, string reason, string command)
    {
        ToolResult result = await RunAsync("--", command);
        result.AssertError(code, $"'{command}' cannot be run: {reason}.");
    }

    [Theory]
    [InlineData("Put the command after --", "sleep", "1")]
    [InlineData("Put the command after --", "--")]
    [InlineData("Put the command after --")]
    [InlineData("--after must be a time", "--after", "soon", "--", "true")]
    [InlineData("--after must be a time", "--after", "-5s", "--", "true")]
    [InlineData("--every must be a time", "--every", "0", "--", "true")]
    [InlineData("--on-exit-timeout must be a time", "--on-exit-timeout", "NaN", "--", "true")]
    [InlineData("--kill-after must be a number of dumps, or a time", "--kill-after", "0", "--", "true")]
    [InlineData("--kill-after must be a number of dumps, or a time", "--kill-after", "x", "--", "true")]
    [InlineData("--kill-after counts the dumps", "--kill-after", "2", "--", "true")]
    [InlineData("Without --every, there is only one", "--after", "5s", "--kill-after", "2", "--", "true")]
    [InlineData("--hook needs the library", "--hook", "--", "true")]
    [InlineData("is not an option of 'run'", "--afer", "5s", "--", "true")]
    public async Task AWrongCommandLineRunsNothing(string reason, params string[] arguments) => (await RunAsync(arguments)).AssertError(2, reason);

    [Fact]
    public async Task LargePipesPassBothWays()
    {
        const string Script = "head -c 200000000 /dev/zero | \"$0\" run -- sh -c 'tee /dev/stderr | cksum >&2; head -c 100000000 /dev/zero' 2> >(cksum >&2) | cksum";
        const string Plain = "head -c 200000000 /dev/zero | sh -c 'tee /dev/stderr | cksum >&2; head -c 100000000 /dev/zero' 2> >(cksum >&2) | cksum";
        CommandResult run = await new Command("bash", "-c", Script, Tool.Path).RunAsync(), plain = await new Command("bash", "-c", Plain).RunAsync();
        Assert.Equal((plain.Output, plain.Errors), (run.Output, run.Errors));
        Assert.NotEmpty(run.Output);
    }

    /// <summary>What a process sends arrives once, whatever the signal.</summary>
    [Theory]
    [InlineData("HUP", Kernel.HangUp)]
    [InlineData("QUIT", Kernel.Quit)]
    [InlineData("USR1", Kernel.Usr1)]
    [InlineData("USR2", Kernel.Usr2)]
    [InlineData("CONT", Kernel.Continue)]
    [InlineData("RTMIN+5", 39)]
    public async Task SignalsArePassedOn(string name, int signal)
    {
        await using var tool = StartShell([], $"trap 'echo got' {name}; trap 'echo end; exit 3' TERM; echo ready; while :; do sleep 0.02; done", "bash");
        await WaitForAsync(tool.Output, "ready\n");
        tool.Send(signal);
        await WaitForAsync(tool.Output, "ready\ngot\n");
        tool.Send(Kernel.Terminate);
        ToolResult result = await tool.WaitAsync();
        Assert.Equal((3, "ready\ngot\nend\n"), (result.ExitCode, result.RawOutput));
    }

    /// <summary>A build service that cancels: the threads first, then the signal.</summary>
    [Theory]
    [InlineData(Kernel.Terminate, "SIGTERM")]
    [InlineData(Kernel.Interrupt, "SIGINT")]
    public async Task ACancelledCommandIsDumpedBeforeItEnds(int signal, string name)
    {
        await using var tool = StartShell([], $"trap 'echo cancelled >&2; kill $!; exit 9' {name[3..]}; {Bank} & wait");
        await WaitForAsync(tool.Output, "READY ");
        await Poll.UntilAsync(() => ThreadsOfBank(tool) >= 2, "the deadlock", () => tool.Errors.Text);
        tool.Send(signal);
        ToolResult result = await tool.WaitAsync();
        Assert.Equal(9, result.ExitCode);
        Assert.Contains($"was asked to end ({name}) after", result.Error, StringComparison.Ordinal);
        int culprit = result.Error.IndexOf(Culprit, StringComparison.Ordinal);
        Assert.True(culprit > 0 && result.Error.IndexOf("cancelled\n", StringComparison.Ordinal) > culprit, result.ToString());
        AssertIsNear(result.Error, Culprit, 15);
    }

    [Fact]
    public async Task ASecondSignalIsNotHeldUp()
    {
        // Nobody reads the report, so it does not end.
        var full = new ToolOptions { Launcher = ["sh", "-c", "\"$0\" \"$@\" 2>&1 >/dev/null | sleep 600"] };
        await using var shell = Tool.Start(full, "run", "--", "sh", "-c", $"{Bank}");
        int tool = 0;
        await Poll.UntilAsync(() => (tool = ProcessTree.Below(shell.Pid).FirstOrDefault(p => Name(p) == "stackflare")) != 0 && ProcessTree.Below(tool).Any(p => Name(p) == "Shapes"), "the program", () => "");
        int[] processes = [.. ProcessTree.Below(tool)];
        try
        {
            Kernel.Send(tool, Kernel.Terminate);
            Kernel.Send(tool, Kernel.Terminate);
            await Poll.UntilAsync(() => !Directory.Exists($"/proc/{tool}"), "the end", () => "");
        }
        finally
        {
            foreach (int process in processes)
                Kernel.KillIfAlive(process);
        }
    }

    /// <summary>Nobody reads standard error. Limits and signals work all the same.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task AFullStandardErrorHoldsNothingUp(bool isKilled)
    {
        string[] options = isKilled ? ["--kill-after", "1s"] : [];
        var full = new ToolOptions { Launcher = ["bash", "-c", "\"$0\" \"$@\" 2> >(exec sleep 60 >/dev/null 2>&1); echo code $?"] };
        await using var shell = Tool.Start(full, ["run", .. options, "--", "sh", "-c", "trap 'exit 8' TERM; echo started; head -c 1000000 /dev/zero >&2 & while :; do sleep 0.05; done"]);
        await WaitForAsync(shell.Output, "started\n");
        int tool = 0;
        await Poll.UntilAsync(() => (tool = ProcessTree.Below(shell.Pid).FirstOrDefault(static p => Name(p) == "stackflare")) != 0, "the tool", () => "");
        if (!isKilled)
            Kernel.Send(tool, Kernel.Terminate);
        await WaitForAsync(shell.Output, isKilled ? "code 124\n" : "code 8\n");
    }

    [Fact]
    public async Task ALongCommandLineIsCut()
    {
        await using var tool = StartShell(["--after", "1s"], $": {new string('x', 120_000)}; {Bank}");
        await WaitForAsync(tool.Errors, Culprit);
        Assert.InRange(tool.Errors.Text.Split('\n').Max(static l => l.Length), 200, 600);
    }

    /// <summary>It stops on SIGTERM by itself: the last dump does not count.</summary>
    [Fact]
    public async Task TheDumpOfACancelledCommandIsNoReasonToKillIt()
    {
        await using var tool = StartShell(["--after", "1h", "--kill-after", "1"], $"trap 'sleep 1; kill $!; exit 9' TERM; {Bank} & while :; do wait; done");
        await WaitForAsync(tool.Output, "READY ");
        tool.Send(Kernel.Terminate);
        ToolResult result = await tool.WaitAsync();
        Assert.Equal(9, result.ExitCode);
        Assert.DoesNotContain("is ended", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ACommandWithATimeoutIsDumpedBeforeItsEnd()
    {
        var limited = new ToolOptions { Launcher = ["timeout", "--foreground", "3"] };
        await using var tool = Tool.Start(limited, "run", "--", "sh", "-c", $"trap 'kill $!; exit 9' TERM; {Bank} & while :; do wait; done");
        ToolResult result = await tool.WaitAsync();
        Assert.Equal(124, result.ExitCode);
        Assert.Contains(Culprit, result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AHangShowsItsLineAndTheCommandGoesOn()
    {
        await using var tool = StartShell(["--after", "2s", "--every", "2s"], $"echo $$; sh -c \"sh -c \\\"{Bank}; :\\\"; :\"; :");
        await WaitForAsync(tool.Errors, Culprit);
        // Again, after some time.
        await tool.Errors.WaitAsync(_ => tool.Errors.Text.Split("has run for").Length > 2 && tool.Errors.Text.Split("\nDeadlock:").Length > 2 ? "" : null, "the second report");
        string report = tool.Errors.Text;
        Assert.False(tool.HasExited);
        AssertIsNear(report, Culprit, 15);
        Match tree = Tree().Match(report);
        Assert.True(tree.Success, report);
        Assert.Contains("  (.NET 10.", report, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AProgramThatHasLeftItsParentIsDumpedToo()
    {
        await using var tool = StartShell(["--after", "2s"], $"(setsid sh -c \"{Bank}\" &) ; sleep 600");
        await WaitForAsync(tool.Errors, Culprit);
        Assert.Contains("setsid", (await new Command("which", "setsid").RunAsync()).Succeeded(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task NothingIsSaidOfACommandInTime()
    {
        ToolResult result = await RunAsync("--after", "1h", "--every", "1m", "--on-exit-timeout", "5s", "--kill-after", "2h", "--", "sh", "-c", "echo out; echo err >&2");
        Assert.Equal((0, "out\n", "err\n"), (result.ExitCode, result.RawOutput, result.Error));
    }

    [Fact]
    public async Task ACommandWithoutDotNetIsSaidToHaveNone()
    {
        ToolResult result = await RunAsync("--after", "500ms", "--", "sh", "-c", "sleep 3; exit 4");
        Assert.Equal(4, result.ExitCode);
        Assert.Contains("has run for", result.Error, StringComparison.Ordinal);
        Assert.Contains(" sleep 3\n", result.Error, StringComparison.Ordinal);
        Assert.Contains("None of these processes can be dumped", result.Error, StringComparison.Ordinal);
    }

    /// <summary>The whole tree ends, and what has ended stays nowhere.</summary>
    [Theory]
    [InlineData("1", true)]
    [InlineData("2", true)]
    [InlineData("1500ms", false)]
    public async Task ACommandIsEndedAfterItsDumps(string limit, bool hasDumps)
    {
        string[] options = hasDumps ? ["--after", "2s", "--every", "1s", "--kill-after", limit] : ["--kill-after", limit];
        await using var tool = StartShell(options, $"trap '' TERM; (setsid sh -c \"{Bank}\" &) ; {Bank}");
        await WaitForAsync(tool.Output, "READY ");
        int[] processes = [.. ProcessTree.Below(tool.Pid)];
        ToolResult result = await tool.WaitAsync();
        Assert.Equal(124, result.ExitCode);
        Assert.Contains("is ended: it has run for", result.Error, StringComparison.Ordinal);
        Assert.Equal(hasDumps ? int.Parse(limit, CultureInfo.InvariantCulture) : 0, result.Error.Split(". Its processes and their threads follow.").Length - 1);
        Assert.Equal(hasDumps, result.Error.Contains(Culprit, StringComparison.Ordinal));
        await Poll.UntilAsync(() => !processes.Any(static p => Directory.Exists($"/proc/{p}") && Name(p) == "Shapes"), "the end of all", () => "");
    }

    [Fact]
    public async Task ACommandThatDoesNotEndIsDumpedThen()
    {
        await using var tool = StartShell(["--on-exit-timeout", "1s"], $"trap 'echo asked' TERM; {Bank} & while :; do wait; done");
        await WaitForAsync(tool.Output, "READY ");
        tool.Send(Kernel.Terminate);
        await tool.Errors.WaitAsync(_ => tool.Errors.Text is var text && text.IndexOf("still runs 1 second after it was asked to end", StringComparison.Ordinal) is > 0 and var at && text.IndexOf(Culprit, at, StringComparison.Ordinal) > 0 ? "" : null, "the report");
        Assert.False(tool.HasExited);
    }

    /// <summary>A killed tool ends nothing: the command goes on, as docs/cli.md says.</summary>
    [Fact]
    public async Task TheCommandOutlivesAToolThatIsKilled()
    {
        await using var tool = StartShell([], "echo $$; exec sleep 600");
        int command = int.Parse(await tool.Output.WaitAsync(_ => tool.Output.Text.EndsWith('\n') ? tool.Output.Text : null, "the id"), CultureInfo.InvariantCulture);
        await Poll.UntilAsync(() => Name(command) == "sleep", "the command", () => "");
        tool.Send(Kernel.Kill);
        await Poll.UntilAsync(() => tool.HasExited, "the end of the tool", () => "");
        Assert.Equal("sleep", Name(command));
        Kernel.Send(command, Kernel.Kill);
    }

    [Fact]
    public async Task NoZombiesStay()
    {
        await using var tool = StartShell([], "for i in 1 2 3 4 5; do (setsid sleep 0.01 &); done; echo started; sleep 600");
        await WaitForAsync(tool.Output, "started\n");
        await Poll.UntilAsync(() => ProcessTree.Below(tool.Pid).Count() == 2, "only the shell and its sleep", () => string.Join(' ', ProcessTree.Below(tool.Pid).Select(Name)));
    }

    /// <summary>Ctrl+C reaches the command once, by the terminal, and Ctrl+Z stops both.</summary>
    [RequiresTerminalFact]
    public async Task ATerminalIsTheCommands()
    {
        await using var terminal = new ToolTerminal(100, 30, "run", "--", "sh", "-c", "'test -t 0 && test -t 2 && stty size; trap \"echo got\" INT; read line; echo line=$line; read line; echo last=$line; exit 5'");
        await terminal.WaitForAsync("30 100");
        await terminal.TypeAsync("one\n");
        await terminal.WaitForAsync("line=one");
        await terminal.TypeAsync("\x03");
        await terminal.WaitForAsync("got");
        await terminal.TypeAsync("two\n");
        Assert.Equal(5, await terminal.WaitForEndAsync());
        Assert.Equal(2, terminal.Text.Split("got\n").Length);
        Assert.DoesNotContain("stackflare:", terminal.Text, StringComparison.Ordinal);
    }

    /// <summary>A command in a process group of its own does not get what the terminal sends.</summary>
    [RequiresTerminalFact]
    public async Task ACtrlCReachesACommandInAnotherGroup()
    {
        await using var terminal = new ToolTerminal(100, 30, "run", "--", "setsid", "sh", "-c", "'trap \"echo got; exit 7\" INT; echo started; while :; do sleep 0.05; done'");
        await terminal.WaitForAsync("started");
        await terminal.TypeAsync("\x03");
        Assert.Equal(7, await terminal.WaitForEndAsync());
        Assert.Contains("got", terminal.Text, StringComparison.Ordinal);
    }

    /// <summary>The first process of a container: it takes care of orphans, and signals reach the command.</summary>
    [RequiresNamespacesFact]
    public async Task ItCanBeTheFirstProcess()
    {
        var first = new ToolOptions { Launcher = ["unshare", "-pmf", "--mount-proc", "--kill-child"] };
        await using var tool = Tool.Start(first, "run", "--after", "2s", "--", "bash", "-c", $"echo $PPID; for i in 1 2 3; do (setsid sleep 0.01 &); done; {Bank} & trap 'exit 6' USR1; while :; do sleep 0.05; done");
        await WaitForAsync(tool.Output, "1\n");
        await WaitForAsync(tool.Errors, Culprit);
        int inside = ProcessTree.Below(tool.Pid).First(p => Name(p) == "stackflare");
        Assert.DoesNotContain(ProcessTree.Below(inside), static p => File.ReadAllText($"/proc/{p}/stat").Contains(") Z ", StringComparison.Ordinal));
        Kernel.Send(inside, Kernel.Usr1);
        Assert.Equal(6, (await tool.WaitAsync()).ExitCode);
        ToolResult ended = await Tool.RunAsync(first, "run", "--", "sh", "-c", "kill -KILL $$");
        Assert.Equal(137, ended.ExitCode);
    }

    [Fact]
    public async Task EachProcessHasAFile()
    {
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "dumps");
        await using var tool = StartShell(["--after", "2s", "--output", path], $"{Bank}");
        string file = "";
        await Poll.UntilAsync(() => Directory.Exists(path) && (file = Directory.GetFiles(path, "*.txt").FirstOrDefault() ?? "") != "", "the file", () => tool.Errors.Text);
        Assert.Matches(@"/Shapes-\d+-\d{8}T\d{6}\.txt$", file);
        string dump = await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken);
        Assert.Contains(Culprit, dump, StringComparison.Ordinal);
        Assert.Contains(dump, tool.Errors.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task GitHubShowsAWarningGroupsAndASummary()
    {
        using var folder = new TemporaryFolder();
        string summary = Path.Combine(folder.Path, "summary.md");
        var options = new ToolOptions { Environment = new Dictionary<string, string?> { ["GITHUB_ACTIONS"] = "true", ["GITHUB_STEP_SUMMARY"] = summary } };
        await using var tool = Tool.Start(options, "run", "--after", "2s", "--", "sh", "-c", $"echo '::error::not ours' | true; {Bank}");
        await WaitForAsync(tool.Errors, "::endgroup::\n");
        string[] lines = tool.Errors.Text.Split('\n');
        Assert.Contains(lines, static l => l.StartsWith("::warning title=stackflare::'sh -c ", StringComparison.Ordinal));
        lines = [.. lines.Where(static l => l.Length > 0)];
        int group = Array.FindIndex(lines, static l => l.StartsWith("::group::Shapes, process ", StringComparison.Ordinal));
        Match stop = StopCommands().Match(lines[group + 1]);
        Assert.True(stop.Success, tool.Errors.Text);
        Assert.Equal([$"::{stop.Groups[1].Value}::", "::endgroup::"], lines.SkipWhile(static l => !l.Contains(Culprit, StringComparison.Ordinal)).Where(static l => l.StartsWith("::", StringComparison.Ordinal)).Take(2));
        await Poll.UntilAsync(() => File.Exists(summary), "the summary", () => tool.Errors.Text);
        string text = await File.ReadAllTextAsync(summary, TestContext.Current.CancellationToken);
        Assert.StartsWith("### Shapes, process ", text, StringComparison.Ordinal);
        Assert.Contains(Culprit, text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AzureShowsAWarningAndGroups()
    {
        using var folder = new TemporaryFolder();
        var options = new ToolOptions { Environment = new Dictionary<string, string?> { ["TF_BUILD"] = "True" } };
        await using var tool = Tool.Start(options, "run", "--after", "2s", "-o", folder.Path, "--", "sh", "-c", $": '##vso[task.complete]'; {Bank}");
        await WaitForAsync(tool.Errors, "##vso[task.uploadsummary]");
        string[] lines = tool.Errors.Text.Split('\n');
        Assert.Contains(lines, static l => l.StartsWith("##vso[task.logissue type=warning]stackflare: 'sh -c ", StringComparison.Ordinal));
        Assert.Contains(lines, static l => l.StartsWith("##[group]Shapes, process ", StringComparison.Ordinal));
        Assert.Contains("##[endgroup]", lines);
        // The command's own text is none for the service.
        Assert.DoesNotContain(lines, static l => l.Contains("##vso[task.complete]", StringComparison.Ordinal));
        Assert.Contains(Culprit, await File.ReadAllTextAsync(lines.First(static l => l.Contains("uploadsummary", StringComparison.Ordinal)).Split(']')[1], TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    /// <summary>A copy of the tool with the library beside it, as in its package.</summary>
    [Fact]
    public async Task AHookedProgramDumpsItself()
    {
        using var folder = new TemporaryFolder();
        string tool = Path.Combine(folder.Path, "stackflare");
        File.Copy(Tool.Path, tool);
        foreach (string file in (string[])["Stackflare.dll", "libstackflare_probe.so"])
            File.Copy(Path.Combine(Path.GetDirectoryName(Flavour.Optimized.Executable)!, file), Path.Combine(folder.Path, file));
        var options = new ToolOptions { Executable = tool };
        await using var run = Tool.Start(options, "run", "--hook", "--", "sh", "-c", Bank);
        await WaitForAsync(run.Output, "READY ");
        int program = ProcessTree.Below(run.Pid).First(static p => Name(p) == "Shapes");
        ToolResult sent = await Tool.RunAsync("signal", $"{program}");
        Assert.StartsWith($"SIGUSR1 was sent to process {program} (Shapes).", sent.Output, StringComparison.Ordinal);
        await WaitForAsync(run.Errors, Culprit);
    }

    private static ToolProcess StartShell(string[] options, string script, string shell = "sh") => Tool.Start(ToolOptions.Default, ["run", .. options, "--", shell, "-c", script]);

    private static Task<string> WaitForAsync(Feed feed, string text) => feed.WaitAsync(_ => feed.Text.Contains(text, StringComparison.Ordinal) ? text : null, $"\"{text}\"");

    private static int ThreadsOfBank(ToolProcess tool) =>
        ProcessTree.Below(tool.Pid).Where(static p => Name(p) == "Shapes").Sum(static p => KernelThreads.NamesOf(p).Count(static n => n.StartsWith("transfer", StringComparison.Ordinal)));

    private static string Name(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/comm").TrimEnd('\n');
        }
        catch (IOException)
        {
            return "";
        }
    }

    /// <summary>Fails unless a text is in the first lines of the first dump.</summary>
    private static void AssertIsNear(string report, string text, int lines)
    {
        string[] dump = report[report.IndexOf("Thread dump of ", StringComparison.Ordinal)..].Split('\n');
        Assert.Contains(dump.Take(lines), l => l.Contains(text, StringComparison.Ordinal));
    }

    /// <summary>Three shells and the program, one below the other.</summary>
    [GeneratedRegex(@"(?m)^  \d+ sh -c echo.*\n    \d+ sh -c sh.*\n      \d+ sh -c .*\n        \d+ .*/Shapes Bank  \(\.NET 10\.\d+\.\d+\)\n")]
    private static partial Regex Tree();

    [GeneratedRegex("^::stop-commands::([0-9a-f]{32})$")]
    private static partial Regex StopCommands();
}
