using System.Reflection.Metadata;
using Stackflare.Errors;

namespace Stackflare.Runtime.Types;

/// <summary>Asks the metadata of a module. The reader of metadata throws many kinds of exceptions for damaged metadata: to its callers, such a module has no names.</summary>
internal static class ModuleMetadata
{
    /// <summary>An answer from metadata; null if there is none, or if the metadata is damaged.</summary>
    /// <param name="metadata">The metadata; may be empty.</param>
    /// <param name="ask">Finds the answer. A <see cref="MissingMemoryException"/> goes to the caller.</param>
    public static unsafe T? Ask<T>(ReadOnlySpan<byte> metadata, Func<MetadataReader, T?> ask)
    {
        if (metadata.IsEmpty)
            return default;
        try
        {
            fixed (byte* start = metadata)
                return ask(new MetadataReader(start, metadata.Length));
        }
        catch (Exception e) when (MalformedData.Is(e))
        {
            return default;
        }
    }
}
