using System.Buffers.Binary;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Stackflare.Interop;
using static System.FormattableString;

namespace Stackflare.Runtime.Stacks;

/// <summary>
/// Names of native code: the file and the function, if its symbol table has it (<c>.symtab</c>, <c>.dynsym</c>), and the distance from its beginning. The
/// tables are read from the file, if it is the same build.
/// </summary>
/// <param name="memory">The process's memory.</param>
/// <param name="images">The files from which it has mapped code.</param>
internal sealed class NativeSymbols(ProcessMemory memory, MappedImages images)
{
    private const int MaxFiles = 32, MaxSections = 4096, MaxTableBytes = 64 << 20, MaxName = 512, MaxSymbols = 1 << 20;
    private const int HeaderBytes = 64, SectionBytes = 64, SymbolBytes = 24;
    private const uint SymbolTable = 2, ExportTable = 11;

    /// <summary>Kinds of symbols: a function, and one whose address is chosen when the program starts.</summary>
    private const int Function = 2, ChosenFunction = 10, KindMask = 0xF;

    private readonly Dictionary<ulong, Symbol[]> _tables = [];

    /// <summary>The name of native code, for example <c>libc.so.6!read+0x1d</c> or <c>libfoo.so+0x1234</c>; null if no file is mapped there.</summary>
    /// <param name="ip">The next instruction, or a return address.</param>
    /// <param name="isExact">Whether it is the next instruction.</param>
    public string? NameOf(ulong ip, bool isExact)
    {
        ulong code = isExact ? ip : ip - 1;
        if (images.At(code) is not { } image)
            return null;
        string file = Path.GetFileName(image.Path);
        ulong bias = ElfImage.Open(memory, image.Start)?.Bias ?? image.Start;
        return Find(TableOf(image), code - bias) is { } symbol
            ? Invariant($"{file}!{symbol.Name}+0x{ip - bias - symbol.Start:x}")
            : Invariant($"{file}+0x{ip - image.Start:x}");
    }

    private static Symbol? Find(Symbol[] table, ulong address)
    {
        int low = 0, high = table.Length;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (table[middle].Start <= address)
                low = middle + 1;
            else
                high = middle;
        }
        return low > 0 && address - table[low - 1].Start < table[low - 1].Length ? table[low - 1] : null;
    }

    private Symbol[] TableOf(MappedImage image)
    {
        if (!_tables.TryGetValue(image.Start, out Symbol[]? table))
            _tables[image.Start] = table = _tables.Count < MaxFiles ? Read(image) : [];
        return table;
    }

    private Symbol[] Read(MappedImage image)
    {
        try
        {
            using SafeFileHandle? file = SafeOpen.Regular(new RootedPath(images.Root, image.Path));
            if (file is null || !IsSameBuild(file, image.Start))
                return [];
            var symbols = new List<Symbol>();
            ReadTables(file, symbols);
            // Functions with several names: the shortest is the one that people know.
            return
            [
                .. symbols.GroupBy(static s => s.Start)
                    .Select(static g => g.OrderBy(static s => s.Name.Length).ThenBy(static s => s.Name, StringComparer.Ordinal).First())
                    .OrderBy(static s => s.Start),
            ];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or MissingMemoryException)
        {
            return [];
        }
    }

    private bool IsSameBuild(SafeFileHandle file, ulong start) =>
        ElfBuildId.Find((at, to) => at <= long.MaxValue && FileRead.TryFill(file, to, (long)at) == to.Length, 0) is { } ofFile
        && ElfBuildId.Find(memory.TryRead, start) is { } ofMemory && ofFile.AsSpan().SequenceEqual(ofMemory);

    private static void ReadTables(SafeFileHandle file, List<Symbol> symbols)
    {
        byte[] header = Bytes(file, 0, HeaderBytes);
        if (header.Length < HeaderBytes)
            return;
        int count = Math.Min((int)BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(60)), MaxSections);
        byte[] sections = Bytes(file, BinaryPrimitives.ReadUInt64LittleEndian(header.AsSpan(40)), (ulong)count * SectionBytes);
        // A file has one table of each kind, if it is not made to cost memory.
        var kinds = new HashSet<uint>();
        for (int i = 0; i < sections.Length / SectionBytes; i++)
        {
            ReadOnlySpan<byte> section = sections.AsSpan(i * SectionBytes, SectionBytes);
            uint names = BinaryPrimitives.ReadUInt32LittleEndian(section[40..]);
            if (BinaryPrimitives.ReadUInt32LittleEndian(section[4..]) is (SymbolTable or ExportTable) and var kind && kinds.Add(kind) && names < sections.Length / SectionBytes)
                Add(Content(file, section), Content(file, sections.AsSpan((int)names * SectionBytes, SectionBytes)), symbols);
        }
    }

    private static void Add(ReadOnlySpan<byte> table, ReadOnlySpan<byte> names, List<Symbol> symbols)
    {
        for (; table.Length >= SymbolBytes && symbols.Count < MaxSymbols; table = table[SymbolBytes..])
        {
            uint name = BinaryPrimitives.ReadUInt32LittleEndian(table);
            ulong start = BinaryPrimitives.ReadUInt64LittleEndian(table[8..]), length = BinaryPrimitives.ReadUInt64LittleEndian(table[16..]);
            if ((table[4] & KindMask) is Function or ChosenFunction && start != 0 && length != 0 && name < names.Length
                && names[(int)name..] is var text && text[..Math.Min(text.Length, MaxName)].IndexOf((byte)0) is > 0 and var end)
            {
                symbols.Add(new Symbol(start, length, Encoding.UTF8.GetString(text[..end])));
            }
        }
    }

    private static byte[] Content(SafeFileHandle file, ReadOnlySpan<byte> section) =>
        Bytes(file, BinaryPrimitives.ReadUInt64LittleEndian(section[24..]), BinaryPrimitives.ReadUInt64LittleEndian(section[32..]));

    /// <summary>A part of a file; empty if it is not there, or too long.</summary>
    private static byte[] Bytes(SafeFileHandle file, ulong position, ulong length)
    {
        if (length > MaxTableBytes || position > long.MaxValue || position + length > (ulong)RandomAccess.GetLength(file))
            return [];
        byte[] bytes = new byte[length];
        return FileRead.TryFill(file, bytes, (long)position) == bytes.Length ? bytes : [];
    }

    private sealed record Symbol(ulong Start, ulong Length, string Name);
}
