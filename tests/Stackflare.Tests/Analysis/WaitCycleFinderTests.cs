using Stackflare.Analysis;

namespace Stackflare.Tests.Analysis;

public sealed class WaitCycleFinderTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(4000)]
    public void ACycleIsFoundWhateverItsLength(int length)
    {
        DumpThread[] threads = [.. Enumerable.Range(1, length).Select(i => Waiting.Thread(i))];
        for (int i = 0; i < length; i++)
            threads[i].WaitsFor(threads[(i + 1) % length]);

        Deadlock deadlock = Assert.Single(Find(threads));

        Assert.Equal(threads, deadlock.Steps.Select(s => s.Thread));
        Assert.All(deadlock.Steps, s => Assert.Same(s.Thread.WaitingFor, s.Wait));
        Assert.Equal([.. threads[1..], threads[0]], deadlock.Steps.Select(s => s.WaitsFor));
        Assert.Empty(deadlock.Behind);
    }

    [Fact]
    public void AChainIsNoCycle()
    {
        DumpThread[] threads = [.. Enumerable.Range(1, 20_000).Select(i => Waiting.Thread(i))];
        for (int i = 0; i + 1 < threads.Length; i++)
            threads[i].WaitsFor(threads[i + 1]);

        Assert.Empty(Find(threads));
    }

    [Fact]
    public void WhoWaitsBehindACycleIsNotInIt()
    {
        DumpThread[] t = [.. Enumerable.Range(1, 6).Select(i => Waiting.Thread(i))];
        t[0].WaitsFor(t[1]);
        t[1].WaitsFor(t[2]);
        t[2].WaitsFor(t[1]);
        t[3].Joins(t[0]);
        t[4].WaitsFor(t[5]);

        Deadlock deadlock = Assert.Single(Find(t));

        Assert.Equal([t[1], t[2]], deadlock.Steps.Select(s => s.Thread));
        Assert.Equal([t[0], t[3]], deadlock.Behind);
    }

    [Fact]
    public void EachCycleIsFoundOnce()
    {
        DumpThread[] t = [.. Enumerable.Range(1, 5).Select(i => Waiting.Thread(i))];
        t[0].WaitsFor(t[2]);
        t[2].Joins(t[0]);
        t[1].WaitsFor(t[3]);
        t[3].WaitsFor(t[4]);
        t[4].WaitsFor(t[1]);

        Assert.Equal([[t[0], t[2]], [t[1], t[3], t[4]]], Find(t).Select(d => d.Steps.Select(s => s.Thread)));
    }

    [Fact]
    public void OneOfManyReadersIsEnough()
    {
        DumpThread writer = Waiting.Thread(1), idle = Waiting.Thread(2), reader = Waiting.Thread(3), other = Waiting.Thread(4);
        DumpLock table = Waiting.Lock(null, LockKind.ReaderWriterLockSlim, readers: [idle, reader, other]);
        writer.WaitsFor(table, WaitKind.WriteLock);
        reader.WaitsFor(writer);
        other.WaitsFor(writer);

        IReadOnlyList<Deadlock> found = Find([writer, idle, reader, other]);

        // A cycle for each thread that is in one, and none that is in none.
        Assert.Equal([[writer, reader], [other, writer]], found.Select(d => d.Steps.Select(s => s.Thread)));
    }

    [Fact]
    public void ATimeLimitOpensACycle()
    {
        DumpThread[] t = [Waiting.Thread(1), Waiting.Thread(2)];
        t[0].WaitsFor(t[1], TimeSpan.FromSeconds(30));
        t[1].WaitsFor(t[0], Timeout.InfiniteTimeSpan);

        Assert.Empty(Find(t));
        Assert.Single(new WaitCycleFinder(t).Find(withTimeLimits: true));
    }

    /// <summary>Against the plain definition: a thread is in a cycle if it can be reached from itself.</summary>
    [Fact]
    public void JustTheThreadsInCyclesAreFound()
    {
        var random = new Random(4);
        for (int round = 0; round < 300; round++)
        {
            DumpThread[] threads = [.. Enumerable.Range(1, random.Next(1, 12)).Select(i => Waiting.Thread(i))];
            foreach (DumpThread thread in threads)
            {
                DumpLock table = Waiting.Lock(null, LockKind.ReaderWriterLockSlim, readers: [.. threads.Where(_ => random.Next(threads.Length) == 0)]);
                thread.WaitsFor(table, WaitKind.WriteLock);
            }

            IReadOnlyList<Deadlock> found = Find(threads);

            Assert.Equal(threads.Where(t => Reaches(t, t)), threads.Where(t => found.Any(d => d.Steps.Any(s => s.Thread == t))));
            foreach (Deadlock deadlock in found)
            {
                DumpThread[] cycle = [.. deadlock.Steps.Select(s => s.Thread)];
                Assert.Equal(cycle.Distinct(), cycle);
                Assert.All(deadlock.Steps, s => Assert.Contains(s.WaitsFor, s.Wait.WaitsFor));
                Assert.Equal(threads.Where(t => !cycle.Contains(t) && Reaches(t, cycle[0])), deadlock.Behind);
            }
        }
    }

    private static bool Reaches(DumpThread from, DumpThread to)
    {
        var seen = new HashSet<DumpThread>();
        var open = new Queue<DumpThread>(from.WaitingFor!.WaitsFor);
        while (open.TryDequeue(out DumpThread? at))
        {
            if (at == to)
                return true;
            foreach (DumpThread next in seen.Add(at) ? at.WaitingFor!.WaitsFor : [])
                open.Enqueue(next);
        }
        return false;
    }

    private static IReadOnlyList<Deadlock> Find(IReadOnlyList<DumpThread> threads) => new WaitCycleFinder(threads).Find(withTimeLimits: false);
}
