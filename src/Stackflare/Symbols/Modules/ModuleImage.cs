using System.Buffers;
using System.Buffers.Binary;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using Stackflare.Errors;
using Stackflare.Interop;
using Stackflare.Symbols.Pdb;

namespace Stackflare.Symbols.Modules;

/// <summary>
/// An opened assembly: its metadata and its reference to the PDB. Holds a descriptor, a mapping or pinned memory until disposed.
/// </summary>
internal sealed class ModuleImage : IDisposable
{
    private const int MaxFileBytes = int.MaxValue;
    private const uint EmbeddedPdbMagic = 0x4244504D; // "MPDB"

    private readonly PEReader _reader;
    private readonly Stream? _stream;
    private readonly ReadOnlyMemory<byte> _memory;
    private readonly bool _loaded;
    private readonly IDisposable? _owner;
    private MemoryHandle _pin;

    private ModuleImage(PEReader reader, Stream? stream, ReadOnlyMemory<byte> memory, bool loaded, MemoryHandle pin, IDisposable? owner)
    {
        _reader = reader;
        _stream = stream;
        _memory = memory;
        _loaded = loaded;
        _pin = pin;
        _owner = owner;
        if (!reader.HasMetadata || reader.PEHeaders.MetadataSize > SymbolLimits.MetadataBytes)
            throw new BadImageFormatException();
        Metadata = reader.GetMetadataReader();
    }

    public MetadataReader Metadata { get; }

    public Guid Mvid => Metadata.GetGuid(Metadata.GetModuleDefinition().Mvid);

    /// <summary>The assembly at a path; null if it cannot be read or belongs to another build.</summary>
    /// <param name="path">The path of the file.</param>
    /// <param name="mvid">The MVID that it must have.</param>
    /// <param name="isMapped">
    /// Whether the file is mapped, see <see cref="SymbolOptions.MapsFiles"/>; otherwise, its metadata is read into native memory.
    /// </param>
    public static ModuleImage? FromFile(RootedPath path, Guid mvid, bool isMapped = false)
    {
        if (RegularFile.TryOpen(path, MaxFileBytes, out long length) is not { } handle)
            return null;
        if (!isMapped || MappedFile.Map(handle, (int)length) is not { } mapped)
            return FromStream(new WindowStream(handle, 0, length, ownsHandle: true), mvid);
        handle.Dispose();
        return FromMemory(mapped.Memory, loaded: false, mvid, mapped);
    }

    /// <summary>The assembly in a stream, which is closed with it; null if it cannot be read or belongs to another build.</summary>
    public static ModuleImage? FromStream(Stream stream, Guid mvid)
    {
        ModuleImage? image = null;
        try
        {
            var reader = new PEReader(stream, PEStreamOptions.LeaveOpen);
            image = Open(reader, stream, default, loaded: false, default, null);
            if (image?.Mvid == mvid)
                return image;
        }
        catch (Exception e) when (MalformedData.Is(e))
        {
        }
        if (image is null)
            stream.Dispose();
        else
            image.Dispose();
        return null;
    }

    /// <summary>An assembly in memory; null if it cannot be read or belongs to another build.</summary>
    /// <param name="memory">The bytes of the assembly.</param>
    /// <param name="loaded">Whether the bytes have the layout of a loaded image instead of a file.</param>
    /// <param name="mvid">The MVID that it must have; null for an image from the runtime, which needs no check.</param>
    /// <param name="owner">Disposed with the image, or before null is returned; null for nothing.</param>
    public static unsafe ModuleImage? FromMemory(ReadOnlyMemory<byte> memory, bool loaded, Guid? mvid, IDisposable? owner = null)
    {
        MemoryHandle pin = memory.Pin();
        ModuleImage? image = null;
        try
        {
            var reader = new PEReader((byte*)pin.Pointer, memory.Length, loaded);
            image = Open(reader, null, memory, loaded, pin, owner);
            if (image is not null && (mvid is null || image.Mvid == mvid))
                return image;
        }
        catch (Exception e) when (MalformedData.Is(e))
        {
        }
        if (image is not null)
        {
            image.Dispose();
            return null;
        }
        pin.Dispose();
        owner?.Dispose();
        return null;
    }

