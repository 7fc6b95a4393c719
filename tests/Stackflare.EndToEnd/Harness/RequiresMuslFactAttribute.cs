using System.Runtime.CompilerServices;

namespace Stackflare.EndToEnd.Harness;

/// <summary>A test that runs a .NET program for musl; it is skipped where there is nothing to run it with.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class RequiresMuslFactAttribute : FactAttribute
{
    public RequiresMuslFactAttribute([CallerFilePath] string? file = null, [CallerLineNumber] int line = -1)
        : base(file, line) => Skip = MuslLibraries.Missing;
}
