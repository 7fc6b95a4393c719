using System.Globalization;
using Stackflare.Writers;

namespace Stackflare.Triggers;

/// <summary>The settings of the startup hook: a variable for each option of <see cref="Flare.OnSignal"/>. An empty variable counts as not set.</summary>
internal static class EnvironmentSettings
{
    /// <summary>The variables, in the order of the documentation.</summary>
    private static readonly (string Name, string Expected, Func<SignalOptions, string, SignalOptions?> Apply)[] Table =
    [
        ("STACKFLARE_SIGNAL", "the name of a signal, such as SIGUSR1", static (o, v) => o with { Signal = Signal.Parse(v) }),
        ("STACKFLARE_OUTPUT", "stderr, stdout or a path, which may contain {pid} and {time}", static (o, v) => o with { Output = Output(v) }),
        ("STACKFLARE_FORMAT", DumpFormats.Choice, static (o, v) => DumpFormats.TryParse(v, out DumpFormat f) ? o with { Format = f } : null),
        ("STACKFLARE_CHAIN", Switch, static (o, v) => On(v) is { } on ? o with { Chain = on } : null),
        ("STACKFLARE_ASYNC", "auto, always or never", static (o, v) => Mode(v) is { } mode ? o with { Capture = o.Capture with { AsyncStacks = mode } } : null),
        ("STACKFLARE_SOURCE_TEXT", Switch, static (o, v) => On(v) is { } on ? o with { Capture = o.Capture with { SourceText = on } } : null),
        ("STACKFLARE_GROUP", Switch, static (o, v) => On(v) is { } on ? o with { Render = o.Render with { GroupIdenticalStacks = on } } : null),
        ("STACKFLARE_FOLD", Switch, static (o, v) => On(v) is { } on ? o with { Render = o.Render with { FoldRecursion = on } } : null),
        ("STACKFLARE_SHOW_HIDDEN", Switch, static (o, v) => On(v) is { } on ? o with { Render = o.Render with { ShowHidden = on } } : null),
        ("STACKFLARE_MAX_THREADS", "a number", static (o, v) => Limit(o, v, static (l, n) => l with { MaxThreads = n })),
        ("STACKFLARE_MAX_FRAMES_PER_THREAD", "a number", static (o, v) => Limit(o, v, static (l, n) => l with { MaxFramesPerThread = n })),
        ("STACKFLARE_MAX_FRAMES", "a number", static (o, v) => Limit(o, v, static (l, n) => l with { MaxFrames = n })),
        ("STACKFLARE_MAX_SNAPSHOT_BYTES", "a number of bytes", static (o, v) => Limit(o, v, static (l, n) => l with { MaxSnapshotBytes = n })),
        ("STACKFLARE_MAX_PAUSE_MS", "a number of milliseconds", static (o, v) => Limit(o, v, static (l, n) => l with { MaxPause = TimeSpan.FromMilliseconds(n) })),
        ("STACKFLARE_TIMEOUT_MS", "a number of milliseconds", static (o, v) => Limit(o, v, static (l, n) => l with { Timeout = TimeSpan.FromMilliseconds(n) })),
    ];

    private const string Switch = "1 or 0";

    /// <summary>The names of the variables.</summary>
    public static IEnumerable<string> Names => Table.Select(static row => row.Name);

    /// <exception cref="StackflareException">A setting has an invalid value.</exception>
    public static SignalOptions Read() => Read(Environment.GetEnvironmentVariable);

    /// <param name="variable">Returns the value of a variable.</param>
    /// <exception cref="StackflareException">A setting has an invalid value.</exception>
    internal static SignalOptions Read(Func<string, string?> variable)
    {
        var options = new SignalOptions();
        foreach (var (name, expected, apply) in Table)
        {
            if (variable(name) is { Length: > 0 } value)
                options = Apply(options, name, value, expected, apply);
        }
        return options;
    }

    private static SignalOptions Apply(SignalOptions options, string name, string value, string expected, Func<SignalOptions, string, SignalOptions?> apply)
    {
        try
        {
            return apply(options, value) ?? throw Invalid(name, value, expected);
        }
        catch (ArgumentOutOfRangeException e)
        {
            // The limits say themselves what they allow.
            throw Invalid(name, value, $"{expected}. {e.Message.Split(" (Parameter", 2)[0].TrimEnd('.')}");
        }
        catch (ArgumentException)
        {
            throw Invalid(name, value, expected);
        }
        catch (StackflareException e) when (e.Error == StackflareError.InvalidSignal)
        {
            throw new StackflareException(e.Error, $"{name} is '{value}': {e.Problem}", e.Remedy, e);
        }
    }

    private static DumpOutput Output(string value) =>
        string.Equals(value, "stderr", StringComparison.OrdinalIgnoreCase) ? DumpOutput.StandardError
        : value == "-" || string.Equals(value, "stdout", StringComparison.OrdinalIgnoreCase) ? DumpOutput.StandardOutput
        : DumpOutput.File(value);

    private static bool? On(string value) => value switch { "1" or "true" or "on" => true, "0" or "false" or "off" => false, _ => null };

    private static AsyncStackMode? Mode(string value) =>
        value switch { "auto" => AsyncStackMode.Auto, "always" => AsyncStackMode.Always, "never" => AsyncStackMode.Never, _ => null };

    private static SignalOptions? Limit(SignalOptions options, string value, Func<DumpLimits, int, DumpLimits> apply) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            ? options with { Capture = options.Capture with { Limits = apply(options.Capture.Limits, number) } }
            : null;

    private static StackflareException Invalid(string name, string value, string expected) =>
        new(StackflareError.InvalidSetting, $"{name} is '{value}'.", $"Set it to {expected}.");
}
