using Stackflare.Snapshots;

namespace Stackflare.Runtime.Types;

/// <summary>The modules of a process. Each is added to the snapshot once.</summary>
/// <param name="memory">The process's memory.</param>
/// <param name="layout">The table of the runtime's layout.</param>
/// <param name="images">The images of modules.</param>
/// <param name="snapshot">Where modules are added.</param>
/// <param name="maxBytes">A limit on the bytes of images that are copied.</param>
internal sealed class ModuleReader(ProcessMemory memory, RuntimeLayout layout, ModuleImages images, SnapshotBuilder snapshot, int maxBytes)
{
    /// <summary>No process has more. Damaged memory can give each method a module of its own.</summary>
    private const int MaxModules = 1 << 14;

    private readonly ModuleLayout _layout = layout.Modules!;
    private readonly Dictionary<ulong, int> _indexes = [];
    private int _left = maxBytes;

    /// <summary>Whether an image was left out because of the limit.</summary>
    public bool IsTruncated { get; private set; }

    /// <summary>Whether there are more modules than are added.</summary>
    public bool IsFull { get; private set; }

    /// <summary>The index of a module; null if there is none.</summary>
    public int? IndexOf(ulong module)
    {
        if (module == 0)
            return null;
        if (!_indexes.TryGetValue(module, out int index))
        {
            if (_indexes.Count == MaxModules)
            {
                IsFull = true;
                return null;
            }
            _indexes[module] = index = snapshot.Add(Describe(module));
        }
        return index;
    }

    private SnapshotModule Describe(ulong module)
    {
        string? path = null;
        try
        {
            path = images.PathOf(module);
            if (images.IsDynamic(module))
                return new SnapshotModule { Path = path, IsDynamic = true };
            PortableImage? image = images.Of(module, out ulong layoutOfImage);
            var described = new SnapshotModule { Path = path, Mvid = image?.Mvid() };
            // An assembly that was loaded from bytes has no file from which names and lines could be read.
            return path is null && image is not null ? WithImage(described, module, image, layoutOfImage) : described;
        }
        catch (MissingMemoryException)
        {
            return new SnapshotModule { Path = path };
        }
    }

    private SnapshotModule WithImage(SnapshotModule described, ulong module, PortableImage image, ulong layoutOfImage)
    {
        try
        {
            uint size = Math.Min(image.Size, memory.Read<uint>(layoutOfImage + _layout.Size));
            if (size > _left)
            {
                IsTruncated = true;
                return described;
            }
            byte[] bytes = memory.Bytes(memory.Pointer(layoutOfImage + _layout.Base), (int)size);
            _left -= bytes.Length;
            return described with { Image = bytes, IsImageMapped = images.IsMapped(layoutOfImage), Symbols = Symbols(module) };
        }
        catch (MissingMemoryException)
        {
            return described;
        }
    }

    private byte[] Symbols(ulong module)
    {
        if (layout.InMemorySymbols is not { } symbols || !memory.TryRead(module + symbols.Stream, out ulong stream) || stream == 0
            || !memory.TryRead(stream + symbols.Buffer, out ulong buffer) || buffer == 0 || !memory.TryRead(stream + symbols.Size, out uint size) || size > _left)
        {
            return [];
        }
        try
        {
            byte[] bytes = memory.Bytes(buffer, (int)size);
            _left -= bytes.Length;
            return bytes;
        }
        catch (MissingMemoryException)
        {
            // Names come from the image.
            return [];
        }
    }
}
