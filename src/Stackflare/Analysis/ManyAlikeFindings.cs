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
               where (thread.ProgramFrameFrom(0) is not null || IsOfFramework(thread)) && !(thread.WaitingFor?.Lock is { } wanted && LockConvoyFindings.IsConvoy(dump, wanted))
               group thread by stacks.StackOf(index) into alike
               where alike.Key != VisibleStacks.NotShown && alike.Count() >= MinThreads
               orderby alike.Count() descending
               select Describe([.. alike]),
        ];
    }

    /// <summary>Whether it is a thread that the framework has started for an object of the program, for example a file watcher.</summary>
    private static bool IsOfFramework(DumpThread thread) => thread.IsThreadPool != true && !PoolWorkers.IsWorker(thread) && ServiceOf(thread) is not null;

    /// <summary>The outermost framework method that is not only how a thread starts.</summary>
    private static DumpFrame? ServiceOf(DumpThread thread) => thread.Frames.LastOrDefault(static f =>
        f is { IsHidden: false, Module.IsOfPlatform: true } && !f.Method.DeclaringType.StartsWith("System.Threading.Thread", StringComparison.Ordinal));

    private static Finding Describe(List<DumpThread> threads) => threads[0].ProgramFrameFrom(0) is null ? OfFramework(threads) : OfProgram(threads);

    /// <summary>The program does not appear on these stacks. What it has too many of is what the framework started the threads for.</summary>
    private static Finding OfFramework(List<DumpThread> threads)
    {
        DumpFrame service = ServiceOf(threads[0])!;
        return new Finding(
            FindingKind.ManyAlike,
            $"{DiagnosisText.Count(threads.Count, "thread")} of the framework have the same stack",
            [$"they run {DiagnosisText.Location(service)}: there is one for each object that uses such a thread and is not disposed"],
            threads)
        {
            Frames = [new FindingFrame(service, threads.Count)],
        };
    }

    private static Finding OfProgram(List<DumpThread> threads) => new(
        FindingKind.ManyAlike,
        $"{DiagnosisText.Count(threads.Count, "thread")} have the same stack",
        [$"they are {DiagnosisText.Doing(threads[0])} {DiagnosisText.At(threads[0].ProgramFrameFrom(0))}"],
        threads)
    {
        Frames = [new FindingFrame(threads[0].ProgramFrameFrom(0)!, threads.Count)],
    };
}
