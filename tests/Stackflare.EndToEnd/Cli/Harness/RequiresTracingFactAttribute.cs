using System.Runtime.CompilerServices;

namespace Stackflare.EndToEnd.Cli.Harness;

/// <summary>A test that looks, as a debugger does, into a process that it did not start itself; it is skipped where the kernel does not let it.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class RequiresTracingFactAttribute : FactAttribute
{
    private const string Setting = "/proc/sys/kernel/yama/ptrace_scope";

    public RequiresTracingFactAttribute([CallerFilePath] string? file = null, [CallerLineNumber] int line = -1)
        : base(file, line)
    {
        if (File.Exists(Setting) && File.ReadAllText(Setting).Trim() is var scope && (scope == "3" || (scope != "0" && !Environment.IsPrivilegedProcess)))
            Skip = $"the test traces a process that is not its child, which {Setting} = {scope} forbids";
    }
}
