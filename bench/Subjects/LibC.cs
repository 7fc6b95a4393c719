using System.Runtime.InteropServices;

namespace Stackflare.Bench.Subjects;

/// <summary>The system calls that .NET has no method for.</summary>
internal static partial class LibC
{
    internal const int SigQuit = 3;

    internal const int SigUsr1 = 10;

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    internal static partial int Kill(int process, int signal);
}
