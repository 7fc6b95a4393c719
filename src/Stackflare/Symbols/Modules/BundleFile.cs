using Microsoft.Win32.SafeHandles;
using Stackflare.Errors;
using Stackflare.Interop;
using Stackflare.Symbols.Pdb;

namespace Stackflare.Symbols.Modules;

/// <summary>
/// The single-file executable of the target. Opened on first use in a resolve, and closed by <see cref="Close"/>. The index is
/// kept, because finding it means searching the executable.
/// </summary>
internal sealed class BundleFile(SymbolOptions options)
{
    private const int MaxCandidates = 16;

    private SafeFileHandle? _executable;
    private SingleFileBundle? _index;
    private FileStamp _indexed;
    private bool _tried;

    /// <summary>The directory of the executable; null if there is no executable.</summary>
    public RootedPath? Directory
    {
        get
        {
            if (options.SingleFilePath is not { } path)
                return null;
            try
            {
                // The target of the link /proc/{pid}/exe is a path as the target process sees it.
                string? target = File.ResolveLinkTarget(path, returnFinalTarget: false)?.FullName;
                return Path.GetDirectoryName(target ?? path) is { } directory ? new RootedPath(target is null ? "" : options.RootPrefix, directory) : default(RootedPath?);
            }
            catch (Exception e) when (MalformedData.Is(e))
            {
                return null;
            }
        }
    }

    /// <summary>The files with this name, in any directory of the bundle.</summary>
    public List<BundleEntry> Find(string fileName)
    {
        var found = new List<BundleEntry>();
        foreach (BundleEntry entry in Index()?.Entries ?? [])
        {
            if (PdbSearch.FileName(entry.Path) == fileName && found.Count < MaxCandidates)
                found.Add(entry);
        }
        return found;
    }

    /// <summary>The content of a file; null if it cannot be read. Must be closed before <see cref="Close"/> is called.</summary>
    public Stream? Open(in BundleEntry entry, int maxBytes)
    {
        try
        {
            return _executable is null ? null : SingleFileBundle.OpenEntry(_executable, entry, maxBytes);
        }
        catch (Exception e) when (MalformedData.Is(e))
        {
            return null;
        }
    }

    public void Close()
    {
        _executable?.Dispose();
        _executable = null;
        _tried = false;
    }

    private SingleFileBundle? Index()
    {
        if (_tried || options.SingleFilePath is not { } path)
            return _tried ? _index : null;
        _tried = true;
        _executable = SingleFileBundle.Open(path);
        if (_executable is null)
            return _index = null;
        var stamp = new FileStamp(RandomAccess.GetLength(_executable), File.GetLastWriteTimeUtc(_executable).Ticks);
        if (stamp != _indexed)
        {
            _indexed = stamp;
            _index = SingleFileBundle.Read(_executable);
        }
        return _index;
    }
}
