using System.Runtime.CompilerServices;

namespace Stackflare.EndToEnd.Cli.Harness;

/// <summary>A test that runs the tool on a terminal, which the command <c>script</c> makes; it is skipped where there is no such command.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class RequiresTerminalFactAttribute : FactAttribute
{
    public RequiresTerminalFactAttribute([CallerFilePath] string? file = null, [CallerLineNumber] int line = -1)
        : base(file, line) => Skip = Reason;

    /// <summary>Why not; null where it can be done.</summary>
    internal static string? Reason =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, "script")))
            ? null
            : "the command 'script' makes the terminal, and is not installed";
}
