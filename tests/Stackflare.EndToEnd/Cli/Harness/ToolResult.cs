using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Cli.Harness;

/// <summary>What a run of the tool came to.</summary>
internal sealed record ToolResult(int ExitCode, byte[] Bytes, string Error, TimeSpan Time, string CommandLine)
{
    /// <summary>Standard output, however the run ended.</summary>
    public string RawOutput { get; } = System.Text.Encoding.UTF8.GetString(Bytes);

    /// <summary>Standard output of a run that must have succeeded without a word on standard error.</summary>
    public string Output
    {
        get
        {
            Assert.True(ExitCode == 0 && Error.Length == 0, ToString());
            return RawOutput;
        }
    }

    /// <summary>The one dump in JSON that such a run wrote.</summary>
    public JsonDump Json
    {
        get
        {
            _ = Output;
            return JsonDump.Parse(Bytes);
        }
    }

    /// <summary>Fails unless the run ended with this code and one line that begins with the tool's name and has these parts.</summary>
    public ToolResult AssertError(int exitCode, params string[] parts)
    {
        Assert.True(ExitCode == exitCode, $"expected exit code {exitCode}\n{this}");
        Assert.StartsWith("stackflare: ", Error, StringComparison.Ordinal);
        Assert.True(Error.EndsWith(".\n", StringComparison.Ordinal) && Error.IndexOf('\n', StringComparison.Ordinal) == Error.Length - 1, ToString());
        Assert.All(parts, part => Assert.Contains(part, Error, StringComparison.Ordinal));
        return this;
    }

    public override string ToString() =>
        $"{CommandLine}\nended with {ExitCode} after {Time.TotalMilliseconds:0} ms\n--- standard output\n{RawOutput[..Math.Min(RawOutput.Length, 4000)]}\n--- standard error\n{Error}\n---";
}
