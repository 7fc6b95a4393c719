using System.Runtime.CompilerServices;

namespace Stackflare.EndToEnd.Harness;

/// <summary>A test of what is built for another platform; it is skipped where there is no compiler for that.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class RequiresCompilerFactAttribute : FactAttribute
{
    public RequiresCompilerFactAttribute(string compiler, [CallerFilePath] string? file = null, [CallerLineNumber] int line = -1)
        : base(file, line)
    {
        Compiler = compiler;
        if (Command.Find(compiler) is null)
            Skip = $"{compiler} is not installed";
    }

    /// <summary>The compiler that is needed.</summary>
    public string Compiler { get; }
}
