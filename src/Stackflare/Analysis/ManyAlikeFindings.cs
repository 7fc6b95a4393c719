namespace Stackflare.Analysis;

/// <summary>Finds hundreds of threads with the same stack: the code that starts them does not limit their number, or they never end.</summary>
internal static class ManyAlikeFindings
{
    private const int MinThreads = 100;

    public static IReadOnlyList<Finding> In(ThreadDump dump)
    {
        if (dump.Threads.Count < MinThreads)
            return [];
        using var stacks = new VisibleStacks(dump.Threads, all: false);
        return
        [
            .. from index in Enumerable.Range(0, dump.Threads.Count)
               let thread = dump.Threads[index]
               where thread.ProgramFrameFrom(0) is not null && !(thread.WaitingFor?.Lock is { } wanted && LockConvoyFindings.IsConvoy(dump, wanted))
               group thread by stacks.StackOf(index) into alike
               where alike.Key != VisibleStacks.NotShown && alike.Count() >= MinThreads
               orderby alike.Count() descending
               select Describe([.. alike]),
        ];
    }

    private static Finding Describe(List<DumpThread> threads) => new(
        FindingKind.ManyAlike,
        $"{DiagnosisText.Count(threads.Count, "thread")} have the same stack",
        [$"they are {DiagnosisText.Doing(threads[0])} {DiagnosisText.At(threads[0].ProgramFrameFrom(0))}"],
        threads)
    {
        Frames = [new FindingFrame(threads[0].ProgramFrameFrom(0)!, threads.Count)],
    };
}
