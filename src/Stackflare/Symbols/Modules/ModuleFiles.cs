using Stackflare.Snapshots;
using Stackflare.Symbols.Pdb;

namespace Stackflare.Symbols.Modules;

/// <summary>The assembly and the PDB of one module. Each is opened on first use, and closed on disposal.</summary>
/// <param name="module">The module in the snapshot.</param>
/// <param name="savedPdb">The reference to the PDB that was saved with the snapshot; null if not known.</param>
/// <param name="options">Where to search.</param>
/// <param name="cache">Shared by all modules.</param>
/// <param name="entry">The cached results of this module.</param>
internal sealed class ModuleFiles(SnapshotModule module, PdbReference? savedPdb, SymbolOptions options, SymbolCache cache, ModuleCacheEntry entry) : IDisposable
{
    private ModuleImage? _image;
    private PdbFile? _pdb;
    private bool _triedImage, _triedPdb;

    /// <summary>The last part of the module's path; empty if it has no path.</summary>
    public string FileName { get; } = PdbSearch.FileName(module.Path ?? "");

    /// <summary>The module's path as the target names it; null if it has no absolute path.</summary>
    public string? Path { get; } = module.Path is { } path && path.StartsWith('/') ? path : null;

    /// <summary>Whether the assembly was opened. Does not open it.</summary>
    public bool IsImageOpen => _image is not null;

    /// <summary>Whether the PDB was opened. Does not open it.</summary>
    public bool IsPdbOpen => _pdb is not null;

    /// <summary>Why <see cref="Pdb"/> is null.</summary>
    public SymbolStatus PdbFailure { get; private set; } = SymbolStatus.NoPdb;

    /// <summary>The assembly; null if it cannot be read.</summary>
    public ModuleImage? Image
    {
        get
        {
            if (!_triedImage)
            {
                _triedImage = true;
                _image = OpenImage();
            }
            return _image;
        }
    }

    /// <summary>The PDB; null if there is none, with the reason in <see cref="PdbFailure"/>.</summary>
    public PdbFile? Pdb
    {
        get
        {
            if (!_triedPdb)
            {
                _triedPdb = true;
                var search = new PdbSearch(options, cache.Bundle, cache.Folders);
                _pdb = search.Find(Image, savedPdb, Path, module.Symbols);
                if (_pdb is null)
                {
                    PdbFailure = search.Failure;
                    if (_image is not null)
                        entry.PdbMissing = search.Watched;
                }
            }
            return _pdb;
        }
    }

    public void Dispose()
    {
        _pdb?.Dispose();
        _image?.Dispose();
    }

    /// <summary>
    /// The snapshot's copy is the code that the target runs. A file is the same code only if its MVID matches, because a build may have replaced it.
    /// </summary>
    private ModuleImage? OpenImage()
    {
        if (module.IsDynamic)
            return null;
        if (!module.Image.IsEmpty && ModuleImage.FromMemory(module.Image, module.IsImageMapped, module.Mvid) is { } copied)
            return copied;
        if (module.Mvid is not { } mvid)
            return null;
        ModuleImage? file = Path is null ? null : ModuleImage.FromFile(options.InTarget(Path), mvid, options.MapsFiles);
        return file ?? FromDirectories(mvid) ?? FromBundle(mvid);
    }

    private ModuleImage? FromDirectories(Guid mvid) => FileName.Length == 0
        ? null
        : cache.Folders.Find(FileName).Select(path => ModuleImage.FromFile(path, mvid, options.MapsFiles)).FirstOrDefault(image => image is not null);

    private ModuleImage? FromBundle(Guid mvid)
    {
        if (FileName.Length == 0)
            return null;
        foreach (BundleEntry entry in cache.Bundle.Find(FileName))
        {
            if (cache.Bundle.Open(entry, int.MaxValue) is { } stream && ModuleImage.FromStream(stream, mvid) is { } image)
                return image;
        }
        return null;
    }
}
