using Stackflare.Building;
using Stackflare.Snapshots;
using Stackflare.Snapshots.Format;
using Stackflare.Symbols;
using Stackflare.Symbols.Saved;

namespace Stackflare.EndToEnd.Harness;

/// <summary>Saved snapshots, shown as the tool shows them on another machine.</summary>
internal static class SavedFile
{
    /// <summary>The dump that is made of a file where there is no framework and none of the paths in it.</summary>
    /// <param name="file">The file.</param>
    /// <param name="symbols">Directories with symbols.</param>
    public static ThreadDump Show(string file, params string[] symbols)
    {
        (Snapshot snapshot, SnapshotDirectory directory) = SnapshotFile.Read(File.ReadAllBytes(file));
        var symbolicator = new Symbolicator(new SymbolOptions { RootPrefix = "/nowhere", SymbolDirectories = symbols });
        return DumpBuilder.Build(snapshot, symbolicator, ownThread: null, SavedSymbols.Decode(snapshot, directory));
    }
}
