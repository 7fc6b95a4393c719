using System.Runtime.InteropServices;
using Stackflare;

namespace OrderService;

/// <summary>A small order service with problems: see where its threads are. With --wait, it keeps running and you can send signals.</summary>
internal static partial class Program
{
    private const int SigUsr1 = 10;
    private static readonly ManualResetEventSlim Closing = new();

    private static void Main(string[] args)
    {
        IDisposable trap = Flare.OnSignal(); // All that a program needs.

        Shop.Open();
        Console.WriteLine($"Two threads of this program are deadlocked. Where are they, and all others?  kill -USR1 {Environment.ProcessId}");

        if (!args.Contains("--wait"))
            new Thread(() => SignalAndClose(trap)) { Name = "operator" }.Start();
        Closing.Wait();
    }

    private static void SignalAndClose(IDisposable trap)
    {
        _ = Raise(SigUsr1);
        trap.Dispose(); // Returns when the dump is written.
        Closing.Set();
    }

    // As kill(getpid(), …), but the handler has run when it returns.
    [LibraryImport("libc", EntryPoint = "raise")]
    private static partial int Raise(int signal);
}
