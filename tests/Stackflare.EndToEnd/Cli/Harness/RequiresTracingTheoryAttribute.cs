using System.Runtime.CompilerServices;

namespace Stackflare.EndToEnd.Cli.Harness;

/// <summary>A test in which the tool reads a process from outside, as a debugger does; it is skipped where the kernel does not let it.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class RequiresTracingTheoryAttribute : TheoryAttribute
{
    private const string Setting = "/proc/sys/kernel/yama/ptrace_scope";

    public RequiresTracingTheoryAttribute([CallerFilePath] string? file = null, [CallerLineNumber] int line = -1)
        : base(file, line) => Skip = Reason;

    /// <summary>Why not; null where it can be done.</summary>
    internal static string? Reason =>
        File.Exists(Setting) && File.ReadAllText(Setting).Trim() is var scope && (scope == "3" || (scope != "0" && !Environment.IsPrivilegedProcess))
            ? $"the test traces a process that is not its child, which {Setting} = {scope} forbids"
            : null;
}
