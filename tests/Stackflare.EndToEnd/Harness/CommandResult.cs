namespace Stackflare.EndToEnd.Harness;

/// <summary>What a command that has ended wrote.</summary>
internal sealed record CommandResult(string CommandLine, int ExitCode, string Output, string Errors)
{
    /// <summary>Fails with all that was written unless the command ended well. Gives what it wrote to standard output.</summary>
    public string Succeeded()
    {
        Assert.True(ExitCode == 0, ToString());
        return Output;
    }

    public override string ToString() => $"{CommandLine}\nexited with {ExitCode}\n--- standard output\n{Output}\n--- standard error\n{Errors}";
}
