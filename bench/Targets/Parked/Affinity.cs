using System.Globalization;
using System.Runtime.InteropServices;

namespace Stackflare.BenchTarget;

/// <summary>Which processors threads may run on. Sees the first 1,024 processors, as the C library does.</summary>
internal static partial class Affinity
{
    private const int Words = 1024 / 64;

    /// <summary>The processors that this thread may run on.</summary>
    internal static int[] Allowed()
    {
        Span<ulong> mask = stackalloc ulong[Words];
        if (GetAffinity(0, Words * sizeof(ulong), ref mask[0]) < 0)
            return [0];

        List<int> processors = [];
        for (int i = 0; i < Words * 64; i++)
        {
            if ((mask[i / 64] >> (i % 64) & 1) != 0)
                processors.Add(i);
        }

        return [.. processors];
    }

    /// <summary>Binds every thread that the process has now; those that they start inherit it.</summary>
    internal static void BindProcess(params ReadOnlySpan<int> processors)
    {
        foreach (string task in Directory.EnumerateDirectories("/proc/self/task"))
            BindThread(int.Parse(Path.GetFileName(task), CultureInfo.InvariantCulture), processors);
    }

    /// <summary>Binds one thread; 0 is the calling one. A thread that has just ended, or a kernel that says no, is no matter.</summary>
    internal static void BindThread(int thread, params ReadOnlySpan<int> processors)
    {
        Span<ulong> mask = stackalloc ulong[Words];
        foreach (int processor in processors)
            mask[processor / 64] |= 1UL << (processor % 64);
        _ = SetAffinity(thread, Words * sizeof(ulong), ref mask[0]);
    }

    [LibraryImport("libc", EntryPoint = "sched_getaffinity")]
    private static partial int GetAffinity(int thread, nint bytes, ref ulong mask);

    [LibraryImport("libc", EntryPoint = "sched_setaffinity")]
    private static partial int SetAffinity(int thread, nint bytes, ref ulong mask);
}
