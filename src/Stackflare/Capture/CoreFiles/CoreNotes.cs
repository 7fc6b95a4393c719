using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Stackflare.Runtime;
using Stackflare.Runtime.Stacks;

namespace Stackflare.Capture.CoreFiles;

/// <summary>The notes of a core for x64: threads, mapped files, the process. The layouts are the kernel's (linux/elfcore.h).</summary>
internal sealed class CoreNotes
{
    /// <summary>Limits for all parts and all tables together: a core can have any number of both, at the same place.</summary>
    private const int MaxNotes = 1 << 20, MaxThreads = 200_000, MaxMappings = 1 << 20, MaxTableBytes = 64 << 20;

    private const int MaxVector = 4096, MaxName = 64;
    private const string DeletedMark = " (deleted)";

    /// <summary>The kernel's limit, PATH_MAX, and that mark. Paths are kept and compared often.</summary>
    private const int MaxPath = 4096 + 10;

    private const uint ThreadStatus = 1, ProcessInfo = 3, AuxiliaryVector = 6, FileTable = 0x46494C45;
    private const int HeaderBytes = 12, StatusBytes = 336, ProcessBytes = 136, MappingBytes = 24;

    private const int FirstRegister = 112;

    private const ulong ProgramHeadersKey = 3;

    private readonly FileWindow _file;
    private int _notesLeft = MaxNotes;
    private uint _tableBytesLeft = MaxTableBytes;

    private CoreNotes(FileWindow file) => _file = file;

    public List<CoreThread> Threads { get; } = [];

    /// <summary>The mappings of files, by address.</summary>
    public List<FileMapping> Mappings { get; } = [];

    /// <summary>The process; null if the core does not say it.</summary>
    public CoreProcess? Process { get; private set; }

    /// <summary>An address in the executable, that of its program headers; 0 if the core does not say it.</summary>
    public ulong ProgramHeaders { get; private set; }

    /// <summary>The mapped files, by their paths; of a file that was mapped twice, the first mapping.</summary>
    public IReadOnlyDictionary<(string Path, bool IsDeleted), FileInCore> Files { get; private set; } = new Dictionary<(string, bool), FileInCore>();

    /// <summary>Whether a part of the notes is missing, or was not read because of a limit.</summary>
    public bool IsTruncated { get; private set; }

    /// <summary>Reads the notes in a part of the file.</summary>
    public static CoreNotes Read(FileWindow file, IEnumerable<(ulong Position, ulong Length)> parts)
    {
        var notes = new CoreNotes(file);
        foreach ((ulong position, ulong length) in parts)
            notes.Read(position, length);
        notes.Mappings.Sort(static (a, b) => a.Start.CompareTo(b.Start));
        notes.Files = FilesOf(notes.Mappings);
        return notes;
    }

    private void Read(ulong position, ulong length)
    {
        Span<byte> header = stackalloc byte[HeaderBytes];
        ulong end = position + length;
        while (position < end && end - position >= HeaderBytes)
        {
            if (_notesLeft-- <= 0 || !_file.TryRead(position, header))
            {
                IsTruncated = true;
                return;
            }
            uint name = BinaryPrimitives.ReadUInt32LittleEndian(header), size = BinaryPrimitives.ReadUInt32LittleEndian(header[4..]);
            ulong content = position + HeaderBytes + Aligned(name);
            // The last note may lack its padding.
            position = content + Aligned(size);
            if (name > MaxName || content + size > end)
            {
                IsTruncated = true;
                return;
            }
            Take(BinaryPrimitives.ReadUInt32LittleEndian(header[8..]), content, size);
        }
    }

    private void Take(uint kind, ulong content, uint size)
    {
        Span<byte> buffer = stackalloc byte[StatusBytes];
        switch (kind)
        {
            case ThreadStatus when size >= StatusBytes:
                if (Threads.Count < MaxThreads && _file.TryRead(content, buffer))
                    Threads.Add(Thread(buffer));
                else
                    IsTruncated = true;
                break;
            case ProcessInfo when size >= ProcessBytes:
                if (_file.TryRead(content, buffer[..ProcessBytes]))
                    Process = new CoreProcess(BinaryPrimitives.ReadInt32LittleEndian(buffer[24..]), Text(buffer[56..ProcessBytes]));
                break;
            case AuxiliaryVector when size <= MaxVector:
                byte[] vector = new byte[size];
                if (_file.TryRead(content, vector))
                    ProgramHeaders = Auxiliary(vector, ProgramHeadersKey);
                break;
            case FileTable:
                // Memory for a table that the file does not have would be memory for nothing.
                if (size > _tableBytesLeft || !_file.Has(content, size))
                {
                    IsTruncated = true;
                    break;
                }
                _tableBytesLeft -= size;
                byte[] table = new byte[size];
                IsTruncated |= !_file.TryRead(content, table);
                ReadMappings(table);
                break;
        }
    }

