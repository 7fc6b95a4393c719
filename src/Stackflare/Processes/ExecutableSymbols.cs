using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;
using Stackflare.Interop;

namespace Stackflare.Processes;

/// <summary>
/// Finds out which .NET runtime is linked into an ELF executable, by its names: a single-file program exports one that debuggers need to find CoreCLR. A
/// NativeAOT program has its own, and a section for its code: the only sign if it is static, because then it exports nothing.
/// </summary>
internal static class ExecutableSymbols
{
    private const int HeaderBytes = 64, SectionBytes = 64, MaxSections = 4096, StringTable = 3, Piece = 64 << 10;

    /// <summary>Limit for all string tables together: an executable can claim thousands of them at the same place.</summary>
    private const long MaxNames = 64 << 20;

    private static ReadOnlySpan<byte> CoreClrSymbol => "\0DotNetRuntimeInfo\0"u8;

    private static ReadOnlySpan<byte> NativeAotSymbol => "\0DotNetRuntimeDebugHeader\0"u8;

    private static ReadOnlySpan<byte> NativeAotSection => "\0__managedcode\0"u8;

    public static RuntimeKind RuntimeIn(RootedPath path)
    {
        try
        {
            using SafeFileHandle? file = SafeOpen.Regular(path);
            Span<byte> header = stackalloc byte[HeaderBytes];
            if (file is null || RandomAccess.Read(file, header, 0) < HeaderBytes || !header.StartsWith("\u007fELF\u0002"u8))
                return RuntimeKind.None;
            long sections = BinaryPrimitives.ReadInt64LittleEndian(header[40..]), left = MaxNames;
            int count = Math.Min((int)BinaryPrimitives.ReadUInt16LittleEndian(header[60..]), MaxSections);
            Span<byte> section = stackalloc byte[SectionBytes];
            for (int i = 0; i < count && left > 0; i++)
            {
                if (RandomAccess.Read(file, section, sections + ((long)i * SectionBytes)) < SectionBytes)
                    break;
                if (BinaryPrimitives.ReadInt32LittleEndian(section[4..]) != StringTable)
                    continue;
                long offset = BinaryPrimitives.ReadInt64LittleEndian(section[24..]);
                long size = Math.Min(BinaryPrimitives.ReadInt64LittleEndian(section[32..]), left);
                left -= Math.Max(size, 0);
                if (Search(file, offset, size) is var kind and not RuntimeKind.None)
                    return kind;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentOutOfRangeException)
        {
            // Not readable, or not a valid executable: nothing is known.
        }
        return RuntimeKind.None;
    }

    /// <summary>Reads in pieces. Each begins with the end of the previous one, because a name may begin there.</summary>
    private static RuntimeKind Search(SafeFileHandle file, long offset, long size)
    {
        int kept = 0, overlap = Math.Max(CoreClrSymbol.Length, NativeAotSymbol.Length) - 1;
        var buffer = new byte[overlap + Piece];
        while (size > 0)
        {
            int read = RandomAccess.Read(file, buffer.AsSpan(kept, (int)Math.Min(Piece, size)), offset);
            if (read <= 0)
                break;
            ReadOnlySpan<byte> names = buffer.AsSpan(0, kept + read);
            if (names.IndexOf(CoreClrSymbol) >= 0)
                return RuntimeKind.CoreClr;
            if (names.IndexOf(NativeAotSymbol) >= 0 || names.IndexOf(NativeAotSection) >= 0)
                return RuntimeKind.NativeAot;
            offset += read;
            size -= read;
            kept = Math.Min(overlap, names.Length);
            names[^kept..].CopyTo(buffer);
        }
        return RuntimeKind.None;
    }
}
