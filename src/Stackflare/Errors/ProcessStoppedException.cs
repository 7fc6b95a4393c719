namespace Stackflare;

/// <summary>The process is stopped and cannot answer.</summary>
public sealed class ProcessStoppedException : StackflareException
{
    internal ProcessStoppedException(int pid)
        : base($"Process {pid} is stopped (by SIGSTOP, Ctrl+Z or a debugger), so that its runtime cannot answer.", $"Let it go on: kill -CONT {pid}.")
    {
    }
}
