using System.Reflection;
using System.Reflection.Emit;
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
        ["native: made"] = static () => Repeat(MadeFetch()),
        ["native: pointer"] = static () => Repeat(static (end, buffer) => ((delegate* unmanaged<int, byte*, nint, nint>)Exported())(end, buffer, 1)),
        ["native: delegate"] = static () => Repeat(static (end, buffer) => Marshal.GetDelegateForFunctionPointer<Reader>(Exported())(end, buffer, 1)),
    };

    /// <summary>A call from a method that is made while the program runs.</summary>
    private static Reading MadeFetch()
    {
        var method = new DynamicMethod("MadeFetch", typeof(nint), [typeof(int), typeof(byte*)], typeof(NativeReads).Module, skipVisibility: true);
        ILGenerator code = method.GetILGenerator();
        code.DeclareLocal(typeof(nint));
        code.Emit(OpCodes.Ldarg_0);
        code.Emit(OpCodes.Ldarg_1);
        code.Emit(OpCodes.Ldc_I4_1);
        code.Emit(OpCodes.Conv_I);
        code.Emit(OpCodes.Call, typeof(NativeReads).GetMethod(nameof(Fetch), BindingFlags.Static | BindingFlags.NonPublic)!);
        // After a call at its end there would be a jump instead.
        code.Emit(OpCodes.Stloc_0);
        code.Emit(OpCodes.Ldloc_0);
        code.Emit(OpCodes.Ret);
        return method.CreateDelegate<Reading>();
    }

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
