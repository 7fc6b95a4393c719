namespace Stackflare.Writers.Profiles;

/// <summary>Samples added up by method, whatever the line. Methods that call themselves are there once.</summary>
internal sealed class FlameGraph
{
    private readonly StackSamples _samples;
    private readonly int _maxRows;

    /// <param name="samples">The samples.</param>
    /// <param name="maxRows">How deep stacks are followed. What is deeper only counts for its callers.</param>
    /// <param name="ofIdle">Whether the graph is of what was left out because it is idle, instead of the rest.</param>
    public FlameGraph(StackSamples samples, int maxRows, bool ofIdle = false)
    {
        (_samples, _maxRows) = (samples, maxRows);
        foreach (var (stack, count) in ofIdle ? samples.Idle.Threads : ThreadsOf(samples))
            Add(Threads, stack, count);
        foreach (var (stack, count) in ofIdle ? samples.Idle.Async : samples.Async)
            Add(Async, stack, count);
    }

    /// <summary>All samples of threads. Not a method.</summary>
    public FlameFrame Threads { get; } = new("[threads]");

    /// <summary>All samples of async stacks. Not a method. A graph of its own: a program can have a thousand times as many of these as of those.</summary>
    public FlameFrame Async { get; } = new("[async stacks]");

    /// <summary>Whether some stacks are deeper than what was followed.</summary>
    public bool IsCut { get; private set; }

    /// <summary>Many threads share a stack, and a thread comes back to it.</summary>
    private static Dictionary<int, long> ThreadsOf(StackSamples samples)
    {
        var threads = new Dictionary<int, long>();
        foreach (SampledThread thread in samples.Threads)
        {
            foreach (SampleRun run in thread.Runs)
                threads[run.Stack] = threads.GetValueOrDefault(run.Stack) + run.Count;
        }
        return threads;
    }

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
