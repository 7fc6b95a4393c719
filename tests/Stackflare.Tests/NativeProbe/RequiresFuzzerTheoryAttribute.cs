using System.Runtime.CompilerServices;

namespace Stackflare.Tests.NativeProbe;

/// <summary>A theory that needs clang with libFuzzer.</summary>
internal sealed class RequiresFuzzerTheoryAttribute : TheoryAttribute
{
    public RequiresFuzzerTheoryAttribute([CallerFilePath] string? file = null, [CallerLineNumber] int line = -1)
        : base(file, line)
    {
        if (!IsInstalled())
            Skip = "clang with libFuzzer is not installed: apt-get install clang libclang-rt-14-dev.";
    }

    private static bool IsInstalled() =>
        Environment.GetEnvironmentVariable("PATH")!.Split(':').Any(d => File.Exists(Path.Combine(d, "clang")))
        && Directory.Exists("/usr/lib") && Directory.EnumerateFiles("/usr/lib", "libclang_rt.fuzzer-*", new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true }).Any();
}
