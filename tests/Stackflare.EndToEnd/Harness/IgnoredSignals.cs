using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Stackflare.EndToEnd.Harness;

/// <summary>
/// A shell starts what it runs in the background with SIGINT and SIGQUIT ignored, nohup with SIGHUP, and every process hands that down to those that it
/// starts. The tests are about programs that are started as people start them.
/// </summary>
internal static partial class IgnoredSignals
{
    private const int Hangup = 1, Interrupt = 2, Quit = 3, Ignored = 1, Default = 0;

    [ModuleInitializer]
    internal static void Restore()
    {
        foreach (var signal in (ReadOnlySpan<int>)[Hangup, Interrupt, Quit])
        {
            // Whatever else there is belongs to the runtime.
            if (SetHandler(signal, Default) is not (Ignored or Default) and var other)
                SetHandler(signal, other);
        }
    }

    [LibraryImport("libc", EntryPoint = "signal")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint SetHandler(int signal, nint handler);
}
