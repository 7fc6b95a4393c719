namespace Stackflare.Diagnosis;

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
               group thread by new Stack(FromTheWait(thread)) into alike
               where alike.Count() >= Fewest
               orderby alike.Count() descending
               select Of([.. alike]);
    }

    /// <summary>Some of many that wait alike are in the middle of something below it.</summary>
    private static IReadOnlyList<DumpFrame> FromTheWait(DumpThread thread) =>
        WaitPlumbing.FramesOf(thread) is > 0 and var below ? [.. thread.Frames.Skip(below)] : thread.Frames;

    private static Finding Of(List<DumpThread> threads) => new(
        FindingKind.ManyAlike,
        $"{Words.Count(threads.Count, "thread")} have one and the same stack",
        [$"they are {Words.Doing(threads[0])} {Words.At(threads[0].ProgramFrameFrom(0))}"],
        threads);

    /// <summary>Frames, equal if they are the same: threads share the frames that are.</summary>
    private readonly struct Stack(IReadOnlyList<DumpFrame> frames) : IEquatable<Stack>
    {
        private readonly IReadOnlyList<DumpFrame> _frames = frames;

        public bool Equals(Stack other) => _frames.Count == other._frames.Count && _frames.SequenceEqual(other._frames);

        public override bool Equals(object? obj) => obj is Stack other && Equals(other);

        /// <summary>Of the few that tell most stacks apart.</summary>
        public override int GetHashCode() => HashCode.Combine(
            _frames.Count, _frames.Count > 0 ? _frames[0] : null, _frames.Count > 0 ? _frames[_frames.Count / 2] : null, _frames.Count > 2 ? _frames[2] : null);
    }
}
