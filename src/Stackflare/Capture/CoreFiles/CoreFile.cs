using System.Globalization;
using Microsoft.Win32.SafeHandles;
using Stackflare.Interop;
using Stackflare.Runtime;

namespace Stackflare.Capture.CoreFiles;

/// <summary>
/// The headers of an ELF core file for x64. Reading them takes memory for each range of memory in the core, but not for its content. Nothing in the
/// file is trusted.
/// </summary>
internal sealed class CoreFile : IDisposable
{
    private const int MaxParts = 1 << 20;
    private const ushort Core = 4, X64 = 62, Arm64 = 183;
    private const string CheckCopy = "Check that the copy of the file is complete, and that no limit on size (ulimit -c, free space) cut it short.";

    private readonly List<CoreSegment> _segments = [];

    private CoreFile(string path, SafeFileHandle handle)
    {
        Path = path;
        Handle = handle;
        Length = (ulong)RandomAccess.GetLength(handle);
        WrittenAt = File.GetLastWriteTimeUtc(handle);
        var file = new FileWindow(handle);
        ElfHeaders headers = Check(ElfHeaders.Open(file.TryRead, 0));
        Notes = CoreNotes.Read(file, ReadParts(headers));
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
                ?? throw new CoreFileException(path, "it does not exist, is not a regular file, is empty, or cannot be read", "Name a core file that you may read.");
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
            return handle is not null && ElfHeaders.Open(new FileWindow(handle).TryRead, 0) is { Kind: Core };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    public void Dispose() => Handle.Dispose();

    /// <summary>The error of a file that lacks something.</summary>
    public CoreFileException Damaged(string reason) => new(Path, reason, CheckCopy);

    private ElfHeaders Check(ElfHeaders? headers)
    {
        if (headers is not { Kind: Core })
            throw new CoreFileException(Path, "it is not a core file", "Name a file that createdump, gcore or the kernel wrote.");
        if (headers is not { HasKnownForm: true, Machine: X64 })
        {
            throw new StackflareException(
                StackflareError.Unsupported,
                $"The core file '{Model.EscapedText.Plain(Path)}' is of a process for another processor{(headers.Machine == Arm64 ? " (arm64)" : "")}.",
                "Only cores of x64 processes can be read.");
        }
        return headers;
    }

    private List<(ulong, ulong)> ReadParts(ElfHeaders headers)
    {
        if (headers.Count > MaxParts)
            throw Damaged(string.Create(CultureInfo.InvariantCulture, $"it claims to have {headers.Count} parts"));
        var notes = new List<(ulong, ulong)>();
        for (uint i = 0; i < headers.Count; i++)
        {
            if (!headers.TryPart(i, out ElfPart part))
                throw Damaged("it is cut short in its headers");
            if (part.FileBytes == 0 || part.Position > long.MaxValue - part.FileBytes || part.Address > ulong.MaxValue - part.FileBytes)
                continue;
            switch (part.Kind)
            {
                case ElfPart.Load:
                    Add(new CoreSegment(part.Address, part.FileBytes, part.Position));
                    break;
                case ElfPart.Note:
                    notes.Add((part.Position, part.FileBytes));
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
