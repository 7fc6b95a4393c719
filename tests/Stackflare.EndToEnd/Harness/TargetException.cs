namespace Stackflare.EndToEnd.Harness;

/// <summary>A target did not do what a test waits for; the message has all that the target wrote.</summary>
public sealed class TargetException : Exception
{
    internal TargetException(string problem, string target)
        : base($"{problem}\n{target}")
    {
    }
}
