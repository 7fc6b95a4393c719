using System.Runtime.CompilerServices;

namespace Stackflare.EndToEnd.Cli.Harness;

/// <summary>A test with a target in namespaces of its own, as in a container; it is skipped where this process may not make them.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class RequiresNamespacesTheoryAttribute : TheoryAttribute
{
    public RequiresNamespacesTheoryAttribute([CallerFilePath] string? file = null, [CallerLineNumber] int line = -1)
        : base(file, line) => Skip = Needs.Namespaces;
}
