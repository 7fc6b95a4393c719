namespace Stackflare.EndToEnd.Harness;

/// <summary>A lock that a thread of the truth holds: its name in the program, and the method and line of the frame that took it.</summary>
internal sealed record TruthHeld(string Lock, string Method, int Line)
{
    /// <summary>The full name of the lock's type.</summary>
    public string Type => Lock[..Lock.LastIndexOf(' ')];
}
