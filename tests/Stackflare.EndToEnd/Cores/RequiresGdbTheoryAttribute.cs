using System.Runtime.CompilerServices;
using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Cores;

/// <summary>A test of cores that <c>gcore</c> writes; it is skipped where there is no gdb, or where the kernel does not let this process trace.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class RequiresGdbTheoryAttribute : TheoryAttribute
{
    public RequiresGdbTheoryAttribute([CallerFilePath] string? file = null, [CallerLineNumber] int line = -1)
        : base(file, line) => Skip = Command.Find("gcore") is null ? "gcore, which is a part of gdb, is not installed" : RequiresPtraceTheoryAttribute.Reason;
}
