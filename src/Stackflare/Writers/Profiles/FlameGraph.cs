namespace Stackflare.Writers.Profiles;

/// <summary>Samples added up by method, whatever the line. Methods that call themselves are there once.</summary>
internal sealed class FlameGraph
{
    private readonly StackSamples _samples;
    private readonly int _maxRows;

    /// <param name="samples">The samples.</param>
    /// <param name="maxRows">How deep stacks are followed. What is deeper only counts for its callers.</param>
    public FlameGraph(StackSamples samples, int maxRows)
    {
        (_samples, _maxRows) = (samples, maxRows);
        // Many threads share a stack, and a thread comes back to it.
        var threads = new Dictionary<int, long>();
        foreach (SampledThread thread in samples.Threads)
        {
            foreach (SampleRun run in thread.Runs)
                threads[run.Stack] = threads.GetValueOrDefault(run.Stack) + run.Count;
        }
        foreach (var (stack, count) in threads)
            Add(Threads, stack, count);
        foreach (var (stack, count) in samples.Async)
            Add(Async, stack, count);
    }

    /// <summary>All samples of threads. Not a method.</summary>
    public FlameFrame Threads { get; } = new("[threads]");

    /// <summary>All samples of async stacks. Not a method. A graph of its own: a program can have a thousand times as many of these as of those.</summary>
    public FlameFrame Async { get; } = new("[async stacks]");

    /// <summary>Whether some stacks are deeper than what was followed.</summary>
    public bool IsCut { get; private set; }

    private void Add(FlameFrame frame, int stack, long count)
    {
        frame.Count = StackSamples.Sum(frame.Count, count);
        int row = 1;
        foreach (int id in _samples.Stacks[stack])
        {
            if (_samples.FoldsRecursion && frame.Name == _samples.Frames[id].Name)
                continue;
            if (row++ == _maxRows)
            {
                IsCut = true;
                return;
            }
            frame = frame.Call(_samples.Frames[id]);
            frame.Count = StackSamples.Sum(frame.Count, count);
        }
    }
}
