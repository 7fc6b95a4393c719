using System.Runtime.CompilerServices;

namespace Stackflare.EndToEnd.Harness;

/// <summary>A test that mounts a file system, which only root may do; anyone else skips it.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class RequiresRootTheoryAttribute : TheoryAttribute
{
    public RequiresRootTheoryAttribute([CallerFilePath] string? file = null, [CallerLineNumber] int line = -1)
        : base(file, line)
    {
        if (!Environment.IsPrivilegedProcess)
            Skip = "mounting a small file system needs root";
    }
}
