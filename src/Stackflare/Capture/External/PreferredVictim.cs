namespace Stackflare.Capture.External;

/// <summary>Has the kernel end this process first, if memory becomes short.</summary>
internal static class PreferredVictim
{
    private const string Setting = "/proc/self/oom_score_adj", Most = "1000";

    /// <summary>A process may always raise its own value.</summary>
    public static void Become()
    {
        try
        {
            File.WriteAllText(Setting, Most);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A read-only /proc.
        }
    }
}
