using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.External;

/// <summary>Threads that a tracer has not let go.</summary>
internal static class TracedThreads
{
    /// <summary>Fails if a thread of a process is traced.</summary>
    public static void AssertNone(int pid) => Assert.Empty(Of(pid));

    /// <summary>The kernel lets the threads of a tool go that was killed, but not before the tool has ended.</summary>
    public static Task WaitForNoneAsync(TargetProcess target) => Poll.UntilAsync(() => !Of(target.Pid).Any(), "no thread to be traced", target.Describe);

    private static IEnumerable<int> Of(int pid) => KernelThreads.Of(pid).Select(static t => t.Id).Where(id => IsTraced(pid, id));

    private static bool IsTraced(int pid, int thread)
    {
        try
        {
            return !File.ReadAllText($"/proc/{pid}/task/{thread}/status").Contains("\nTracerPid:\t0\n", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false; // It has ended.
        }
    }
}
