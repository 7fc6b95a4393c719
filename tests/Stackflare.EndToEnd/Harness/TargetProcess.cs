using System.Diagnostics;
using System.Text.Json;

namespace Stackflare.EndToEnd.Harness;

/// <summary>A running target. It ends with the test: by a signal on dispose, by the end of its standard input if the test dies.</summary>
internal sealed class TargetProcess : IAsyncDisposable
{
    /// <summary>The numbers of system calls.</summary>
    private const string Read = "0", NanoSleep = "35", ClockNanoSleep = "230";

    private static readonly string[] ScrubbedPrefixes = ["DOTNET_", "COMPlus_", "CORECLR_", "STACKFLARE_", "TMPDIR"];

    private readonly Process _process;
    private readonly DumpReader _dumps = new();
    private readonly Task _output;
    private readonly TemporaryFolder _temporary;
    private readonly string _commandLine;
    private Task _errors = Task.CompletedTask;
    private int _answered;
    private TargetTruth? _truth;
    private int? _pid;

    private TargetProcess(Flavour flavour, Process process, TemporaryFolder temporary, TargetOptions options)
    {
        Flavour = flavour;
        _process = process;
        _temporary = temporary;
        _commandLine = $"{process.StartInfo.FileName} {string.Join(' ', process.StartInfo.ArgumentList)}";
        Output = new Feed("standard output", Describe);
        Errors = new Feed("standard error", Describe);
        _output = Output.ReadAsync(process.StandardOutput.BaseStream);
        if (options.ReadStandardError)
            ReadErrors();
    }

    public Flavour Flavour { get; }

    /// <summary>
    /// The target's id, as the test sees it: with a shell between it is not the id of the process that the test started, and in a
    /// namespace of its own it is not what the target takes for its id.
    /// </summary>
    public int Pid => _pid ?? _process.Id;

    public Feed Output { get; }

    public Feed Errors { get; }

    public TargetTruth Truth => _truth ?? throw new InvalidOperationException("The target has not said READY.");

    /// <summary>The target's TMPDIR, which is its own.</summary>
    public string TemporaryFolder => _temporary.Path;

    public ProcessFigures Figures => ProcessFigures.Of(Pid);

    /// <summary>What the kernel knows of the thread that waits for the signal.</summary>
    public TrapThread Trap => new(Pid, Describe);

    /// <summary>The kernel's names of all threads.</summary>
    public IReadOnlyList<string> ThreadNames => KernelThreads.NamesOf(Pid);

    /// <summary>How many bytes wait in the pipe of standard error.</summary>
    public int UnreadErrors => Kernel.BytesWaiting(_process.StandardError.BaseStream);

    /// <summary>Lines on standard error outside of dumps that the test has read up to now.</summary>
    public IReadOnlyList<string> Messages => _dumps.Messages;

