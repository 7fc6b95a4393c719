using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Findings;

/// <summary>Holds the deadlocks of a dump against what the program's threads said.</summary>
internal static class DeadlockTruth
{
    /// <summary>Fails unless a dump has one deadlock, of these threads in this order, and a finding that says so.</summary>
    public static Deadlock AssertOne(ThreadDump dump, TargetTruth truth, params string[] threads)
    {
        Deadlock deadlock = Assert.Single(dump.Deadlocks);
        AssertIs(deadlock, truth, threads);
        Finding finding = Assert.Single(dump.Findings, f => f.Kind is FindingKind.Deadlock or FindingKind.TimedDeadlock);
        Assert.Equal(FindingKind.Deadlock, finding.Kind);
        Assert.Same(finding, dump.Findings[0]);
        Assert.Equal(deadlock.Steps.Select(s => s.Thread).ToHashSet(), finding.Threads.ToHashSet());
        Assert.All(deadlock.Steps, step => Assert.Contains(
            finding.Evidence, e => e.StartsWith($"\"{step.Thread.Name}\" ", StringComparison.Ordinal) && e.EndsWith($".cs:line {step.Frame!.Source!.Line}", StringComparison.Ordinal)));
        return deadlock;
    }

    public static void AssertIs(Deadlock deadlock, TargetTruth truth, params string[] threads)
    {
        string[] seen = [.. deadlock.Steps.Select(s => s.Thread.Name!)];
        int start = Array.IndexOf(seen, threads[0]);
        Assert.True(start >= 0, string.Join(", ", seen));
        Assert.Equal(threads, seen[start..].Concat(seen[..start]));
        for (int i = 0; i < deadlock.Steps.Count; i++)
        {
            DeadlockStep step = deadlock.Steps[i];
            Assert.Same(deadlock.Steps[(i + 1) % deadlock.Steps.Count].Thread, step.WaitsFor);
            Assert.Same(step.Thread.WaitingFor, step.Wait);
            Assert.Contains(step.WaitsFor, step.Wait.WaitsFor);
            Assert.False(step.Wait.MayEnd);
            TruthThread thread = truth.Named(step.Thread.Name!);
            Assert.Equal((thread.Marks[0].Method, thread.Marks[0].Line), (step.Frame!.Method.FullName, step.Frame.Source!.Line));
            if (step.Wait.Kind == WaitKind.ThreadJoin)
                Assert.Same(step.Wait.Joined, step.WaitsFor);
            else
                Assert.Contains(step.WaitsFor.HeldLocks, h => h.Lock == step.Wait.Lock);
        }
    }
}
