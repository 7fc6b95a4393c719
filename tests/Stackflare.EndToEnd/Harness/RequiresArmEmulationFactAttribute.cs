using System.Runtime.CompilerServices;

namespace Stackflare.EndToEnd.Harness;

/// <summary>A test that runs a program for arm64; it is skipped where there is nothing to run it with.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class RequiresArmEmulationFactAttribute : FactAttribute
{
    public RequiresArmEmulationFactAttribute([CallerFilePath] string? file = null, [CallerLineNumber] int line = -1)
        : base(file, line) => Skip = ArmEmulation.Missing;
}
