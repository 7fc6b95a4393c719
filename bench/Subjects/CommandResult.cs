using System.ComponentModel;
using System.Diagnostics;

namespace Stackflare.Bench.Subjects;

/// <summary>What a command that helps with the measuring, and is not measured, came to.</summary>
/// <param name="Succeeded">Whether there is such a command and it ended well.</param>
/// <param name="Output">What it printed.</param>
internal sealed record CommandResult(bool Succeeded, string Output)
{
    /// <summary>The first line that it printed.</summary>
    internal string FirstLine => Output.TrimStart().Split('\n')[0].Trim();

    /// <summary>Runs a command to its end.</summary>
    internal static CommandResult Of(string program, params string[] arguments)
    {
        try
        {
            using Process process = Process.Start(Piped(program, arguments))!;
            process.StandardInput.Close();
            Task<string> errors = process.StandardError.ReadToEndAsync();
            string output = process.StandardOutput.ReadToEnd() + errors.Result;
            process.WaitForExit();
            return new(process.ExitCode == 0, output);
        }
        catch (Win32Exception failure)
        {
            return new(false, failure.Message);
        }
    }

    /// <summary>A command with pipes on all sides.</summary>
    internal static ProcessStartInfo Piped(string program, params string[] arguments) => new(program, arguments)
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    };
}
