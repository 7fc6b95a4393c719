using System.Runtime.CompilerServices;

namespace Stackflare.Tests.Outputs;

/// <summary>A test of what the kernel forbids a user, but not root.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class UnprivilegedFactAttribute : FactAttribute
{
    public UnprivilegedFactAttribute([CallerFilePath] string? file = null, [CallerLineNumber] int line = 0)
        : base(file, line)
    {
        if (Environment.IsPrivilegedProcess)
            Skip = "Root may write everywhere.";
    }
}
