namespace Stackflare;

/// <summary>The process uses another C library than the probe was built for.</summary>
public sealed class LibcMismatchException : StackflareException
{
    internal LibcMismatchException(int pid, string targetLibc, string probeLibc)
        : base($"Process {pid} uses {targetLibc}, and this probe is built for {probeLibc}.", $"Use the build of the tool for {targetLibc}.")
    {
    }
}
