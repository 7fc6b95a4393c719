using System.Runtime.CompilerServices;

namespace Stackflare.EndToEnd.Harness;

/// <summary>A test that looks into a target as a debugger does; it is skipped where the kernel does not let this process do so.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class RequiresPtraceTheoryAttribute : TheoryAttribute
{
    private const string Setting = "/proc/sys/kernel/yama/ptrace_scope";

    public RequiresPtraceTheoryAttribute([CallerFilePath] string? file = null, [CallerLineNumber] int line = -1)
        : base(file, line) => Skip = Reason;

    /// <summary>Why not; null where it can be done.</summary>
    internal static string? Reason =>
        // 0 and 1 let a process trace its own children, which targets are; 2 asks for a privilege, 3 forbids it to all.
        File.Exists(Setting) && File.ReadAllText(Setting).Trim() is var scope && (scope == "3" || (scope == "2" && !Environment.IsPrivilegedProcess))
            ? $"the test traces the target, which {Setting} = {scope} forbids"
            : null;
}
