using System.Runtime.CompilerServices;

namespace Stackflare.EndToEnd.Cli.Harness;

/// <summary>A test with a process of another user; it is skipped where this process may not become one, or that one cannot run .NET.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class RequiresOtherUserFactAttribute : FactAttribute
{
    public RequiresOtherUserFactAttribute([CallerFilePath] string? file = null, [CallerLineNumber] int line = -1)
        : base(file, line) => Skip = Needs.OtherUser;
}
