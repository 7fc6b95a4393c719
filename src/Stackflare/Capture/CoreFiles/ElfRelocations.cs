using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;
using Stackflare.Runtime;

namespace Stackflare.Capture.CoreFiles;

/// <summary>The places of an executable or library at which the loader adds the address to which it was mapped.</summary>
internal sealed class ElfRelocations
{
    private const int MaxDynamic = 1024, EntryBytes = 24, MaxBytes = 64 << 20;
    private const ulong Table = 7, TableSize = 8, Relative = 8, PageMask = 0xFFF;

    /// <summary>Positions in the file, ascending, and what the loader adds the address to.</summary>
    private readonly ulong[] _positions, _values;

    private ElfRelocations(List<(ulong Position, ulong Value)> entries)
    {
        entries.Sort(static (a, b) => a.Position.CompareTo(b.Position));
        _positions = [.. entries.Select(static e => e.Position)];
        _values = [.. entries.Select(static e => e.Value)];
    }

    /// <summary>The relocations of a file; none if it is damaged.</summary>
    public static ElfRelocations Read(SafeFileHandle file)
    {
        var entries = new List<(ulong, ulong)>();
        var window = new FileWindow(file);
        if (ElfHeaders.Open(window.TryRead, 0) is { } headers)
            Read(window, headers, entries);
        return new ElfRelocations(entries);
    }

    /// <summary>Changes bytes of the file to what they are in memory.</summary>
    /// <param name="position">The place of the bytes in the file.</param>
    /// <param name="bytes">The bytes.</param>
    /// <param name="start">The address to which the file was mapped.</param>
    public void Apply(ulong position, Span<byte> bytes, ulong start)
    {
        // One can begin before the bytes or go on behind them.
        int i = Array.BinarySearch(_positions, position < sizeof(ulong) ? 0 : position - sizeof(ulong) + 1);
        Span<byte> value = stackalloc byte[sizeof(ulong)];
        for (i = i < 0 ? ~i : i; i < _positions.Length && _positions[i] < position + (ulong)bytes.Length; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(value, _values[i] + start);
            long offset = (long)(_positions[i] - position);
            int from = (int)Math.Max(0, -offset), to = (int)Math.Min(sizeof(ulong), bytes.Length - offset);
            value[from..to].CopyTo(bytes[(int)(offset + from)..]);
        }
    }

    private static void Read(FileWindow window, ElfHeaders headers, List<(ulong, ulong)> entries)
    {
        ElfPart[] all = [.. headers.ImageParts()], parts = Array.FindAll(all, static p => p.Kind == ElfPart.Load);
        ulong dynamic = Array.Find(all, static p => p.Kind == ElfPart.Dynamic).Position;
        if (parts.Length == 0 || dynamic == 0)
            return;
        ulong first = parts.Min(static p => p.Address) & ~PageMask, table = 0, size = 0;
        Span<byte> bytes = stackalloc byte[2 * sizeof(ulong)];
        for (int i = 0; i < MaxDynamic && window.TryRead(dynamic + ((ulong)i * 16), bytes) && BinaryPrimitives.ReadUInt64LittleEndian(bytes) is var tag and not 0; i++)
        {
            ulong value = BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]);
            (table, size) = tag switch { Table => (value, size), TableSize => (table, value), _ => (table, size) };
        }
        if (PositionOf(parts, table) is { } from && size <= MaxBytes)
            ReadTable(window, from, size, first, parts, entries);
    }

    private static void ReadTable(FileWindow window, ulong from, ulong size, ulong first, ElfPart[] parts, List<(ulong, ulong)> entries)
    {
        Span<byte> bytes = stackalloc byte[EntryBytes];
        for (ulong i = 0; i + EntryBytes <= size && window.TryRead(from + i, bytes); i += EntryBytes)
        {
            if (BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]) == Relative && PositionOf(parts, BinaryPrimitives.ReadUInt64LittleEndian(bytes)) is { } position)
                entries.Add((position, BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..]) - first));
        }
    }

    private static ulong? PositionOf(ElfPart[] parts, ulong address)
    {
        foreach (ElfPart part in parts)
        {
            if (address >= part.Address && address - part.Address < part.FileBytes)
                return part.Position + (address - part.Address);
        }
        return null;
    }
}
