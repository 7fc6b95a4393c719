namespace Stackflare;

/// <summary>There is no process with that id or name.</summary>
public sealed class NoSuchProcessException : StackflareException
{
    internal NoSuchProcessException(string problem, string remedy = "'stackflare ps' lists the processes that can be dumped.")
        : base(problem, remedy)
    {
    }
}
