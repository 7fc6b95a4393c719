namespace Stackflare.Triggers;

/// <summary>What the startup hook starts.</summary>
internal sealed record HookSettings
{
    /// <summary>What can be watched, by the name in the variable. Each says when it causes a dump.</summary>
    private static readonly (string Name, string When, Func<HookSettings, IDisposable> Start)[] All =
    [
        ("threadpool", "a starved thread pool", static h => Flare.WatchThreadPool(h.Like(h.ThreadPool))),
        ("shutdown", "a slow shutdown", static h => Flare.OnSlowShutdown(h.Like(h.Shutdown))),
        ("exception", "an unhandled exception", static h => Flare.OnUnhandledException(h.Like(new UnhandledExceptionOptions()))),
        ("deadlock", "a deadlock", static h => Flare.OnDeadlock(h.Like(h.Deadlock))),
    ];

    /// <summary>The names of what can be watched.</summary>
    public static IEnumerable<string> WatchNames => All.Select(static w => w.Name);

    /// <summary>The signal, and what all triggers have in common.</summary>
    public SignalOptions Signal { get; init; } = new();

    public ThreadPoolWatchOptions ThreadPool { get; init; } = new();

    public SlowShutdownOptions Shutdown { get; init; } = new();

    public DeadlockWatchOptions Deadlock { get; init; } = new();

    /// <summary>The names of what is watched.</summary>
    public IReadOnlyList<string> Watched { get; init; } = [];

    /// <summary>The address of the listener; null for none.</summary>
    public string? Listen { get; init; }

    /// <summary>The text of the output; null for the default.</summary>
    public string? Output { get; private init; }

    /// <summary>The limits of files; null for none.</summary>
    public FileRotation? Rotation { get; private init; }

    /// <exception cref="ArgumentException">A path is not valid.</exception>
    public HookSettings WithOutput(string? output, FileRotation? rotation)
    {
        HookSettings settings = this with { Output = output, Rotation = rotation };
        if (output is null)
            return settings;
        DumpOutput[] outputs = [.. output.Split(';').Select(o => Parse(o, rotation))];
        return settings with { Signal = Signal with { Output = outputs.Length == 1 ? outputs[0] : DumpOutput.All(outputs) } };
    }

    /// <summary>Null if a name is not known.</summary>
    public HookSettings? WithWatches(string names)
    {
        string[] all = names.Split(',', StringSplitOptions.TrimEntries);
        return all.All(n => WatchNames.Contains(n)) ? this with { Watched = all } : null;
    }

    /// <summary>Starts everything. Returns a sentence that says when a dump is taken and where it goes; null if only a signal causes one.</summary>
    /// <exception cref="StackflareException">It cannot be started; the error says why.</exception>
    public string? Start()
    {
        // Never disposed: their threads and handlers keep them alive.
        _ = Flare.OnSignal(Signal);
        var watched = All.Where(w => Watched.Contains(w.Name)).ToArray();
        foreach (var watch in watched)
            _ = watch.Start(this);
        string? address = Listen is null
            ? null
            : Flare.Listen(new ListenOptions { Address = Listen, Format = Signal.Format, Capture = Signal.Capture, Render = Signal.Render, WarmUp = Signal.WarmUp }).ToString();
        if (watched.Length == 0 && address is null)
            return null;
        string when = string.Join(", ", watched.Select(static w => w.When));
        return $"thread dumps go to {Signal.Output} on {Signal.Signal}{(when.Length > 0 ? " and after " : "")}{when}{(address is null ? "" : $"; {address} serves them")}";
    }

    private static DumpOutput Parse(string value, FileRotation? rotation) =>
        string.Equals(value, "stderr", StringComparison.OrdinalIgnoreCase) ? DumpOutput.StandardError
        : value == "-" || string.Equals(value, "stdout", StringComparison.OrdinalIgnoreCase) ? DumpOutput.StandardOutput
        : rotation is null ? DumpOutput.File(value)
        : DumpOutput.File(value, rotation);

    private T Like<T>(T options)
        where T : TriggerOptions =>
        (T)(options with { Output = Signal.Output, Format = Signal.Format, Capture = Signal.Capture, Render = Signal.Render, WarmUp = Signal.WarmUp });
}
