using System.Buffers.Binary;
using System.Text;

namespace Stackflare.Tests.Capture.CoreFiles;

/// <summary>Writes core files as the kernel does.</summary>
internal sealed class CoreBuilder
{
    private readonly List<(ulong Address, byte[] Bytes)> _memory = [];
    private readonly List<(ulong Start, ulong End, ulong Page, string Path)> _files = [];
    private readonly List<byte> _notes = [];

    public ushort Machine { get; init; } = 62;

    public ushort Type { get; init; } = 4;

    public CoreBuilder Memory(ulong address, byte[] bytes)
    {
        _memory.Add((address, bytes));
        return this;
    }

    public CoreBuilder File(ulong start, ulong end, string path, ulong page = 0)
    {
        _files.Add((start, end, page, path));
        return this;
    }

    /// <summary>A thread whose registers have the values 100, 101 and so on, in the kernel's order.</summary>
    public CoreBuilder Thread(int id, short signal = 0, int microseconds = 0, long? systemCall = null, long? result = null)
    {
        byte[] status = new byte[336];
        BinaryPrimitives.WriteInt16LittleEndian(status.AsSpan(12), signal);
        BinaryPrimitives.WriteInt32LittleEndian(status.AsSpan(32), id);
        BinaryPrimitives.WriteInt64LittleEndian(status.AsSpan(56), microseconds);
        for (int i = 0; i < 27; i++)
            BinaryPrimitives.WriteInt64LittleEndian(status.AsSpan(112 + (i * 8)), i switch { 10 when result is { } rax => rax, 15 when systemCall is { } call => call, _ => 100 + i });
        return Note(1, status);
    }

    public CoreBuilder Process(int id, string command)
    {
        byte[] info = new byte[136];
        BinaryPrimitives.WriteInt32LittleEndian(info.AsSpan(24), id);
        Encoding.UTF8.GetBytes(command).CopyTo(info, 56);
        return Note(3, info);
    }

    public CoreBuilder Note(int kind, byte[] content)
    {
        Span<byte> header = stackalloc byte[12];
        BinaryPrimitives.WriteInt32LittleEndian(header, 5);
        BinaryPrimitives.WriteInt32LittleEndian(header[4..], content.Length);
        BinaryPrimitives.WriteInt32LittleEndian(header[8..], kind);
        _notes.AddRange(header);
        _notes.AddRange("CORE\0\0\0\0"u8);
        _notes.AddRange(content);
        _notes.AddRange(new byte[-content.Length & 3]);
        return this;
    }

    public byte[] Build()
    {
        if (_files.Count > 0)
            Note(0x46494C45, Files());
        int parts = 1 + _memory.Count, position = 64 + (56 * parts);
        byte[] file = new byte[position + _notes.Count + _memory.Sum(static m => m.Bytes.Length)];
        "\u007fELF\u0002\u0001\u0001"u8.CopyTo(file);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(16), Type);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(18), Machine);
        BinaryPrimitives.WriteInt64LittleEndian(file.AsSpan(32), 64);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(56), (ushort)parts);
        Add(0, 4, 0, [.. _notes]);
        for (int i = 0; i < _memory.Count; i++)
            Add(i + 1, 1, _memory[i].Address, _memory[i].Bytes);
        return file;

        void Add(int index, int kind, ulong address, byte[] bytes)
        {
            Span<byte> header = file.AsSpan(64 + (56 * index));
            BinaryPrimitives.WriteInt32LittleEndian(header, kind);
            BinaryPrimitives.WriteInt64LittleEndian(header[8..], position);
            BinaryPrimitives.WriteUInt64LittleEndian(header[16..], address);
            BinaryPrimitives.WriteInt64LittleEndian(header[32..], bytes.Length);
            bytes.CopyTo(file, position);
            position += bytes.Length;
        }
    }

    private byte[] Files()
    {
        byte[] ranges = new byte[16 + (24 * _files.Count)];
        BinaryPrimitives.WriteInt64LittleEndian(ranges, _files.Count);
        BinaryPrimitives.WriteInt64LittleEndian(ranges.AsSpan(8), 4096);
        for (int i = 0; i < _files.Count; i++)
        {
            Span<byte> range = ranges.AsSpan(16 + (24 * i));
            BinaryPrimitives.WriteUInt64LittleEndian(range, _files[i].Start);
            BinaryPrimitives.WriteUInt64LittleEndian(range[8..], _files[i].End);
            BinaryPrimitives.WriteUInt64LittleEndian(range[16..], _files[i].Page);
        }
        return [.. ranges, .. _files.SelectMany(static f => Encoding.UTF8.GetBytes(f.Path + "\0"))];
    }
}
