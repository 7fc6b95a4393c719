using System.Runtime.CompilerServices;

namespace Stackflare.EndToEnd.Cli.Harness;

/// <summary>As <see cref="RequiresTerminalFactAttribute"/>, with data.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class RequiresTerminalTheoryAttribute : TheoryAttribute
{
    public RequiresTerminalTheoryAttribute([CallerFilePath] string? file = null, [CallerLineNumber] int line = -1)
        : base(file, line) => Skip = RequiresTerminalFactAttribute.Reason;
}
