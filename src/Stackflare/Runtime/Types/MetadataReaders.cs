using System.Reflection.Metadata;
using System.Runtime.InteropServices;
using Stackflare.Errors;

namespace Stackflare.Runtime.Types;

/// <summary>
/// The metadata of modules, for questions about many types or methods. It is kept as long as there is room: that of a damaged process can be any number of
/// large copies.
/// </summary>
internal sealed class MetadataReaders(ModuleImages images)
{
    private const long MaxKept = 32 << 20, MaxRead = 512 << 20;

    private readonly Dictionary<ulong, MetadataReader?> _readers = [];
    private readonly List<MetadataReaderProvider> _providers = [];
    private long _kept, _read;

    /// <summary>Whether metadata was not read because there was too much of it.</summary>
    public bool IsTruncated { get; private set; }

    /// <summary>The metadata of a module, to be used up to the next call; null if it is missing or damaged.</summary>
    public MetadataReader? Of(ulong module)
    {
        if (!_readers.TryGetValue(module, out MetadataReader? reader))
        {
            IsTruncated |= _read > MaxRead;
            byte[] metadata = IsTruncated ? [] : images.Metadata(module);
            _read += metadata.Length;
            if (_kept + metadata.Length > MaxKept)
                Forget();
            _kept += metadata.Length;
            _readers[module] = reader = metadata.Length == 0 ? null : Open(metadata);
        }
        return reader;
    }

    private MetadataReader? Open(byte[] metadata)
    {
        var provider = MetadataReaderProvider.FromMetadataImage(ImmutableCollectionsMarshal.AsImmutableArray(metadata));
        _providers.Add(provider);
        try
        {
            return provider.GetMetadataReader();
        }
        catch (Exception e) when (MalformedData.Is(e))
        {
            return null;
        }
    }

    private void Forget()
    {
        _readers.Clear();
        _providers.ForEach(static p => p.Dispose());
        _providers.Clear();
        _kept = 0;
    }
}
