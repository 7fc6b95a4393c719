using Stackflare.Building;
using Stackflare.Snapshots;
using Stackflare.Snapshots.Format;
using Stackflare.Symbols.Saved;
using Stackflare.Tests.Symbols.Saved;

namespace Stackflare.Tests.Snapshots.Format;

/// <summary>Files that earlier builds wrote, one of each change of the format: of a program whose threads wait for each other's locks, and whose async method waits.</summary>
public sealed class OldFileTests
{
    public static TheoryData<string> Files => [.. Directory.GetFiles(Folder, "*.snapshot").Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal)];

    private static string Folder => Path.Combine(Golden.RepositoryRoot, "tests", "Stackflare.Tests", "Snapshots", "Files");

    [Theory, MemberData(nameof(Files))]
    public void TheyOpenAndTellWhatTheyTold(string name)
    {
        (Snapshot snapshot, SnapshotDirectory directory) = SnapshotFile.Read(File.ReadAllBytes(Path.Combine(Folder, name)));
        ThreadDump dump = DumpBuilder.Build(snapshot, SavedDump.Desk(), ownThread: null, SavedSymbols.Decode(snapshot, directory));
        Assert.Equal("Shop", dump.Process.Name);
        Assert.Equal(["refunds", "shipping"], Assert.Single(dump.Deadlocks).Steps.Select(s => s.Thread.Name).Order());
        DumpThread packing = Assert.Single(dump.Threads, t => t.Name == "packing");
        Assert.Equal(WaitKind.SemaphoreSlim, packing.WaitingFor!.Kind);
        AsyncStack stack = Assert.Single(dump.AsyncStacks, s => !s.IsOfPlatform);
        Assert.Equal(("PayAsync", "/src/Program.cs", 19), (stack.Frames[0].Method.Name, stack.Frames[0].Source!.Path, stack.Frames[0].Source!.Line));
        Assert.Empty(dump.Notes);
        Assert.True(dump.Timings.Pause > TimeSpan.Zero);
    }
}
