using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Truth;

/// <summary>
/// Runtimes whose data contract says something else than it should: a dump has less in it and says what, is never wrong, and the program goes on.
/// </summary>
public sealed class ForgedContractTests
{
    private const string Ids = "managed thread ids", Names = "full names", Locks = "locks and deadlocks", Async = "async stacks";

    /// <summary>What the contract's text has, and something of the same length in its place.</summary>
    public static TheoryData<string, string, string> Forgeries => new()
    {
        // A version that is not known, of the text and of one contract in it.
        { "{\"version\":2,", "{\"version\":7,", Ids },
        { "\"Thread\":\"c1\"", "\"Thread\":\"c9\"", Ids },
        { "\"RuntimeTypeSystem\":\"c1\"", "\"RuntimeTypeSystem\":\"c2\"", Locks },
        { "\"Loader\":\"c1\"", "\"Loader\":\"c8\"", Async },
        // Entries that have another name.
        { "\"OSId\":224", "\"OSIx\":224", Ids },
        { "\"SyncTableEntries\"", "\"SyncTableEntrees\"", Locks },
        { "\"StringMethodTable\"", "\"StringMethodTibia\"", Names },
        { "\"ExposedObject\"", "\"ExposedObjecx\"", Ids },
        // Numbers that are those of something else, or cannot be.
        { "\"OSId\":224", "\"OSId\":232", Ids },
        { "\"Thread\":{\"Id\":16,", "\"Thread\":{\"Id\":24,", Ids },
        { "\"OSId\":224", "\"OSId\":999", Ids },
        { "\"OSId\":224", "\"OSId\":225", Ids },
        { "\"ExposedObject\":232", "\"ExposedObject\":264", Ids },
        // Where locks and the threads' records of their waits are.
        { "\"SyncBlock\":\"c1\"", "\"SyncBlock\":\"c3\"", Locks },
        { "\"FreeSyncTableIndex\"", "\"FreeSyncTableInder\"", Locks },
        { "\"Lock\":0,\"ThinLock\":8", "\"Lock\":8,\"ThinLock\":8", Locks },
        { "\"MTOfEnclosingClass\":0", "\"MTOfEnclosingClass\":8", Locks },
        { "\"DWord2\":12", "\"DWord2\":10", Locks },
    };

    [Theory]
    [MemberData(nameof(Forgeries))]
    public async Task SaysWhatIsMissing(string original, string forged, string missing)
    {
        using var folder = new TemporaryFolder();
        Flavour flavour = ForgedRuntime.Make(folder.Path, original, forged);
        await using var target = await TargetProcess.StartAsync(flavour, "NamedThreads");
        for (int i = 0; i < 3; i++)
        {
            var dump = await target.DumpAsync();
            Assert.Contains(dump.Notes, n => n.Contains("11.0.0", StringComparison.Ordinal) && n.Contains(missing, StringComparison.Ordinal));
            foreach (JsonThread thread in dump.Threads)
            {
                TruthThread? truth = target.Truth.Threads.SingleOrDefault(t => t.OsId == thread.OsId);
                // What is said is true: an id or a name is the thread's own, or is not there.
                Assert.True(truth is null || thread.ManagedId is null || thread.ManagedId == truth.ManagedId);
                Assert.True(truth?.Name is null || thread.Name is null || truth.Name.StartsWith(thread.Name, StringComparison.Ordinal));
            }
            // Stacks need nothing of the contract.
            Assert.All(target.Truth.Threads, t => Assert.Contains(dump.Threads, d => d.OsId == t.OsId && d.Frames.Count > 0));
            if (missing == Ids)
                Assert.All(dump.Threads, t => Assert.Null(t.ManagedId));
        }
        await target.AssertAliveAsync();
    }

    /// <summary>The healthy neighbour: the same copy, with nothing forged.</summary>
    [Fact]
    public async Task SaysNothingWhereNothingIsForged()
    {
        using var folder = new TemporaryFolder();
        Flavour flavour = ForgedRuntime.Make(folder.Path, "\"OSId\":224", "\"OSId\":224");
        await using var target = await TargetProcess.StartAsync(flavour, "NamedThreads");
        var dump = await target.DumpAsync();
        Assert.All(target.Truth.Threads, thread => thread.AssertIn(dump));
        Assert.DoesNotContain(dump.Notes, n => n.Contains(Ids, StringComparison.Ordinal));
    }
}