    /// <summary>Starts a target and waits for its READY.</summary>
    public static async Task<TargetProcess> StartAsync(Flavour flavour, string shape, TargetOptions? options = null)
    {
        var target = Launch(flavour, shape, options ?? TargetOptions.Default);
        try
        {
            target._truth = TargetTruth.Parse(await target.WaitForLineAsync("READY "));
            target._pid = ProcessTree.Find(target._process.Id, target._truth.Pid);
            return target;
        }
        catch
        {
            await target.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts a target that the library is expected to refuse, and gives its reason.</summary>
    public static async Task<Refusal> StartRefusedAsync(Flavour flavour, TargetOptions options)
    {
        await using var target = Launch(flavour, "NamedThreads", options);
        var line = await target.WaitForLineAsync("R");
        if (!line.StartsWith("EFUSED ", StringComparison.Ordinal))
            throw new TargetException("The library refused nothing.", target.Describe());
        return JsonSerializer.Deserialize<Refusal>(line["EFUSED ".Length..], JsonSerializerOptions.Web)!;
    }

    /// <summary>Starts a target without waiting for anything.</summary>
    public static TargetProcess Launch(Flavour flavour, string shape, TargetOptions options)
    {
        string[] arguments = [shape, .. options.Traps.SelectMany(t => new[] { "--trap", t }), .. options.Arguments];
        var start = options.Shell is { } script
            ? new ProcessStartInfo("/bin/sh", ["-c", script, flavour.Executable, .. arguments])
            : new ProcessStartInfo(flavour.Executable, arguments);
        start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = true;
        foreach (var name in start.Environment.Keys.Where(IsScrubbed).ToArray())
            start.Environment.Remove(name);

        var temporary = new TemporaryFolder();
        start.Environment["TMPDIR"] = temporary.Path;
        foreach (var (name, value) in flavour.Environment)
            start.Environment[name] = value;
        foreach (var (name, value) in options.Environment)
            start.Environment[name] = value;
        return new TargetProcess(flavour, Programs.Start(start), temporary, options);
    }

    public void Signal(int signal = Kernel.Usr1) => Kernel.Send(Pid, signal);

    public void ReadErrors() => _errors = Errors.ReadAsync(_process.StandardError.BaseStream);

    /// <summary>Closes the reading end of the target's standard error.</summary>
    public void CloseErrors() => _process.StandardError.BaseStream.Dispose();

    /// <summary>Sends SIGUSR1 and waits for one whole dump in JSON.</summary>
    public Task<JsonDump> DumpAsync(int signal = Kernel.Usr1, TimeSpan? time = null)
    {
        Signal(signal);
        return NextDumpAsync(time);
    }

    /// <summary>The same until no limit on time has cut it short.</summary>
    public Task<JsonDump> WholeDumpAsync() => CutShort.UntilWholeAsync(() => DumpAsync(), dump => string.Join('\n', dump.Notes));

    public Task<JsonDump> NextDumpAsync(TimeSpan? time = null) => Errors.WaitAsync(_dumps.Next, "a dump", time);

    /// <summary>Whatever dumps have come whole.</summary>
    public IEnumerable<JsonDump> DumpsSoFar()
    {
        while (_dumps.Next(Errors.Bytes) is { } dump)
            yield return dump;
    }

    /// <summary>Waits until the target has closed its standard error: all that it wrote is here then.</summary>
    public Task WaitForEndOfErrorsAsync() => Poll.UntilAsync(() => Errors.HasEnded, "the end of standard error", Describe);

    /// <summary>Whether everything that came was a whole dump or a whole line.</summary>
    public bool HasReadAllErrors => _dumps.Position == Errors.Bytes.Length;

    /// <summary>Drops what has been read of standard error, for tests that read a great deal.</summary>
    public void ForgetErrorsRead()
    {
        Errors.Discard(_dumps.Position);
        _dumps.Restart();
    }

    /// <summary>Waits for a line of standard output and gives what follows the prefix.</summary>
    public Task<string> WaitForLineAsync(string prefix, TimeSpan? time = null) =>
        Output.WaitAsync(bytes => LineAfter(bytes, prefix, 0), $"a line \"{prefix}…\"", time);

    /// <summary>Waits for the count-th line with the prefix.</summary>
    public Task WaitForLinesAsync(string prefix, int count) =>
        Output.WaitAsync(bytes => LineAfter(bytes, prefix, count - 1), $"{count} lines \"{prefix}…\"");

    /// <summary>Sends a command that has no answer.</summary>
    public async Task SendAsync(string command)
    {
        await _process.StandardInput.WriteLineAsync(command);
        await _process.StandardInput.FlushAsync();
    }

    /// <summary>Sends a command and gives the answer.</summary>
    public async Task<string> CommandAsync(string command, TimeSpan? time = null)
    {
        var index = _answered++;
        await _process.StandardInput.WriteLineAsync(command);
        await _process.StandardInput.FlushAsync();
        var answer = await Output.WaitAsync(bytes => LineAfter(bytes, "DONE ", index), $"the answer to \"{command}\"", time);
        return answer[(answer.IndexOf(' ', StringComparison.Ordinal) + 1)..];
    }

    /// <summary>Waits until a thread that collects garbage tries in vain to stop another: it sleeps in between.</summary>
    /// <param name="collector">The thread that collects.</param>
    /// <param name="reader">The one that is in a call which reads, and cannot be stopped there. Before it is in that call, a collection comes to its end.</param>
    public Task WaitForCollectionAsync(string collector, string reader) =>
        Poll.UntilAsync(() => SystemCall(reader) == Read && SystemCall(collector) is NanoSleep or ClockNanoSleep, "a collection that tries to begin", Describe);

    private string SystemCall(string thread) => File.ReadAllText($"/proc/{Pid}/task/{Truth.Named(thread).OsId}/syscall").Split(' ')[0];

    /// <summary>What the target uses when the last dump is over for the runtime too.</summary>
    public async Task<ProcessFigures> SettledFiguresAsync()
    {
        await Poll.UntilAsync(() => !ProcessFigures.HasConnection(Pid), "the end of the last dump's connection", Describe);
        return Figures;
    }

    /// <summary>Waits until the target uses nothing that it did not use before, and gives what it uses then.</summary>
    public async Task<ProcessFigures> WaitForNothingBeyondAsync(ProcessFigures before)
    {
        ProcessFigures now = await SettledFiguresAsync();
        await Poll.UntilAsync(() => (now = Figures).Beyond(before).Count == 0, "nothing to be left", () => $"{string.Join('\n', now.Beyond(before))}\n{Describe()}");
        return now;
    }

    /// <summary>Fails unless the program still does what it is told.</summary>
    public async Task AssertAliveAsync() => Assert.Equal("pong", await CommandAsync("ping"));

    /// <summary>Waits for the end of the program and gives its exit code: 128 + signal if one killed it.</summary>
    public async Task<int> WaitForExitAsync(TimeSpan? time = null)
    {
        try
        {
            await _process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(time ?? Deadline.Usual);
        }
        catch (TimeoutException)
        {
            throw new TargetException("The program did not end.", Describe());
        }

        return _process.ExitCode;
    }

    /// <summary>Says <c>exit</c> and waits for a good end.</summary>
    public async Task AssertExitsWellAsync()
    {
        await _process.StandardInput.WriteLineAsync("exit");
        await _process.StandardInput.FlushAsync();
        Assert.Equal(0, await WaitForExitAsync());
    }

    public async ValueTask DisposeAsync()
    {
        if (Pid != _process.Id)
            Kernel.KillIfAlive(Pid);
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync();
        await Task.WhenAll(_output, _errors);
        _process.Dispose();
        _temporary.Dispose();
    }

    public string Describe()
    {
        var state = _process.HasExited ? $"exited with {_process.ExitCode}" : "runs";
        return $"target {_process.Id} {state}: {_commandLine}\n--- standard output\n{Shorten(Output.Text)}\n--- standard error\n{Shorten(Errors.Text)}\n---";
    }

    private static bool IsScrubbed(string name) => ScrubbedPrefixes.Any(p => name.StartsWith(p, StringComparison.Ordinal))
        && name is not "DOTNET_ROOT" and not "DOTNET_CLI_HOME";

    private static string? LineAfter(ReadOnlyMemory<byte> bytes, string prefix, int skip)
    {
        var text = System.Text.Encoding.UTF8.GetString(bytes.Span);
        foreach (var line in text[..(text.LastIndexOf('\n') + 1)].Split('\n'))
        {
            if (line.StartsWith(prefix, StringComparison.Ordinal) && skip-- == 0)
                return line[prefix.Length..];
        }

        return null;
    }

    private static string Shorten(string text)
    {
        const int Most = 6000;
        return text.Length <= Most ? text : $"{text[..(Most / 2)]}\n[… {text.Length - Most} characters …]\n{text[^(Most / 2)..]}";
    }
}
