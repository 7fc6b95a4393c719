using System.CommandLine;
using System.Globalization;
using Stackflare.Symbols;
using Stackflare.Writers;

namespace Stackflare.Cli.Commands;

/// <summary>Shows what a program serves at its listener or endpoint. The options become parameters of the request.</summary>
internal sealed class ServedDump(
    SharedOptions shared, Option<int> count, Option<int> interval, Option<double> timeout, Option<bool> withAsync, Option<bool> noAsync)
{
    /// <param name="result">The command line.</param>
    /// <param name="address">The address.</param>
    /// <param name="notServed">Options that a program does not have.</param>
    /// <returns>The exit code.</returns>
    /// <exception cref="StackflareException">There is no dump.</exception>
    public int Write(ParseResult result, string address, IEnumerable<Option> notServed)
    {
        Option[] unknown = [.. notServed, shared.NoGroup, shared.NoSource, shared.RedactKey, shared.Symbols, shared.FailOnDeadlock];
        if (Array.Find(unknown, o => IsGiven(result, o)) is { } option)
            return Usage.Error($"{option.Name} has no effect on what a program serves. Name the process by its id.");
        var source = HttpSource.Parse(address, Parameters(result));
        TimeSpan series = IsGiven(result, count) ? TimeSpan.FromMilliseconds((double)result.GetValue(interval) * Math.Max(0, result.GetValue(count) - 1)) : TimeSpan.Zero;
        using var interrupt = new Interrupt();
        try
        {
            string? file = result.GetValue(shared.Output) is { } name and not SharedOptions.StandardOutput ? name : null;
            ResultOutput.Write(file, source.Get(TimeSpan.FromSeconds(result.GetValue(timeout)) + SymbolLimits.Time + series, interrupt.Token));
            return ExitCodes.Success;
        }
        catch (ToolException) when (interrupt.Happened)
        {
            return ExitCodes.Interrupted;
        }
    }

    private IEnumerable<(string Name, string Value)> Parameters(ParseResult result)
    {
        yield return ("format", DumpFormats.Row(result.GetValue(shared.Format)).Name);
        if (IsGiven(result, count))
            yield return ("count", result.GetValue(count).ToString(CultureInfo.InvariantCulture));
        if (IsGiven(result, interval))
            yield return ("interval", (result.GetValue(interval) / 1000.0).ToString(CultureInfo.InvariantCulture));
        if (result.GetValue(withAsync) || result.GetValue(noAsync))
            yield return ("async", result.GetValue(withAsync) ? "always" : "never");
        if (result.GetValue(shared.Threads) is { Length: > 0 } threads)
            yield return ("threads", string.Join(',', threads));
        if (result.GetValue(shared.All))
            yield return ("all", "1");
        if (result.GetValue(shared.Redact))
            yield return ("redact", "1");
    }

    private static bool IsGiven(ParseResult result, Option option) => result.GetResult(option) is { Implicit: false };
}
