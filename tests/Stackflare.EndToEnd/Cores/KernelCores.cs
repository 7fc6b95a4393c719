using System.Runtime.CompilerServices;
using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Cores;

/// <summary>Cores that the kernel writes of targets that crash, each into a folder of its own.</summary>
internal static class KernelCores
{
    private const string Pattern = "/proc/sys/kernel/core_pattern";

    /// <summary>Why there are none; null where there are.</summary>
    public static string? Reason => File.ReadAllText(Pattern).Trim() is var pattern && pattern is not ("core" or "core.%p")
        ? $"the kernel does not write cores into the folder of a process: {Pattern} = {pattern}"
        : null;

    /// <summary>For a target of which the kernel writes a core.</summary>
    /// <param name="filter">What the core has, as bits in hexadecimal: core(5).</param>
    public static TargetOptions With(string filter) => TargetOptions.NoTrap with
    {
        Shell = $"cd \"$TMPDIR\" && ulimit -c unlimited && echo 0x{filter} > /proc/self/coredump_filter && exec \"$0\" \"$@\"",
    };

    /// <summary>The core of a target that has ended.</summary>
    public static string Of(TargetProcess target) => Assert.Single(Directory.GetFiles(target.TemporaryFolder, "core*"));
}

/// <summary>A test of cores that the kernel writes; it is skipped where the kernel writes them elsewhere.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class RequiresKernelCoresTheoryAttribute : TheoryAttribute
{
    public RequiresKernelCoresTheoryAttribute([CallerFilePath] string? file = null, [CallerLineNumber] int line = -1)
        : base(file, line) => Skip = KernelCores.Reason;
}