    private static CoreThread Thread(ReadOnlySpan<byte> status)
    {
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(status.Slice(FirstRegister, KernelRegisters.Count * sizeof(ulong)));
        // createdump and gcore write zeros.
        TimeSpan time = Time(status[48..]) + Time(status[64..]);
        return new CoreThread(
            BinaryPrimitives.ReadInt32LittleEndian(status[32..]), BinaryPrimitives.ReadInt16LittleEndian(status[12..]),
            new StoppedThread(KernelRegisters.Read(words), time > TimeSpan.Zero ? time : null) { IsAsleep = KernelRegisters.IsAsleep(words) });
    }

    private static TimeSpan Time(ReadOnlySpan<byte> time)
    {
        long seconds = BinaryPrimitives.ReadInt64LittleEndian(time), microseconds = BinaryPrimitives.ReadInt64LittleEndian(time[8..]);
        return seconds is < 0 or > int.MaxValue || microseconds is < 0 or >= 1_000_000
            ? TimeSpan.Zero
            : new TimeSpan((seconds * TimeSpan.TicksPerSecond) + (microseconds * TimeSpan.TicksPerMicrosecond));
    }

    /// <summary>The table of mapped files: their number, the unit of positions, the ranges, then the paths.</summary>
    private void ReadMappings(ReadOnlySpan<byte> table)
    {
        if (table.Length < 2 * sizeof(ulong))
        {
            IsTruncated = true;
            return;
        }
        ulong count = BinaryPrimitives.ReadUInt64LittleEndian(table), unit = BinaryPrimitives.ReadUInt64LittleEndian(table[8..]);
        ReadOnlySpan<byte> ranges = table[16..];
        if (count > (ulong)(MaxMappings - Mappings.Count) || (ulong)ranges.Length < count * MappingBytes || unit > uint.MaxValue)
        {
            IsTruncated = true;
            return;
        }
        ReadOnlySpan<byte> paths = ranges[((int)count * MappingBytes)..];
        string path = "";
        bool isDeleted = false;
        ReadOnlySpan<byte> last = default;
        for (int i = 0; i < (int)count; i++, ranges = ranges[MappingBytes..])
        {
            int length = paths.IndexOf((byte)0);
            if (length is < 0 or > MaxPath)
            {
                IsTruncated = true;
                return;
            }
            // A file has several mappings in a row.
            if (i == 0 || !paths[..length].SequenceEqual(last))
            {
                path = Encoding.UTF8.GetString(paths[..length]);
                isDeleted = path.EndsWith(DeletedMark, StringComparison.Ordinal);
                path = isDeleted ? path[..^DeletedMark.Length] : path;
            }
            last = paths[..length];
            paths = paths[(length + 1)..];
            ulong start = BinaryPrimitives.ReadUInt64LittleEndian(ranges), end = BinaryPrimitives.ReadUInt64LittleEndian(ranges[8..]);
            ulong position = BinaryPrimitives.ReadUInt64LittleEndian(ranges[16..]);
            if (start < end && position <= uint.MaxValue)
                Mappings.Add(new FileMapping(start, end, position * unit, path, isDeleted));
        }
    }

    private static Dictionary<(string, bool), FileInCore> FilesOf(List<FileMapping> mappings)
    {
        var files = new Dictionary<(string, bool), FileInCore>();
        foreach (FileMapping mapping in mappings)
        {
            if (mapping.Position == 0)
                files.TryAdd((mapping.Path, mapping.IsDeleted), new FileInCore(mapping.Path, mapping.IsDeleted, mapping.Start, 0));
            if (files.TryGetValue((mapping.Path, mapping.IsDeleted), out FileInCore? file))
                files[(mapping.Path, mapping.IsDeleted)] = file with { MappedBytes = Math.Max(file.MappedBytes, mapping.Position + (mapping.End - mapping.Start)) };
        }
        return files;
    }

    /// <summary>A value of the vector that the kernel passes to a program: pairs of a key and a value.</summary>
    private static ulong Auxiliary(ReadOnlySpan<byte> vector, ulong key)
    {
        for (; vector.Length >= 2 * sizeof(ulong); vector = vector[(2 * sizeof(ulong))..])
        {
            if (BinaryPrimitives.ReadUInt64LittleEndian(vector) == key)
                return BinaryPrimitives.ReadUInt64LittleEndian(vector[sizeof(ulong)..]);
        }
        return 0;
    }

    private static string Text(ReadOnlySpan<byte> bytes)
    {
        int end = bytes.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? bytes : bytes[..end]).TrimEnd();
    }

    private static ulong Aligned(uint length) => (length + 3ul) & ~3ul;
}
