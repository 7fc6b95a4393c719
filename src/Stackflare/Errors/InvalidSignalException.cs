namespace Stackflare;

/// <summary>The signal is not one that can ask for a dump.</summary>
public sealed class InvalidSignalException : StackflareException
{
    internal InvalidSignalException(string problem, Exception? innerException = null)
        : base(problem, $"Use SIGUSR1, SIGUSR2, SIGQUIT or a real-time signal from SIGRTMIN+1 to SIGRTMAX.", innerException)
    {
    }
}
