using System.Buffers.Binary;
using System.Globalization;
using Microsoft.Win32.SafeHandles;
using Stackflare.Interop;

namespace Stackflare.Capture.CoreFiles;

/// <summary>
/// The headers of an ELF core file for x64. Reading them takes memory for each range of memory in the core, but not for its content. Nothing in the
/// file is trusted.
/// </summary>
internal sealed class CoreFile : IDisposable
{
    private const int HeaderBytes = 64, ProgramHeaderBytes = 56, MaxHeaders = 1 << 20;
    private const ushort Core = 4, X64 = 62, Arm64 = 183, ManyHeaders = 0xFFFF;
    private const uint Load = 1, Note = 4;
    private const string CheckCopy = "Check that the copy of the file is complete, and that no limit on size (ulimit -c, free space) cut it short.";

    private readonly List<CoreSegment> _segments = [];

    private CoreFile(string path, SafeFileHandle handle)
    {
        Path = path;
        Handle = handle;
        Length = (ulong)RandomAccess.GetLength(handle);
        WrittenAt = File.GetLastWriteTimeUtc(handle);
        var file = new FileWindow(handle);
        Span<byte> header = stackalloc byte[HeaderBytes];
        CheckHeader(file.TryRead(0, header), header);
        Notes = CoreNotes.Read(file, ReadProgramHeaders(file, header));
        if (Notes.Threads.Count == 0)
            throw Damaged(Notes.IsTruncated ? "it is cut short, so that its threads are missing" : "it has no threads");
        _segments.Sort(static (a, b) => a.Start.CompareTo(b.Start));
    }

    public string Path { get; }

    public SafeFileHandle Handle { get; }

    /// <summary>The length of the file in bytes.</summary>
    public ulong Length { get; }

    /// <summary>When the file was last written: about the time at which the core was made.</summary>
    public DateTimeOffset WrittenAt { get; }

    /// <summary>The memory in the core, by address. A part may be behind the end of the file.</summary>
    public IReadOnlyList<CoreSegment> Segments => _segments;

    public CoreNotes Notes { get; }

    /// <summary>How many bytes of memory the file should have but does not.</summary>
    public ulong MissingBytes { get; private set; }

    /// <summary>Opens a core.</summary>
    /// <exception cref="StackflareException">The file cannot be opened, is no core, is damaged, or is of another processor.</exception>
    public static CoreFile Open(string path)
    {
        SafeFileHandle? handle = null;
        try
        {
            handle = SafeOpen.Regular(path)
                ?? throw new CoreFileException(path, "it does not exist, is not a regular file, or cannot be read", "Name a core file that you may read.");
            var core = new CoreFile(path, handle);
            handle = null;
            return core;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CoreFileException(path, Model.EscapedText.Plain(e.Message.TrimEnd('.')), "Name a core file that you may read.", e);
        }
        finally
        {
            handle?.Dispose();
        }
    }

    /// <summary>Whether a file begins like a core.</summary>
    public static bool IsCore(string path)
    {
        try
        {
            using SafeFileHandle? handle = SafeOpen.Regular(path);
            Span<byte> header = stackalloc byte[HeaderBytes];
            return handle is not null && FileRead.TryFill(handle, header, 0) == HeaderBytes && IsElf(header)
                && BinaryPrimitives.ReadUInt16LittleEndian(header[16..]) == Core;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    public void Dispose() => Handle.Dispose();

    /// <summary>The error of a file that lacks something.</summary>
    public CoreFileException Damaged(string reason) => new(Path, reason, CheckCopy);

    private static bool IsElf(ReadOnlySpan<byte> header) => header.StartsWith("\u007fELF"u8);

    private void CheckHeader(bool isRead, ReadOnlySpan<byte> header)
    {
        if (!isRead || !IsElf(header) || BinaryPrimitives.ReadUInt16LittleEndian(header[16..]) != Core)
            throw new CoreFileException(Path, "it is not a core file", "Name a file that createdump, gcore or the kernel wrote.");
        // 64 bits, the lowest byte first.
        ushort machine = BinaryPrimitives.ReadUInt16LittleEndian(header[18..]);
        if (!header[4..].StartsWith((ReadOnlySpan<byte>)[2, 1]) || machine != X64)
        {
            throw new StackflareException(
                StackflareError.Unsupported,
                $"The core file '{Model.EscapedText.Plain(Path)}' is of a process for another processor{(machine == Arm64 ? " (arm64)" : "")}.",
                "Only cores of x64 processes can be read.");
        }
    }

    private List<(ulong, ulong)> ReadProgramHeaders(FileWindow file, ReadOnlySpan<byte> header)
    {
        ulong at = BinaryPrimitives.ReadUInt64LittleEndian(header[32..]), sections = BinaryPrimitives.ReadUInt64LittleEndian(header[40..]);
        uint count = BinaryPrimitives.ReadUInt16LittleEndian(header[56..]);
        Span<byte> bytes = stackalloc byte[HeaderBytes];
        // A larger number is in the first section header.
        if (count == ManyHeaders && file.TryRead(sections, bytes))
            count = BinaryPrimitives.ReadUInt32LittleEndian(bytes[44..]);
        if (count > MaxHeaders)
            throw Damaged(string.Create(CultureInfo.InvariantCulture, $"it claims to have {count} parts"));
        var notes = new List<(ulong, ulong)>();
        bytes = bytes[..ProgramHeaderBytes];
        for (uint i = 0; i < count; i++)
        {
            if (!file.TryRead(at + (i * (ulong)ProgramHeaderBytes), bytes))
                throw Damaged("it is cut short in its headers");
            ulong position = BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]), address = BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..]);
            ulong length = BinaryPrimitives.ReadUInt64LittleEndian(bytes[32..]);
            if (length == 0 || position > long.MaxValue - length || address > ulong.MaxValue - length)
                continue;
            switch (BinaryPrimitives.ReadUInt32LittleEndian(bytes))
            {
                case Load:
                    Add(new CoreSegment(address, length, position));
                    break;
                case Note:
                    notes.Add((position, length));
                    break;
            }
        }
        return notes;
    }

    private void Add(CoreSegment segment)
    {
        ulong there = segment.Position >= Length ? 0 : Math.Min(segment.Length, Length - segment.Position);
        MissingBytes += segment.Length - there;
        if (there > 0)
            _segments.Add(segment with { Length = there });
    }
}
