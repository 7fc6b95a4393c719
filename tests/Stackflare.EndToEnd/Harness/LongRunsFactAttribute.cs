using System.Runtime.CompilerServices;

namespace Stackflare.EndToEnd.Harness;

/// <summary>A test that takes minutes or downloads something: only in the long runs. It bears the trait <see cref="Runs.Trait"/> as well.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class LongRunsFactAttribute : FactAttribute
{
    public LongRunsFactAttribute([CallerFilePath] string? file = null, [CallerLineNumber] int line = -1)
        : base(file, line)
    {
        if (!Runs.AreLong)
            Skip = $"it takes minutes: {Runs.Variable}={Runs.Long} runs it";
    }
}
