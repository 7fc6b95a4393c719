using System.Runtime.InteropServices;

namespace Stackflare.Interop;

/// <summary>The calling thread, as the kernel knows it.</summary>
internal static partial class CurrentThread
{
    public static int OsId() => GetTid();

    [LibraryImport("libc", EntryPoint = "gettid")]
    private static partial int GetTid();
}
