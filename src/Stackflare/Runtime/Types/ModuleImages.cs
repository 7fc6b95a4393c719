namespace Stackflare.Runtime.Types;

/// <summary>The images and the metadata of modules in a process's memory.</summary>
internal sealed class ModuleImages(ProcessMemory memory, RuntimeLayout layout)
{
    private const int MaxMetadata = 64 << 20;

    private readonly ModuleLayout _layout = layout.Modules!;

    /// <summary>The file of a module; for a module in a single-file program, its name; null if it was loaded from bytes, or if the path is missing.</summary>
    public string? PathOf(ulong module) => Text(module + _layout.Path) ?? (IsInBundle(module) ? Text(module + _layout.FileName) : null);

    /// <summary>Whether a module was made by Reflection.Emit, and so has no image.</summary>
    /// <exception cref="MissingMemoryException">The module is missing.</exception>
    public bool IsDynamic(ulong module) => (memory.Read<uint>(module + _layout.Flags) & ModuleLayout.IsDynamic) != 0;

    /// <summary>The image of a module; null if it has none, or if it is missing.</summary>
    /// <param name="module">The module.</param>
    /// <param name="layoutOfImage">What the runtime knows of the image.</param>
    /// <exception cref="MissingMemoryException">The module is missing.</exception>
    public PortableImage? Of(ulong module, out ulong layoutOfImage)
    {
        ulong image = memory.Pointer(memory.Pointer(module + _layout.Assembly) + _layout.Image);
        layoutOfImage = memory.Pointer(image + _layout.Loaded);
        if (layoutOfImage == 0)
            layoutOfImage = memory.Pointer(image + _layout.Flat);
        return layoutOfImage == 0 ? null : PortableImage.Open(memory, memory.Pointer(layoutOfImage + _layout.Base), IsMapped(layoutOfImage));
    }

    /// <summary>Whether the sections of an image are where they belong in memory; otherwise, it is as in a file.</summary>
    /// <exception cref="MissingMemoryException">What the runtime knows of the image is missing.</exception>
    public bool IsMapped(ulong layoutOfImage) => (memory.Read<uint>(layoutOfImage + _layout.LayoutFlags) & ModuleLayout.IsMapped) != 0;

    /// <summary>The metadata of a module; empty if it is missing.</summary>
    public byte[] Metadata(ulong module)
    {
        try
        {
            if (IsDynamic(module))
                return DynamicMetadata(module);
            return Of(module, out _) is { MetadataSize: <= MaxMetadata } image ? memory.Bytes(image.Metadata, (int)image.MetadataSize) : [];
        }
        catch (MissingMemoryException)
        {
            return [];
        }
    }

    private bool IsInBundle(ulong module)
    {
        try
        {
            return memory.Read<uint>(memory.Pointer(memory.Pointer(module + _layout.Assembly) + _layout.Image) + _layout.Origin) == ModuleLayout.InBundle;
        }
        catch (MissingMemoryException)
        {
            return false;
        }
    }

    private string? Text(ulong at)
    {
        try
        {
            return memory.Pointer(at) is var text and not 0 && memory.Utf16Text(text) is { Length: > 0 } path ? path : null;
        }
        catch (MissingMemoryException)
        {
            return null;
        }
    }

    private byte[] DynamicMetadata(ulong module)
    {
        if (layout.DynamicModules is not { } dynamic || memory.Pointer(module + dynamic.Metadata) is not (var metadata and not 0))
            return [];
        uint size = memory.Read<uint>(metadata + dynamic.Size);
        return size > MaxMetadata ? [] : memory.Bytes(metadata + dynamic.Data, (int)size);
    }
}
