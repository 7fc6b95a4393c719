namespace Stackflare.Analysis;

/// <summary>Hundreds of threads with one stack: whoever starts them does not wait for them, or they never end.</summary>
internal static class ManyAlike
{
    private const int Fewest = 100;

    public static IEnumerable<Finding> In(ThreadDump dump)
    {
        if (dump.Threads.Count < Fewest)
            return [];
        return from thread in dump.Threads
               where thread.ProgramFrameFrom(0) is not null && !(thread.WaitingFor?.Lock is { } wanted && LockConvoys.IsConvoy(dump, wanted))
               group thread by new Stack(thread) into alike
               where alike.Count() >= Fewest
               orderby alike.Count() descending
               select Of([.. alike]);
    }

    private static Finding Of(List<DumpThread> threads) => new(
        FindingKind.ManyAlike,
        $"{Words.Count(threads.Count, "thread")} have one and the same stack",
        [$"they are {Words.Doing(threads[0])} {Words.At(threads[0].ProgramFrameFrom(0))}"],
        threads)
    {
        Frames = [new FindingFrame(threads[0].ProgramFrameFrom(0)!, threads.Count)],
    };

    /// <summary>
    /// The frames that a reader is shown, equal if they are at the same places. Hidden ones do not count, nor those below a wait, as in the groups of the text: which stubs of the runtime
    /// stand between differs with how often a method was compiled.
    /// </summary>
    private readonly struct Stack(DumpThread thread) : IEquatable<Stack>
    {
        private readonly IReadOnlyList<DumpFrame> _frames = thread.Frames;
        private readonly int _first = WaitPlumbing.FramesOf(thread);

        public bool Equals(Stack other)
        {
            int mine = _first, others = other._first;
            while (true)
            {
                DumpFrame? one = Next(_frames, ref mine), two = Next(other._frames, ref others);
                if (one is null || two is null)
                    return one == two;
                if (!SameFrame.Comparer.Equals(one, two))
                    return false;
            }
        }

        public override bool Equals(object? obj) => obj is Stack other && Equals(other);

        public override int GetHashCode()
        {
            int hash = 0, at = _first;
            while (Next(_frames, ref at) is { } frame)
                hash = unchecked((hash * 31) + SameFrame.Comparer.GetHashCode(frame));
            return hash;
        }

        private static DumpFrame? Next(IReadOnlyList<DumpFrame> frames, ref int at)
        {
            while (at < frames.Count)
            {
                if (frames[at++] is { IsHidden: false } frame)
                    return frame;
            }
            return null;
        }
    }
}
