namespace Stackflare.Writers.Profiles;

/// <summary>The samples of one thread.</summary>
/// <param name="id">The kernel's id.</param>
/// <param name="name">Its name, escaped.</param>
/// <param name="firstSample">The number of the first sample that contains it, from 0; of weighted samples, the weight of all before it.</param>
internal sealed class SampledThread(OsThreadId id, string name, long firstSample)
{
    private readonly List<SampleRun> _runs = [];

    public OsThreadId Id => id;

    public string Name => name;

    public long FirstSample => firstSample;

    /// <summary>The stacks in the order of time.</summary>
    public IReadOnlyList<SampleRun> Runs => _runs;

    /// <summary>How many samples contain the thread, or their weight.</summary>
    public long Samples { get; private set; }

    public void Add(int stack, long weight)
    {
        Samples += weight;
        // Most threads of most programs wait, so memory grows with the changes, not with the samples.
        if (_runs.Count > 0 && _runs[^1] is var last && last.Stack == stack)
            _runs[^1] = last with { Count = last.Count + weight };
        else
            _runs.Add(new SampleRun(stack, weight));
    }
}
