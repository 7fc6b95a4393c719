using Stackflare.Building;
using Stackflare.Processes;
using Stackflare.Snapshots;
using Stackflare.Snapshots.Format;
using Stackflare.Symbols;
using Stackflare.Symbols.Saved;
using Stackflare.Tests.Writers;

namespace Stackflare.Tests.Symbols.Saved;

/// <summary>Snapshots saved where their modules are, and shown where they may not be.</summary>
internal static class SavedDump
{
    private static readonly HostFacts Facts = new()
    {
        ProcessId = 1,
        ProgramName = "Shop",
        Platform = "linux-x64",
        Tasks = KernelTasks.Of(new Dictionary<int, TaskStat>()),
    };

    /// <summary>A desk that has none of the paths that a snapshot names, but perhaps directories with symbols.</summary>
    public static Symbolicator Desk(params string[] directories) =>
        new(new SymbolOptions { RootPrefix = "/nowhere", SymbolDirectories = directories });

    public static byte[] Save(byte[] snapshot, Symbolicator symbolicator) =>
        Write(snapshot, symbolicator.Save(SnapshotReader.Read(snapshot)));

    public static byte[] Write(byte[] snapshot, params ReadOnlySpan<FileSection> sections)
    {
        using var stream = new MemoryStream();
        SnapshotFile.Write(stream, snapshot, Facts, sections);
        return stream.ToArray();
    }

    /// <summary>The dump that is printed where the snapshot is taken.</summary>
    public static ThreadDump Live(byte[] snapshot, Symbolicator symbolicator) =>
        DumpBuilder.Build(SnapshotReader.Read(snapshot), symbolicator, Facts, ownThread: null);

    /// <summary>The dump that is made of a file.</summary>
    public static ThreadDump Show(byte[] file, Symbolicator symbolicator)
    {
        (RawSnapshot snapshot, HostFacts facts) = SnapshotFile.Read(file);
        return DumpBuilder.Build(snapshot, symbolicator, facts, ownThread: null, SavedSymbols.Decode(snapshot));
    }

    public static string Json(ThreadDump dump) => Render.Json(dump, Render.Flat);
}
