namespace Stackflare;

/// <summary>This operating system, processor or runtime is not one that Stackflare works on.</summary>
public sealed class UnsupportedPlatformException : StackflareException
{
    internal UnsupportedPlatformException(string problem)
        : base(problem, "Stackflare needs .NET 8 or later (CoreCLR) on 64-bit Linux.")
    {
    }
}
