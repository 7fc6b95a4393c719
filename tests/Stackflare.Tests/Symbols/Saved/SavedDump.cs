using Stackflare.Building;
using Stackflare.Snapshots;
using Stackflare.Snapshots.Format;
using Stackflare.Symbols;
using Stackflare.Symbols.Saved;
using Stackflare.Tests.Snapshots.Format;
using Stackflare.Tests.Writers;

namespace Stackflare.Tests.Symbols.Saved;

/// <summary>Snapshots saved where their modules are, and shown where they may not be.</summary>
internal static class SavedDump
{
    /// <summary>A desk that has none of the paths that a snapshot names, but perhaps directories with symbols.</summary>
    public static Symbolicator Desk(params string[] directories) =>
        new(new SymbolOptions { RootPrefix = "/nowhere", SymbolDirectories = directories });

    public static byte[] Save(Snapshot snapshot, Symbolicator symbolicator) => Write(snapshot, SymbolSaver.Save(snapshot, symbolicator));

    public static byte[] Write(Snapshot snapshot, params ReadOnlySpan<FileSection> sections)
    {
        using var stream = new MemoryStream();
        SnapshotFile.Write(stream, snapshot, sections);
        return stream.ToArray();
    }

    /// <summary>The file of before notes were saved, with what no capture yields.</summary>
    public static byte[] Write(SnapshotBytes snapshot, params ReadOnlySpan<FileSection> sections)
    {
        foreach (FileSection section in (FileSection[])[.. HostSections.Encode(CodeSnapshot.Host, [], []).Where(s => s.Kind is not (HostSectionNumbers.NotesSection or HostSectionNumbers.NotesWithNamesSection)), .. sections])
            snapshot.Add(section);
        return snapshot.Build();
    }

    /// <summary>The dump that is printed where the snapshot is taken.</summary>
    public static ThreadDump Live(Snapshot snapshot, Symbolicator symbolicator) => DumpBuilder.Build(snapshot, symbolicator, ownThread: null);

    /// <summary>The dump that is made of a file.</summary>
    public static ThreadDump Show(byte[] file, Symbolicator symbolicator)
    {
        (Snapshot snapshot, SnapshotDirectory directory) = SnapshotFile.Read(file);
        return DumpBuilder.Build(snapshot, symbolicator, ownThread: null, SavedSymbols.Decode(snapshot, directory));
    }

    public static string Json(ThreadDump dump) => Render.Json(dump, Render.Flat);
}
