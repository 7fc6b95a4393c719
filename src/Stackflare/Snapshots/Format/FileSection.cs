namespace Stackflare.Snapshots.Format;

/// <summary>A section that a file has besides the probe's.</summary>
/// <param name="Kind">Its kind, from <see cref="HostLayout.FirstSection"/> up.</param>
/// <param name="RecordSize">The bytes of each of its records.</param>
/// <param name="Bytes">The records.</param>
internal readonly record struct FileSection(SectionKind Kind, int RecordSize, byte[] Bytes);
