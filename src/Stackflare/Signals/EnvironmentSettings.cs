using Stackflare.Writers;

namespace Stackflare.Signals;

/// <summary>The settings of the startup hook: STACKFLARE_SIGNAL, STACKFLARE_OUTPUT and STACKFLARE_FORMAT.</summary>
internal static class EnvironmentSettings
{
    /// <exception cref="StackflareException">A setting has an invalid value.</exception>
    public static SignalOptions Read()
    {
        var options = new SignalOptions();
        if (Get("STACKFLARE_SIGNAL") is { } signal)
            options = options with { Signal = ParseSignal(signal) };
        if (Get("STACKFLARE_OUTPUT") is { } output)
            options = options with { Output = ParseOutput(output) };
        if (Get("STACKFLARE_FORMAT") is { } format)
            options = options with { Format = ParseFormat(format) };
        return options;
    }

    private static string? Get(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;

    private static Signal ParseSignal(string text)
    {
        try
        {
            return Signal.Parse(text);
        }
        catch (StackflareException e)
        {
            throw new StackflareException(e.Error, $"STACKFLARE_SIGNAL is '{text}': {e.Problem}", e.Remedy, e);
        }
    }

    private static DumpOutput ParseOutput(string text)
    {
        if (string.Equals(text, "stderr", StringComparison.OrdinalIgnoreCase))
            return DumpOutput.StandardError;
        if (text == "-" || string.Equals(text, "stdout", StringComparison.OrdinalIgnoreCase))
            return DumpOutput.StandardOutput;
        try
        {
            return DumpOutput.File(text);
        }
        catch (ArgumentException)
        {
            throw Invalid("STACKFLARE_OUTPUT", text, "stderr, stdout or a path, which may contain {pid} and {time}");
        }
    }

    private static StackflareException Invalid(string name, string value, string expected) =>
        new(StackflareError.InvalidSetting, $"{name} is '{value}'.", $"Set it to {expected}.");

    internal static DumpFormat ParseFormat(string text) =>
        DumpFormats.TryParse(text, out DumpFormat format) ? format : throw Invalid("STACKFLARE_FORMAT", text, DumpFormats.Choice);
}
