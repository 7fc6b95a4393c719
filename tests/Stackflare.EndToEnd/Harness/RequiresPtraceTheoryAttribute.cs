using System.Runtime.CompilerServices;

namespace Stackflare.EndToEnd.Harness;

/// <summary>A test that looks into a target as a debugger does; it is skipped where the kernel does not let this process do so.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class RequiresPtraceTheoryAttribute : TheoryAttribute
{
    private const string Setting = "/proc/sys/kernel/yama/ptrace_scope";

    public RequiresPtraceTheoryAttribute([CallerFilePath] string? file = null, [CallerLineNumber] int line = -1)
        : base(file, line)
    {
        // 0 and 1 let a process trace its own children, which targets are; 2 asks for a privilege, 3 forbids it to all.
        if (File.Exists(Setting) && File.ReadAllText(Setting).Trim() is var scope && (scope == "3" || (scope == "2" && !Environment.IsPrivilegedProcess)))
            Skip = $"the oracle traces the target, which {Setting} = {scope} forbids";
    }
}
