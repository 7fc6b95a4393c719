namespace Stackflare;

/// <summary>The process's runtime is older than what Stackflare can ask.</summary>
public sealed class UnsupportedRuntimeException : StackflareException
{
    internal UnsupportedRuntimeException(string problem)
        : base(problem, "Stackflare needs .NET 8 or later.")
    {
    }
}
