using System.Buffers;
using System.Buffers.Binary;
using System.Reflection.Metadata;
using System.Runtime.InteropServices;
using Stackflare.Errors;

namespace Stackflare.Symbols.Pdb;

/// <summary>An opened portable PDB. Holds its bytes until disposed.</summary>
internal sealed class PdbFile : IDisposable
{
    private const uint MetadataMagic = 0x424A5342; // "BSJB", which a Windows PDB does not begin with

    private readonly MetadataReaderProvider _provider;
    private readonly IDisposable? _owner;
    private MemoryHandle _pin;

    private PdbFile(MetadataReaderProvider provider, MemoryHandle pin, IDisposable? owner)
    {
        _provider = provider;
        _pin = pin;
        _owner = owner;
        Reader = provider.GetMetadataReader();
        ReadOnlySpan<byte> id = (Reader.DebugMetadataHeader ?? throw new BadImageFormatException()).Id.AsSpan();
        Id = new BlobContentId(new Guid(id[..16]), BinaryPrimitives.ReadUInt32LittleEndian(id[16..]));
    }

    public MetadataReader Reader { get; }

    public BlobContentId Id { get; }

    /// <summary>Null if the bytes are not a portable PDB. The array must not be changed afterwards.</summary>
    public static PdbFile? FromBytes(byte[] bytes) => Open(
        IsPortable(bytes) ? MetadataReaderProvider.FromPortablePdbImage(ImmutableCollectionsMarshal.AsImmutableArray(bytes)) : null,
        default);

    /// <summary>
    /// Reads the whole stream into native memory and leaves the stream open. Null if it is not a portable PDB, or too large.
    /// </summary>
    public static PdbFile? FromStream(Stream stream)
    {
        try
        {
            Span<byte> start = stackalloc byte[sizeof(uint)];
            if (stream.Length > SymbolLimits.PdbBytes || stream.ReadAtLeast(start, start.Length, false) < start.Length || !IsPortable(start))
                return null;
            stream.Position = 0;
            return Open(
                MetadataReaderProvider.FromPortablePdbStream(
                    stream, MetadataStreamOptions.PrefetchMetadata | MetadataStreamOptions.LeaveOpen),
                default);
        }
        catch (Exception e) when (MalformedData.Is(e))
        {
            return null;
        }
    }

    /// <summary>Null if the bytes are not a portable PDB.</summary>
    /// <param name="memory">The bytes of the PDB.</param>
    /// <param name="owner">Disposed with the PDB, or before null is returned; null for nothing.</param>
    public static unsafe PdbFile? FromMemory(ReadOnlyMemory<byte> memory, IDisposable? owner = null)
    {
        if (IsPortable(memory.Span))
        {
            MemoryHandle pin = memory.Pin();
            return Open(MetadataReaderProvider.FromPortablePdbImage((byte*)pin.Pointer, memory.Length), pin, owner);
        }
        owner?.Dispose();
        return null;
    }

    public void Dispose()
    {
        _provider.Dispose();
        _pin.Dispose();
        _owner?.Dispose();
    }

    private static bool IsPortable(ReadOnlySpan<byte> bytes) =>
        BinaryPrimitives.TryReadUInt32LittleEndian(bytes, out uint magic) && magic == MetadataMagic;

    private static PdbFile? Open(MetadataReaderProvider? provider, MemoryHandle pin, IDisposable? owner = null)
    {
        try
        {
            if (provider is not null)
                return new PdbFile(provider, pin, owner);
        }
        catch (Exception e) when (MalformedData.Is(e))
        {
            provider!.Dispose();
        }
        pin.Dispose();
        owner?.Dispose();
        return null;
    }
}
