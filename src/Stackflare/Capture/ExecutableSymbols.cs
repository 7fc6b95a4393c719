using System.Buffers.Binary;
using System.Text;

namespace Stackflare.Capture;

/// <summary>
/// Tells by the names an ELF executable exports what .NET runtime is linked into it: a single-file program exports what debuggers
/// need to find CoreCLR in it, and one compiled ahead of time what they need there.
/// </summary>
internal static class ExecutableSymbols
{
    private const string CoreClrSymbol = "DotNetRuntimeInfo", NativeAotSymbol = "DotNetRuntimeDebugHeader";
    private const int HeaderBytes = 64, SectionBytes = 64, MaxSections = 4096, StringTable = 3, MaxTable = 64 << 20;

    public static RuntimeKind RuntimeIn(string path)
    {
        try
        {
            using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 1);
            Span<byte> header = stackalloc byte[HeaderBytes];
            if (file.ReadAtLeast(header, HeaderBytes, throwOnEndOfStream: false) < HeaderBytes || !header.StartsWith("\u007fELF\u0002"u8))
                return RuntimeKind.None;
            long sections = BinaryPrimitives.ReadInt64LittleEndian(header[40..]);
            int count = Math.Min((int)BinaryPrimitives.ReadUInt16LittleEndian(header[60..]), MaxSections);
            Span<byte> section = stackalloc byte[SectionBytes];
            for (int i = 0; i < count; i++)
            {
                file.Position = sections + ((long)i * SectionBytes);
                file.ReadExactly(section);
                long offset = BinaryPrimitives.ReadInt64LittleEndian(section[24..]), size = BinaryPrimitives.ReadInt64LittleEndian(section[32..]);
                if (BinaryPrimitives.ReadInt32LittleEndian(section[4..]) != StringTable || size is <= 0 or > MaxTable)
                    continue;
                var names = new byte[size];
                file.Position = offset;
                file.ReadExactly(names);
                if (Has(names, CoreClrSymbol))
                    return RuntimeKind.CoreClr;
                if (Has(names, NativeAotSymbol))
                    return RuntimeKind.NativeAot;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentOutOfRangeException)
        {
            // Not readable, or not the executable that it says it is: nothing is known of it.
        }
        return RuntimeKind.None;
    }

    private static bool Has(ReadOnlySpan<byte> names, string symbol) => names.IndexOf(Encoding.ASCII.GetBytes($"\0{symbol}\0")) >= 0;
}
