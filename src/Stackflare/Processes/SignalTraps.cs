using System.Buffers.Text;
using System.Text;
using Stackflare.Interop;

namespace Stackflare.Processes;

/// <summary>
/// The signals at which a process dumps itself and goes on. From outside, a trap is a caught signal together with the thread that waits for it: the runtime
/// itself catches SIGQUIT in every process, and ends the process then. A dump at SIGTERM has no such thread.
/// </summary>
internal static class SignalTraps
{
    private const int LeastRealTime = 1, MostRealTime = 30;

    /// <summary>The signals of traps, in the order of preference.</summary>
    private static readonly Signal[] All = [Signal.Usr1, Signal.Usr2, Signal.Quit, .. Enumerable.Range(LeastRealTime, MostRealTime).Select(Signal.RealTime)];

    /// <summary>The name of the thread that waits for a signal: the kernel keeps 15 bytes of it, which are different for each signal.</summary>
    public static string ThreadName(Signal signal) => $"Stackflare {signal.ToString()["SIG".Length..].Replace("RTMIN+", "RT", StringComparison.Ordinal)}";

    /// <summary>The signals at which a process dumps itself, in the order of preference.</summary>
    public static IReadOnlyList<Signal> In(int pid)
    {
        HashSet<string> names = [.. new KernelTasks(pid).Ids.Select(id => Name(pid, id))];
        return [.. All.Where(s => IsCaught(pid, s) && names.Contains(ThreadName(s)))];
    }

    /// <summary>Whether a process catches a signal, for whatever purpose.</summary>
    public static bool IsCaught(int pid, Signal signal)
    {
        Span<byte> buffer = stackalloc byte[ProcessFiles.StatusBytes];
        ReadOnlySpan<byte> caught = ProcessFiles.StatusField(ProcFile.Read($"/proc/{pid}/status", buffer), "\nSigCgt:"u8);
        return Utf8Parser.TryParse(caught, out ulong signals, out _, 'x') && (signals >> (signal.Number - 1) & 1) != 0;
    }

    private static string Name(int pid, int thread)
    {
        Span<byte> buffer = stackalloc byte[64];
        return Encoding.UTF8.GetString(ProcFile.Read($"/proc/{pid}/task/{thread}/comm", buffer)).TrimEnd('\n');
    }
}
