using System.Runtime.CompilerServices;

namespace Stackflare.EndToEnd.Harness;

/// <summary>A test that holds a target's thread as a debugger does; it is skipped where the kernel does not let this process do so.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class RequiresPtraceFactAttribute : FactAttribute
{
    public RequiresPtraceFactAttribute([CallerFilePath] string? file = null, [CallerLineNumber] int line = -1)
        : base(file, line) => Skip = RequiresPtraceTheoryAttribute.Reason;
}
