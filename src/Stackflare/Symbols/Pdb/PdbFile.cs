using System.Buffers;
using System.Buffers.Binary;
using System.Reflection.Metadata;
using System.Runtime.InteropServices;
using Stackflare.Symbols.Modules;

namespace Stackflare.Symbols.Pdb;

/// <summary>An opened portable PDB. Holds its bytes until disposed.</summary>
internal sealed class PdbFile : IDisposable
{
    private const uint MetadataMagic = 0x424A5342; // "BSJB", which a Windows PDB does not begin with

    private readonly MetadataReaderProvider _provider;
    private MemoryHandle _pin;

    private PdbFile(MetadataReaderProvider provider, MemoryHandle pin)
    {
        _provider = provider;
        _pin = pin;
        Reader = provider.GetMetadataReader();
        ReadOnlySpan<byte> id = (Reader.DebugMetadataHeader ?? throw new BadImageFormatException()).Id.AsSpan();
        Id = new BlobContentId(new Guid(id[..16]), BinaryPrimitives.ReadUInt32LittleEndian(id[16..]));
    }

    public MetadataReader Reader { get; }

    public BlobContentId Id { get; }

    /// <summary>Null when the bytes are no portable PDB. The array must not be written to afterwards.</summary>
    public static PdbFile? FromBytes(byte[] bytes) => Open(
        IsPortable(bytes) ? MetadataReaderProvider.FromPortablePdbImage(ImmutableCollectionsMarshal.AsImmutableArray(bytes)) : null,
        default);

    /// <summary>
    /// Reads all of the stream into native memory and leaves the stream open. Null when it is no portable PDB, or too large.
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

    /// <summary>Null when the bytes are no portable PDB.</summary>
    public static unsafe PdbFile? FromMemory(ReadOnlyMemory<byte> memory)
    {
        if (!IsPortable(memory.Span))
            return null;
        MemoryHandle pin = memory.Pin();
        return Open(MetadataReaderProvider.FromPortablePdbImage((byte*)pin.Pointer, memory.Length), pin);
    }

    public void Dispose()
    {
        _provider.Dispose();
        _pin.Dispose();
    }

    private static bool IsPortable(ReadOnlySpan<byte> bytes) =>
        BinaryPrimitives.TryReadUInt32LittleEndian(bytes, out uint magic) && magic == MetadataMagic;

    private static PdbFile? Open(MetadataReaderProvider? provider, MemoryHandle pin)
    {
        try
        {
            if (provider is not null)
                return new PdbFile(provider, pin);
        }
        catch (Exception e) when (MalformedData.Is(e))
        {
            provider!.Dispose();
        }
        pin.Dispose();
        return null;
    }
}
