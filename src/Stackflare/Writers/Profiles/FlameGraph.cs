namespace Stackflare.Writers.Profiles;

/// <summary>Samples added up by method, whatever the line. Methods that call themselves are there once.</summary>
internal sealed class FlameGraph
{
    private readonly StackSamples _samples;

    public FlameGraph(StackSamples samples)
    {
        _samples = samples;
        foreach (SampledThread thread in samples.Threads)
        {
            foreach (SampleRun run in thread.Runs)
                Add(Threads, run.Stack, run.Count);
        }
        foreach (var (stack, count) in samples.Async)
            Add(Async, stack, count);
    }

    /// <summary>All samples of threads. Not a method.</summary>
    public FlameFrame Threads { get; } = new("[threads]");

    /// <summary>All samples of async stacks. Not a method. A graph of its own: a program can have a thousand times as many of these as of those.</summary>
    public FlameFrame Async { get; } = new("[async stacks]");

    private void Add(FlameFrame frame, int stack, long count)
    {
        frame.Add(count);
        foreach (int id in _samples.Stacks[stack])
        {
            if (!_samples.FoldsRecursion || frame.Name != _samples.Frames[id].Name)
                frame = frame.Add(_samples.Frames[id], count);
        }
    }
}
