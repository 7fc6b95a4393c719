using System.Buffers;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Stackflare.Interop;

namespace Stackflare.Processes;

/// <summary>The runtime of a process, from its memory map.</summary>
/// <param name="Kind">The kind of runtime.</param>
/// <param name="Version">Its version, if the path of the library contains it; otherwise null.</param>
/// <param name="IsMusl">Whether the process's C library is musl.</param>
/// <param name="Processor">The processor it is compiled for; null if its file does not say it or cannot be read.</param>
internal sealed record TargetRuntime(RuntimeKind Kind, Version? Version, bool IsMusl, Architecture? Processor)
{
    private static readonly SearchValues<char> VersionCharacters = SearchValues.Create("0123456789.");

    private const int MaxMapLines = 200_000, MapBuffer = 16 << 10;

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
            using SafeFileHandle maps = File.OpenHandle($"/proc/{pid}/maps");
            // A line is an address range and a path, which the kernel limits to 4 KiB. Lines are compared as bytes: a large process has thousands.
            byte[] buffer = new byte[MapBuffer];
            int filled = 0, lines = 0;
            long offset = 0;
            for (int read; lines < MaxMapLines && (read = RandomAccess.Read(maps, buffer.AsSpan(filled), offset)) > 0;)
            {
                offset += read;
                ReadOnlySpan<byte> rest = buffer.AsSpan(0, filled + read);
                for (int end; (end = rest.IndexOf((byte)'\n')) >= 0; rest = rest[(end + 1)..], lines++)
                {
                    ReadOnlySpan<byte> path = rest[..end];
                    path = path[Math.Max(path.IndexOf((byte)'/'), 0)..];
                    // musl's dynamic linker and library are one file with two names. The "libc.so" of glibc is a linker script that is never mapped.
                    isMusl |= path.IndexOf("/ld-musl-"u8) >= 0 || path.EndsWith("/libc.so"u8);
                    if (kind == RuntimeKind.None && path.EndsWith("/libcoreclr.so"u8))
                    {
                        kind = RuntimeKind.CoreClr;
                        string library = Encoding.UTF8.GetString(path);
                        file = new RootedPath($"/proc/{pid}/root", library);
                        version = VersionIn(library);
                    }
                }
                if (rest.Length == buffer.Length)
                    rest = default;
                rest.CopyTo(buffer);
                filled = rest.Length;
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

    /// <summary>The version in the path of a shared runtime, for example <c>/usr/share/dotnet/shared/Microsoft.NETCore.App/10.0.1/libcoreclr.so</c>.</summary>
    internal static Version? VersionIn(string library)
    {
        const string folder = "/Microsoft.NETCore.App/";
        int at = library.IndexOf(folder, StringComparison.Ordinal);
        if (at < 0)
            return null;
        ReadOnlySpan<char> version = library.AsSpan(at + folder.Length);
        int end = version.IndexOfAnyExcept(VersionCharacters);
        return Parse(end < 0 ? version : version[..end]);
    }

    /// <summary>Three numbers; null if they are not there.</summary>
    internal static Version? Parse(ReadOnlySpan<char> version) =>
        Version.TryParse(version, out Version? found) && found.Build >= 0 ? new Version(found.Major, found.Minor, found.Build) : null;
}
