using System.Runtime.InteropServices;

namespace Stackflare.Targets.Common;

/// <summary>Every way to call a native function. Each reads from a pipe that nobody writes to.</summary>
public static unsafe partial class NativeReads
{
    /// <summary>The calls, by the names of their threads.</summary>
    public static IReadOnlyDictionary<string, Action> All { get; } = new Dictionary<string, Action>
    {
        ["native: renamed"] = static () => Repeat(static (end, buffer) => Fetch(end, buffer, 1)),
        ["native: with error"] = static () => Repeat(static (end, buffer) => FetchWithError(end, buffer, 1)),
        ["native: with array"] = static () => Repeat(static (end, buffer) => FetchInto(end, new byte[1], 1)),
        ["native: generated"] = static () => Repeat(static (end, buffer) => FetchGenerated(end, buffer, 1)),
        ["native: generated without work"] = static () => Repeat(static (end, buffer) => FetchPlainly(end, buffer, 1)),
        ["native: pointer"] = static () => Repeat(static (end, buffer) => ((delegate* unmanaged<int, byte*, nint, nint>)Exported())(end, buffer, 1)),
        ["native: delegate"] = static () => Repeat(static (end, buffer) => Marshal.GetDelegateForFunctionPointer<Reader>(Exported())(end, buffer, 1)),
    };

    private delegate nint Reading(int end, byte* buffer);

    private delegate nint Reader(int descriptor, byte* buffer, nint count);

    private delegate int Comparer(nint left, nint right);

    /// <summary>Lets native code call back.</summary>
    /// <param name="action">What it calls.</param>
    public static void CallBack(Action action)
    {
        int* items = stackalloc int[2];
        Comparer comparer = (_, _) =>
        {
            action();
            return 0;
        };
        Sort(items, 2, sizeof(int), comparer);
        GC.KeepAlive(comparer);
    }

    /// <summary>Interrupted by a signal, a call ends.</summary>
    private static void Repeat(Reading read)
    {
        int* ends = stackalloc int[2];
        if (Open(ends) != 0)
            throw new InvalidOperationException("pipe failed");
        byte buffer;
        while (read(ends[0], &buffer) < 0)
        {
        }
    }

    private static nint Exported() => NativeLibrary.GetExport(NativeLibrary.Load("libc.so.6"), "read");

    [DllImport("libc", EntryPoint = "pipe")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Open(int* ends);

    [DllImport("libc", EntryPoint = "read")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint Fetch(int descriptor, byte* buffer, nint count);

    [DllImport("libc", EntryPoint = "read", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint FetchWithError(int descriptor, byte* buffer, nint count);

    [DllImport("libc", EntryPoint = "read")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint FetchInto(int descriptor, byte[] buffer, nint count);

    [DllImport("libc", EntryPoint = "qsort")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern void Sort(int* items, nint count, nint size, Comparer comparer);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint FetchGenerated(int descriptor, byte* buffer, nint count);

    [LibraryImport("libc", EntryPoint = "read")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint FetchPlainly(int descriptor, byte* buffer, nint count);
}
