namespace Stackflare.Interop;

/// <summary>The kernel's information about a file.</summary>
/// <param name="Mode">Type and permissions.</param>
/// <param name="User">The owner's id.</param>
/// <param name="Length">Length in bytes; 0 for a file without a length.</param>
/// <param name="Inode">Identifies the file together with <paramref name="Device"/>, independently of its path.</param>
/// <param name="Device">The file system.</param>
/// <param name="ModifiedTicks">The last change of its content, as ticks of a UTC <see cref="DateTime"/>.</param>
/// <param name="ChangedTicks">The last change of it or of its names, in the same unit. Programs cannot set it, as they can the other.</param>
internal readonly record struct FileStatus(ushort Mode, uint User, long Length, ulong Inode, ulong Device, long ModifiedTicks, long ChangedTicks)
{
    private const ushort TypeMask = 0xf000;
    private const ushort Regular = 0x8000;
    private const ushort Directory = 0x4000;
    private const ushort Link = 0xa000;
    private const ushort Socket = 0xc000;

    public bool IsRegular => (Mode & TypeMask) == Regular;

    public bool IsDirectory => (Mode & TypeMask) == Directory;

    public bool IsLink => (Mode & TypeMask) == Link;

    public bool IsSocket => (Mode & TypeMask) == Socket;

    public bool IsSameFileAs(FileStatus other) => Inode == other.Inode && Device == other.Device;
}
