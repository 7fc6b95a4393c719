using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Stackflare.Snapshots.Format;

/// <summary>A section of a file.</summary>
/// <param name="Kind">Its kind.</param>
/// <param name="RecordSize">The size of each record in bytes.</param>
/// <param name="Bytes">The records.</param>
internal readonly record struct FileSection(SectionKind Kind, int RecordSize, byte[] Bytes)
{
    /// <summary>Makes a section of records.</summary>
    public static FileSection Of<T>(SectionKind kind, params ReadOnlySpan<T> records)
        where T : unmanaged =>
        new(kind, Unsafe.SizeOf<T>(), MemoryMarshal.AsBytes(records).ToArray());
}