    /// <summary>The assembly's reference to its PDB. Throws exceptions that <see cref="MalformedData"/> lists if it is malformed.</summary>
    public PdbReference ReadPdbReference()
    {
        BlobContentId? id = null;
        string? path = null;
        byte[]? embedded = null;
        foreach (DebugDirectoryEntry entry in _reader.ReadDebugDirectory())
        {
            if (entry.IsPortableCodeView && id is null)
            {
                CodeViewDebugDirectoryData data = _reader.ReadCodeViewDebugDirectoryData(entry);
                id = new BlobContentId(data.Guid, entry.Stamp);
                path = data.Path;
            }
            else if (entry.Type == DebugDirectoryEntryType.EmbeddedPortablePdb && embedded is null)
            {
                embedded = ReadEmbeddedPdb(entry);
            }
        }
        return new PdbReference(id, path, embedded);
    }

    /// <summary>
    /// Passes the body of a method to a function; the default if the method has none. Only the body's bytes are read: the framework's reader would
    /// read all code of the assembly. Throws exceptions that <see cref="MalformedData"/> lists if it is malformed.
    /// </summary>
    public unsafe T? ReadBody<T>(int address, Func<MethodBodyBlock, T> look)
    {
        int index = _reader.PEHeaders.GetContainingSectionIndex(address);
        if (address == 0 || index < 0)
            return default;
        SectionHeader section = _reader.PEHeaders.SectionHeaders[index];
        long start = _loaded ? address : section.PointerToRawData + (long)(address - section.VirtualAddress);
        Span<byte> header = stackalloc byte[MethodBodyLength.HeaderBytes];
        int length = MethodBodyLength.OfCode(header[..ReadAt(start, header)], out bool hasSection);
        header = header[..MethodBodyLength.SectionHeaderBytes];
        if (hasSection)
            length = MethodBodyLength.WithSection(length, header[..ReadAt(start + MethodBodyLength.Aligned(length), header)]);
        byte[] bytes = new byte[length];
        if (ReadAt(start, bytes) < length)
            throw new BadImageFormatException();
        fixed (byte* first = bytes)
            return look(MethodBodyBlock.Create(new BlobReader(first, bytes.Length)));
    }

    /// <summary>Reads from the file or from the loaded image. Returns the number of bytes, which is smaller at the end.</summary>
    private int ReadAt(long start, Span<byte> to)
    {
        long end = _stream?.Length ?? _memory.Length;
        if (start < 0 || start >= end)
            throw new BadImageFormatException();
        to = to[..(int)Math.Min(to.Length, end - start)];
        if (_stream is null)
        {
            _memory.Span.Slice((int)start, to.Length).CopyTo(to);
            return to.Length;
        }
        _stream.Position = start;
        _stream.ReadExactly(to);
        return to.Length;
    }

    public void Dispose()
    {
        _reader.Dispose();
        _stream?.Dispose();
        _pin.Dispose();
        _owner?.Dispose();
    }

    private static ModuleImage? Open(PEReader reader, Stream? stream, ReadOnlyMemory<byte> memory, bool loaded, MemoryHandle pin, IDisposable? owner)
    {
        try
        {
            return new ModuleImage(reader, stream, memory, loaded, pin, owner);
        }
        catch (Exception e) when (MalformedData.Is(e))
        {
            reader.Dispose();
            return null;
        }
    }

    /// <summary>
    /// The format is a magic number, the inflated size, deflated data. Parsed here because the framework's reader allocates the claimed size.
    /// </summary>
    private byte[]? ReadEmbeddedPdb(in DebugDirectoryEntry entry)
    {
        const int header = 8;
        if (entry.DataSize is <= header or > SymbolLimits.PdbBytes)
            return null;
        byte[] data = new byte[Math.Min(entry.DataSize, _stream?.Length ?? _memory.Length)];
        int start = _loaded ? entry.DataRelativeVirtualAddress : entry.DataPointer;
        if (ReadAt(start, data) < data.Length)
            throw new BadImageFormatException();
        int size = BinaryPrimitives.ReadInt32LittleEndian(data.AsSpan(4));
        if (BinaryPrimitives.ReadUInt32LittleEndian(data) != EmbeddedPdbMagic || size is < 0 or > SymbolLimits.PdbBytes)
            return null;
        using var deflated = new MemoryStream(data, header, data.Length - header);
        return Inflate.Read(deflated, size);
    }
}
