using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Findings;

/// <summary>Holds the locks of a dump against what the program's threads said of them.</summary>
internal static class LockTruth
{
    private const string NoFrame = " at no frame";

    /// <summary>
    /// Fails unless each thread holds what it said, at the frames that it said, and nothing else; waits for what it said; and the names of locks in the
    /// program and their addresses in the dump are one to one.
    /// </summary>
    /// <param name="dump">The dump.</param>
    /// <param name="truth">What the threads said.</param>
    /// <param name="unsure">Threads of which not all is known: a lock may be missing, or its frame. None may be wrong.</param>
    public static void AssertIn(ThreadDump dump, TargetTruth truth, params string[] unsure)
    {
        Assert.Multiple([.. truth.Threads.Select(t => (Action)(() => AssertHolds(dump, t, unsure.Contains(t.Name))))]);
        var names = new Dictionary<string, DumpLock>();
        foreach (TruthThread thread in truth.Threads)
        {
            DumpThread dumped = Of(dump, thread);
            foreach (IGrouping<string, TruthHeld> held in unsure.Contains(thread.Name) ? [] : thread.Held.GroupBy(h => At(h.Type, h.Method, h.Line)).Where(g => g.Count() == 1))
                Know(held.Single().Lock, dumped.HeldLocks.Single(h => At(dumped, h) == held.Key).Lock);
            if (thread.Wanted is { } wanted)
                AssertWaits(dumped, wanted);
        }

        Assert.Equal(names.Count, names.Values.Select(l => l.Address).Distinct().Count());
        foreach (DumpThread other in dump.Threads.Where(t => truth.Threads.All(known => known.OsId != t.OsId.Value)))
            Assert.DoesNotContain(other.HeldLocks, h => names.ContainsValue(h.Lock));
        AssertLinked(dump);

        void AssertWaits(DumpThread thread, string wanted)
        {
            DumpWait wait = thread.WaitingFor!;
            if (wait.Kind == WaitKind.ThreadJoin)
                Assert.Equal(wanted, wait.Joined!.Name);
            else
                Know(wanted, wait.Lock!);
            TruthMark mark = truth.Threads.Single(t => t.OsId == thread.OsId.Value).Marks[0];
            Assert.Equal(At("", mark.Method, mark.Line), At("", Frame(thread, wait)));
        }

        void Know(string name, DumpLock known)
        {
            if (!names.TryAdd(name, known))
                Assert.Same(names[name], known);
            Assert.Equal(name[..name.LastIndexOf(' ')], known.Type);
        }
    }

    public static DumpThread Of(ThreadDump dump, TruthThread thread) => dump.Threads.Single(t => t.OsId.Value == thread.OsId);

    /// <summary>The program's frame that waits.</summary>
    public static DumpFrame Frame(DumpThread thread, DumpWait wait) => thread.ProgramFrameFrom(wait.FrameIndex)!;

    public static string At(string type, DumpFrame frame) => At(type, frame.Method.FullName, frame.Source?.Line ?? 0);

    private static void AssertHolds(ThreadDump dump, TruthThread thread, bool isUnsure)
    {
        DumpThread dumped = Of(dump, thread);
        string[] expected = [.. thread.Held.Select(h => At(h.Type, h.Method, h.Line)).Order(StringComparer.Ordinal)];
        string[] seen = [.. dumped.HeldLocks.Select(h => At(dumped, h)).Order(StringComparer.Ordinal)];
        Assert.True(
            isUnsure ? seen.All(s => expected.Contains(s) || s.EndsWith(NoFrame, StringComparison.Ordinal)) : expected.SequenceEqual(seen),
            $"{thread} holds\n{string.Join('\n', expected)}\nbut in the dump\n{string.Join('\n', seen)}");
        Assert.Equal(dumped.HeldLocks.OrderBy(h => h.FrameIndex ?? int.MaxValue), dumped.HeldLocks);
    }

    private static string At(string type, string method, int line) => $"{type} at {method}:{line}";

    private static string At(DumpThread thread, HeldLock held) =>
        held.FrameIndex is { } index ? At(held.Lock.Type!, thread.Frames[index]) : held.Lock.Type + NoFrame;

    /// <summary>Fails unless what threads and locks say of each other is the same.</summary>
    private static void AssertLinked(ThreadDump dump)
    {
        Assert.All(dump.Threads, thread =>
        {
            Assert.All(thread.HeldLocks, held =>
            {
                if (held.IsShared)
                    Assert.Contains(thread, held.Lock.Readers);
                else
                    Assert.Same(thread, held.Lock.Owner);
            });
            if (thread.WaitingFor is { Lock: { } wanted, Kind: not WaitKind.MonitorWait })
            {
                Assert.Contains(thread, wanted.Waiters);
                Assert.Equal(dump.Threads.Where(t => t.WaitingFor is { Kind: not WaitKind.MonitorWait } w && w.Lock == wanted), wanted.Waiters);
            }
        });
    }
}
