namespace Stackflare;

/// <summary>The process's runtime is older than what Stackflare can ask, or for another processor.</summary>
public sealed class UnsupportedRuntimeException : StackflareException
{
    internal UnsupportedRuntimeException(string problem)
        : base(problem, "Stackflare needs .NET 8 or later.")
    {
    }

    internal UnsupportedRuntimeException(int pid, string processor, string own)
        : base($"Process {pid} runs on .NET for {processor}, and this tool is for {own}.", $"Use the build of the tool for {processor}.")
    {
    }
}
