using Microsoft.Win32.SafeHandles;
using Stackflare.Errors;
using Stackflare.Interop;
using Stackflare.Symbols.Modules;

namespace Stackflare.Symbols.Pdb;

/// <summary>
/// Searches the PDB of one module: in the module, among PDBs that the runtime got with the assembly, next to the module, at the compiler's output
/// path, in the additional directories, in the bundle, next to the bundle. A PDB of another build is skipped, and the mismatch is recorded.
/// </summary>
internal sealed class PdbSearch(SymbolOptions options, BundleFile bundle, SymbolFolders folders)
{
    private PdbReference _reference = new(null, null, null);
    private readonly List<WatchedPath> _watched = [];
    private bool _mismatch;

    /// <summary>The reason, after <see cref="Find"/> has found none.</summary>
    public SymbolStatus Failure => _mismatch ? SymbolStatus.PdbMismatch : SymbolStatus.NoPdb;

    /// <summary>The searched paths with what was there. Searching again is useless unless one of them changes.</summary>
    public WatchedPath[] Watched => _watched.ToArray();

    /// <summary>Finds the PDB; the caller disposes it.</summary>
    /// <param name="image">The module; null if it cannot be read.</param>
    /// <param name="saved">
    /// The module's reference to its PDB from when it could be read; null if not known. Without it and the module, only
    /// <paramref name="handedOver"/> can be trusted.
    /// </param>
    /// <param name="modulePath">The module's path as the target names it; null if it has none.</param>
    /// <param name="handedOver">The PDB that the runtime got together with the assembly; empty if there is none.</param>
    public PdbFile? Find(ModuleImage? image, PdbReference? saved, string? modulePath, ReadOnlyMemory<byte> handedOver)
    {
        try
        {
            _reference = image?.ReadPdbReference() ?? saved ?? _reference;
        }
        catch (Exception e) when (MalformedData.Is(e))
        {
            return null;
        }
        if (_reference.Embedded is { } embedded && Accept(PdbFile.FromBytes(embedded), handedOver: true) is { } inside)
            return inside;
        if (!handedOver.IsEmpty && Accept(PdbFile.FromMemory(handedOver), handedOver: true) is { } given)
            return given;
        if (_reference.Id is null)
            return null;

        string name = FileName(_reference.Path!);
        return BesideModule(modulePath, name) ?? AtCompilersPath() ?? InDirectories(modulePath, name) ?? InBundle(modulePath, name);
    }

    private PdbFile? BesideModule(string? modulePath, string name)
    {
        if (modulePath is null || !modulePath.StartsWith('/'))
            return null;
        string beside = Path.ChangeExtension(modulePath, ".pdb");
        if (TryPath(options.InTarget(beside)) is { } pdb)
            return pdb;
        string renamed = Path.Combine(Path.GetDirectoryName(modulePath) ?? "/", name);
        return renamed == beside ? null : TryPath(options.InTarget(renamed));
    }

    /// <summary>First as the target sees the path, then as this process does: a container's program may have been built outside of it.</summary>
    private PdbFile? AtCompilersPath()
    {
        string path = _reference.Path!;
        if (!path.StartsWith('/'))
            return null;
        PdbFile? pdb = TryPath(options.InTarget(path));
        return pdb is null && options.RootPrefix.Length > 0 ? TryPath(path) : pdb;
    }

    private PdbFile? InDirectories(string? modulePath, string name)
    {
        IEnumerable<string> paths = folders.Find(name);
        string? other = modulePath is null ? null : Path.ChangeExtension(FileName(modulePath), ".pdb");
        if (other is not null && other != name)
            paths = paths.Concat(folders.Find(other));
        return paths.Select(path => TryPath(path)).FirstOrDefault(pdb => pdb is not null);
    }

    private PdbFile? InBundle(string? modulePath, string name)
    {
        string[] names = modulePath is null ? [name] : [name, Path.ChangeExtension(FileName(modulePath), ".pdb")];
        foreach (string candidate in names)
        {
            foreach (BundleEntry entry in bundle.Find(candidate))
            {
                using Stream? stream = bundle.Open(entry, SymbolLimits.PdbBytes);
                if (stream is not null && Accept(PdbFile.FromStream(stream), handedOver: false) is { } pdb)
                    return pdb;
            }
        }
        return bundle.Directory is { } directory ? TryPath(directory with { Path = Path.Combine(directory.Path, name) }) : null;
    }

    private PdbFile? TryPath(RootedPath path)
    {
        foreach (WatchedPath seen in _watched)
        {
            if (seen.Path == path)
                return null;
        }
        _watched.Add(new WatchedPath(path, RegularFile.Stat(path)));
        SafeFileHandle? handle = RegularFile.TryOpen(path, SymbolLimits.PdbBytes, out long length);
        if (handle is null)
            return null;
        using var stream = new WindowStream(handle, 0, length, ownsHandle: true);
        if (options.MapsFiles && MappedFile.Map(handle, (int)length) is { } mapped)
            return Accept(PdbFile.FromMemory(mapped.Memory, mapped), handedOver: false);
        return Accept(PdbFile.FromStream(stream), handedOver: false);
    }

    /// <summary>A PDB file must have the id in the module's reference. A PDB that came with the assembly may have none.</summary>
    private PdbFile? Accept(PdbFile? pdb, bool handedOver)
    {
        if (pdb is null)
            return null;
        if (_reference.Id is { } id ? pdb.Id == id : handedOver)
            return pdb;
        _mismatch = true;
        pdb.Dispose();
        return null;
    }

    /// <summary>The last part of a Linux or Windows path, because the assembly may have been built on Windows.</summary>
    internal static string FileName(string path) => path[(path.LastIndexOfAny(['/', '\\']) + 1)..];
}
