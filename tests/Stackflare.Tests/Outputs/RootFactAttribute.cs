using System.Runtime.CompilerServices;

namespace Stackflare.Tests.Outputs;

/// <summary>A test that must change a file's owner, which only root can.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class RootFactAttribute : FactAttribute
{
    public RootFactAttribute([CallerFilePath] string? file = null, [CallerLineNumber] int line = 0)
        : base(file, line)
    {
        if (!Environment.IsPrivilegedProcess)
            Skip = "Only root can give a file to another user.";
    }
}
