using System.Globalization;
using Stackflare.Writers;

namespace Stackflare.Triggers;

/// <summary>The settings of the startup hook: a variable for each option. An empty variable counts as not set.</summary>
internal static class EnvironmentSettings
{
    /// <summary>The variables, in the order of the documentation.</summary>
    private static readonly Row[] Table =
    [
        Option("STACKFLARE_SIGNAL", "the name of a signal, such as SIGUSR1", static (o, v) => o with { Signal = Signal.Parse(v) }),
        new("STACKFLARE_OUTPUT", "stderr, stdout or a path, which may contain {pid} and {time}, or several of these with a semicolon between", static (h, v) => h.WithOutput(v, h.Rotation)),
        new("STACKFLARE_MAX_FILES", "a number", static (h, v) => Number(v) is { } n ? h.WithOutput(h.Output, (h.Rotation ?? new FileRotation()) with { MaxFiles = n }) : null),
        new("STACKFLARE_MAX_FILE_BYTES", "a number of bytes", static (h, v) => Number(v) is { } n ? h.WithOutput(h.Output, (h.Rotation ?? new FileRotation()) with { MaxFileBytes = n }) : null),
        Option("STACKFLARE_FORMAT", DumpFormats.Choice, static (o, v) => DumpFormats.TryParse(v, out DumpFormat f) ? o with { Format = f } : null),
        Option("STACKFLARE_WARMUP", Switch, static (o, v) => On(v) is { } on ? o with { WarmUp = on } : null),
        Option("STACKFLARE_CHAIN", Switch, static (o, v) => On(v) is { } on ? o with { Chain = on } : null),
        Option("STACKFLARE_ASYNC", "auto, always or never", static (o, v) => Mode(v) is { } mode ? o with { Capture = o.Capture with { AsyncStacks = mode } } : null),
        Option("STACKFLARE_SOURCE_TEXT", Switch, static (o, v) => On(v) is { } on ? o with { Capture = o.Capture with { SourceText = on } } : null),
        Option("STACKFLARE_GROUP", Switch, static (o, v) => On(v) is { } on ? o with { Render = o.Render with { GroupIdenticalStacks = on } } : null),
        Option("STACKFLARE_FOLD", Switch, static (o, v) => On(v) is { } on ? o with { Render = o.Render with { FoldRecursion = on } } : null),
        Option("STACKFLARE_SHOW_HIDDEN", Switch, static (o, v) => On(v) is { } on ? o with { Render = o.Render with { ShowHidden = on } } : null),
        Option("STACKFLARE_REDACT", Switch, static (o, v) => On(v) is { } on ? o with { Render = o.Render with { Redaction = on ? Redaction.OfThisProcess : null } } : null),
        Option("STACKFLARE_MAX_THREADS", "a number", static (o, v) => Limit(o, v, static (l, n) => l with { MaxThreads = n })),
        Option("STACKFLARE_MAX_FRAMES_PER_THREAD", "a number", static (o, v) => Limit(o, v, static (l, n) => l with { MaxFramesPerThread = n })),
        Option("STACKFLARE_MAX_FRAMES", "a number", static (o, v) => Limit(o, v, static (l, n) => l with { MaxFrames = n })),
        Option("STACKFLARE_MAX_SNAPSHOT_BYTES", "a number of bytes", static (o, v) => Limit(o, v, static (l, n) => l with { MaxSnapshotBytes = n })),
        Option("STACKFLARE_MAX_PAUSE_MS", "a number of milliseconds", static (o, v) => Limit(o, v, static (l, n) => l with { MaxPause = TimeSpan.FromMilliseconds(n) })),
        Option("STACKFLARE_TIMEOUT_MS", "a number of milliseconds", static (o, v) => Limit(o, v, static (l, n) => l with { Timeout = TimeSpan.FromMilliseconds(n) })),
        new("STACKFLARE_WATCH", $"a list of {string.Join(", ", HookSettings.WatchNames)}, with commas between", static (h, v) => h.WithWatches(v)),
        new("STACKFLARE_LISTEN", "unix: and a path, which may contain {pid}, or a loopback address such as http://127.0.0.1:9123", static (h, v) => h with { Listen = v }),
        new("STACKFLARE_POOL_THRESHOLD_MS", "a number of milliseconds", static (h, v) => Number(v) is { } n ? h with { ThreadPool = h.ThreadPool with { Threshold = TimeSpan.FromMilliseconds(n) } } : null),
        new("STACKFLARE_SHUTDOWN_TIMEOUT_MS", "a number of milliseconds", static (h, v) => Number(v) is { } n ? h with { Shutdown = h.Shutdown with { Timeout = TimeSpan.FromMilliseconds(n) } } : null),
        new("STACKFLARE_DEADLOCK_INTERVAL_MS", "a number of milliseconds", static (h, v) => Number(v) is { } n ? h with { Deadlock = h.Deadlock with { Interval = TimeSpan.FromMilliseconds(n) } } : null),
    ];

