using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Findings;

/// <summary>Programs that look like those with a problem, and have none: no dump of them has a finding, however often one is taken.</summary>
[Trait(Runs.Trait, Runs.Long)]
public sealed class HealthyNeighbourTests
{
    private static readonly int Dumps = Runs.Times(gate: 10, full: 1000);

    [Theory]
    [InFlavours(Spread.Newest, LooksAt.Locks | LooksAt.Async, "Relay --runners 6")] // threads that work and wait
    [InFlavours(Spread.Newest, LooksAt.Locks | LooksAt.Async, "LostLocks --kept 1")] // locks of work that goes on
    [InFlavours(Spread.Newest, LooksAt.Locks | LooksAt.Async, "Gate --held 1")] // a semaphore that somebody has
    [InFlavours(Spread.Newest, LooksAt.Locks | LooksAt.Async, "Gate --signal 1")] // a semaphore that is a signal
    [InFlavours(Spread.Newest, LooksAt.Locks | LooksAt.Async, "Desks --free 1")] // contexts whose threads wait for the work of others
    [InFlavours(Spread.Newest, LooksAt.Locks | LooksAt.Async, "LogWriter")] // a foreground thread beside Main
    [InFlavours(Spread.Newest, LooksAt.Locks | LooksAt.Async, "PoolSaturated --in result --workers 4 --working 1")] // a pool with a free worker, which keeps a processor busy
    public async Task NoDumpHasAFinding(string flavour, string program)
    {
        string[] words = program.Split(' ');
        await using var target = await DeadlockTests.StartAsync(flavour, words[0], words[1..]);
        using var dumps = new LiveDumps(target);
        for (int i = 0; i < Dumps; i++)
        {
            ThreadDump dump = dumps.Take();
            Assert.True(dump.Findings.All(f => f.Kind == FindingKind.Spinning && words[0] == "PoolSaturated"), $"dump {i}: {string.Join('\n', dump.Findings)}");
        }
    }
}
