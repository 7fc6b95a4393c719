using System.Runtime.CompilerServices;

namespace Stackflare.EndToEnd.Cli.Harness;

/// <summary>A test that looks, as a debugger does, into a process that it did not start itself; it is skipped where the kernel does not let it.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class RequiresTracingFactAttribute : FactAttribute
{
    public RequiresTracingFactAttribute([CallerFilePath] string? file = null, [CallerLineNumber] int line = -1)
        : base(file, line) => Skip = RequiresTracingTheoryAttribute.Reason;
}