    private const string Switch = "1 or 0";

    /// <summary>The names of the variables.</summary>
    public static IEnumerable<string> Names => Table.Select(static row => row.Name);

    /// <exception cref="StackflareException">A setting has an invalid value.</exception>
    public static HookSettings Read() => Read(Environment.GetEnvironmentVariable);

    /// <param name="variable">Returns the value of a variable.</param>
    /// <exception cref="StackflareException">A setting has an invalid value.</exception>
    internal static HookSettings Read(Func<string, string?> variable)
    {
        var settings = new HookSettings();
        foreach (Row row in Table)
        {
            if (variable(row.Name) is { Length: > 0 } value)
                settings = Apply(settings, row, value);
        }
        return settings;
    }

    private static HookSettings Apply(HookSettings settings, Row row, string value)
    {
        try
        {
            return row.Apply(settings, value) ?? throw Invalid(row, value);
        }
        catch (ArgumentOutOfRangeException e)
        {
            // The limits say themselves what they allow.
            throw Invalid(row with { Expected = $"{row.Expected}. {e.Message.Split(" (Parameter", 2)[0].TrimEnd('.')}" }, value);
        }
        catch (ArgumentException)
        {
            throw Invalid(row, value);
        }
        catch (StackflareException e) when (e.Error == StackflareError.InvalidSignal)
        {
            throw new StackflareException(e.Error, $"{row.Name} is '{value}': {e.Problem}", e.Remedy, e);
        }
    }

    private static Row Option(string name, string expected, Func<SignalOptions, string, SignalOptions?> apply) =>
        new(name, expected, (h, v) => apply(h.Signal, v) is { } options ? h with { Signal = options } : null);

    private static bool? On(string value) => value switch { "1" or "true" or "on" => true, "0" or "false" or "off" => false, _ => null };

    private static AsyncStackMode? Mode(string value) =>
        value switch { "auto" => AsyncStackMode.Auto, "always" => AsyncStackMode.Always, "never" => AsyncStackMode.Never, _ => null };

    private static SignalOptions? Limit(SignalOptions options, string value, Func<DumpLimits, int, DumpLimits> apply) =>
        Number(value) is { } number ? options with { Capture = options.Capture with { Limits = apply(options.Capture.Limits, number) } } : null;

    private static int? Number(string value) => int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : null;

    private static StackflareException Invalid(Row row, string value) =>
        new(StackflareError.InvalidSetting, $"{row.Name} is '{value}'.", $"Set it to {row.Expected}.");

    /// <param name="Name">The variable.</param>
    /// <param name="Expected">Its values, for the remedy.</param>
    /// <param name="Apply">Returns the settings with a value; null if the value is invalid.</param>
    private sealed record Row(string Name, string Expected, Func<HookSettings, string, HookSettings?> Apply);
}
