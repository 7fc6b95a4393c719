using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Stackflare.Interop;
using Stackflare.Processes;
using Stackflare.Runtime.Stacks;

namespace Stackflare.Capture.External;

/// <summary>
/// The threads of a process by /proc and ptrace. A thread is seized, so the kernel lets it go on when the thread that has seized it ends, however that
/// comes about, and a thread that a signal has stopped stays stopped.
/// </summary>
/// <param name="process">The process.</param>
internal sealed class KernelThreadControl(int process) : IThreadControl
{
    private const int CallBytes = 512, SchedulerBytes = 128;

    /// <summary>A thread stops because of the interrupt or because its process is stopped, not because of a signal that it is about to get: PTRACE_EVENT_STOP.</summary>
    private const int EventStop = 128;

    public IDisposable Guard() => new StopGuard();

    public IEnumerable<int> List()
    {
        try
        {
            return [.. Directory.EnumerateDirectories($"/proc/{process}/task").Select(static d => int.TryParse(Path.GetFileName(d), CultureInfo.InvariantCulture, out int id) ? id : 0).Where(static id => id > 0)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return []; // It has ended.
        }
    }

    public ThreadLook? Look(int thread)
    {
        Span<byte> buffer = stackalloc byte[ProcessFiles.StatusBytes], call = stackalloc byte[CallBytes];
        ReadOnlySpan<byte> line = ProcFile.Read($"/proc/{process}/task/{thread}/syscall", call);
        ReadOnlySpan<byte> status = ProcFile.Read($"/proc/{process}/task/{thread}/status", buffer);
        if (line.IsEmpty || ProcessFiles.StatusField(status, "\nState:"u8) is not [var state, ..]
            || ProcessFiles.StatusNumber(status, "\nTracerPid:"u8) is not { } tracer || ProcessFiles.StatusNumber(status, "\nvoluntary_ctxt_switches:"u8) is not { } own || ProcessFiles.StatusNumber(status, "\nnonvoluntary_ctxt_switches:"u8) is not { } others)
        {
            return null;
        }
        return new ThreadLook((char)state, Encoding.ASCII.GetString(line.TrimEnd((byte)'\n')), own + others, tracer != 0);
    }

    public TimeSpan? CpuTime(int thread)
    {
        Span<byte> buffer = stackalloc byte[SchedulerBytes];
        return Utf8Parser.TryParse(ProcFile.Read($"/proc/{process}/task/{thread}/schedstat", buffer), out ulong nanoseconds, out _) && nanoseconds > 0
            ? TimeSpan.FromTicks((long)(nanoseconds / TimeSpan.NanosecondsPerTick))
            : null;
    }

    public int Seize(int thread) => Posix.Trace(Posix.PTRACE_SEIZE, thread);

    public void Interrupt(int thread) => _ = Posix.Trace(Posix.PTRACE_INTERRUPT, thread);

    public StopState Poll(int thread, out StoppedCall stopped)
    {
        stopped = default;
        switch (Posix.News(thread, out int status))
        {
            case Posix.ThreadNews.None: return StopState.Pending;
            case Posix.ThreadNews.Ended: return StopState.Ended;
        }
        int signal = status >> 8 == EventStop ? 0 : status & 0xFF;
        Span<ulong> registers = stackalloc ulong[KernelRegisters.Count];
        if (Posix.ReadRegisters(thread, registers) != 0)
        {
            // It is being killed, or it must go on all the same.
            Release(thread, new StoppedCall(default, signal, null));
            return StopState.Ended;
        }
        stopped = new StoppedCall(KernelRegisters.Read(registers), signal, KernelRegisters.EndedCall(registers));
        return StopState.Stopped;
    }

    public void Release(int thread, in StoppedCall stopped) => _ = Posix.Trace(Posix.PTRACE_DETACH, thread, stopped.Signal);
}
