using System.ComponentModel;
using System.Runtime.InteropServices;
using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Cli.Harness;

/// <summary>Holds one thread of a process still while the others go on, as a debugger can, until it is disposed.</summary>
internal sealed partial class FrozenThread : IDisposable
{
    private const int Seize = 0x4206, Interrupt = 0x4207, Detach = 17;

    private readonly ManualResetEventSlim _frozen = new(), _end = new();
    private readonly Thread _tracer;
    private Exception? _failure;

    private FrozenThread(int thread)
    {
        // Only the thread that began to trace may end it.
        _tracer = new Thread(() => Hold(thread)) { IsBackground = true };
        _tracer.Start();
        _frozen.Wait();
        if (_failure is not null)
            throw new InvalidOperationException($"Thread {thread} cannot be traced.", _failure);
    }

    public static FrozenThread ById(int thread) => new(thread);

    /// <summary>The thread with a name of the kernel's.</summary>
    public static FrozenThread Named(int pid, string name) => new(KernelThreads.Of(pid).Single(t => t.Name == name).Id);

    public void Dispose()
    {
        _end.Set();
        _tracer.Join();
        _frozen.Dispose();
        _end.Dispose();
    }

    private void Hold(int thread)
    {
        try
        {
            Trace(Seize, thread);
            Trace(Interrupt, thread);
            var deadline = Deadline.In();
            while (!File.ReadAllText($"/proc/{thread}/stat").Contains(") t ", StringComparison.Ordinal))
                Assert.True(deadline.Left > TimeSpan.Zero, $"thread {thread} does not stop");
        }
        catch (Exception e)
        {
            _failure = e;
        }

        _frozen.Set();
        _end.Wait();
        // A thread that has ended is not traced any more.
        _ = ptrace(Detach, thread, 0, 0);
    }

    private static void Trace(nint request, int thread)
    {
        if (ptrace(request, thread, 0, 0) != 0)
            throw new Win32Exception(Marshal.GetLastPInvokeError(), $"ptrace({request}, {thread})");
    }

    [LibraryImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint ptrace(nint request, int thread, nint address, nint data);
}
