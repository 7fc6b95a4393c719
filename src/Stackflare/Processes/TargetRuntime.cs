using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Stackflare.Interop;

namespace Stackflare.Processes;

/// <summary>The runtime of a process, from its memory map.</summary>
/// <param name="Kind">The kind of runtime.</param>
/// <param name="Version">Its version, if the path of the library contains it; otherwise null.</param>
/// <param name="IsMusl">Whether the process's C library is musl.</param>
/// <param name="Processor">The processor it is compiled for; null if its file does not say it or cannot be read.</param>
internal sealed partial record TargetRuntime(RuntimeKind Kind, Version? Version, bool IsMusl, Architecture? Processor)
{
    private const int MaxMapLines = 200_000;

    /// <summary>For a process of which only the runtime's socket is visible.</summary>
    public static TargetRuntime NotSeen { get; } = new(RuntimeKind.CoreClr, null, IsMusl: false, Processor: null);

    /// <exception cref="StackflareException">The map cannot be read.</exception>
    public static TargetRuntime Inspect(int pid)
    {
        var kind = RuntimeKind.None;
        Version? version = null;
        bool isMusl = false;
        RootedPath file = $"/proc/{pid}/exe";
        try
        {
            foreach (string line in File.ReadLines($"/proc/{pid}/maps").Take(MaxMapLines))
            {
                int slash = line.IndexOf('/');
                if (slash < 0)
                    continue;
                string path = line[slash..];
                // musl's dynamic linker and library are one file with two names. The "libc.so" of glibc is a linker script that is never mapped.
                isMusl |= path.Contains("/ld-musl-", StringComparison.Ordinal) || path.EndsWith("/libc.so", StringComparison.Ordinal);
                if (kind == RuntimeKind.None && path.EndsWith("/libcoreclr.so", StringComparison.Ordinal))
                {
                    kind = RuntimeKind.CoreClr;
                    file = new RootedPath($"/proc/{pid}/root", path);
                    Match match = VersionFolder().Match(path);
                    if (match.Success && Version.TryParse(match.Groups[1].ValueSpan, out Version? found))
                        version = found;
                }
            }
        }
        catch (UnauthorizedAccessException)
        {
            throw StackflareException.MoreRights(pid);
        }
        catch (IOException)
        {
            throw StackflareException.NoSuchProcess(string.Create(CultureInfo.InvariantCulture, $"Process {pid} has ended."));
        }
        if (kind == RuntimeKind.None)
            kind = ExecutableSymbols.RuntimeIn(file);
        // The runtime's own file, not the executable: under emulation, the executable is the emulator.
        return new TargetRuntime(kind, version, isMusl, ElfHeader.Processor(file));
    }

    [GeneratedRegex(@"/Microsoft\.NETCore\.App/(\d+\.\d+\.\d+)")]
    private static partial Regex VersionFolder();
}
