using Stackflare.Analysis;

namespace Stackflare.Views;

/// <summary>A frame of the merged stacks, with everything that was called from it along the same path. Small: a recursion can have a million.</summary>
/// <param name="id">The number of the frame in <see cref="MergedStacks.Frames"/>, or one of the negative numbers there.</param>
internal sealed class MergedFrame(int id)
{
    private List<MergedFrame>? _calls;
    private List<StackEntry>? _ends;

    public int Id => id;

    /// <summary>How many threads have the path.</summary>
    public int Threads { get; private set; }

    /// <summary>How many async stacks have the path.</summary>
    public long AsyncStacks { get; private set; }

    /// <summary>How many of the threads, and of the async stacks, are idle and belong to the framework.</summary>
    public int IdleThreads { get; private set; }

    /// <inheritdoc cref="IdleThreads"/>
    public long IdleAsyncStacks { get; private set; }

    /// <summary>Threads and async stacks.</summary>
    public long Total => AsyncStackGroup.Sum(Threads, AsyncStacks);

    /// <summary>The frames that were called from it: those of most threads and async stacks first.</summary>
    public IReadOnlyList<MergedFrame> Calls => _calls ?? (IReadOnlyList<MergedFrame>)[];

    /// <summary>What ends here: the frame is the innermost one that is shown.</summary>
    public IReadOnlyList<StackEntry> Ends => _ends ?? (IReadOnlyList<StackEntry>)[];

    /// <summary>Whether the path goes on to one frame only.</summary>
    public bool IsLink => Ends.Count == 0 && Calls.Count == 1;

    /// <summary>Adds a frame that was called from it.</summary>
    public MergedFrame Call(int frame)
    {
        var call = new MergedFrame(frame);
        (_calls ??= new(1)).Add(call);
        return call;
    }

    /// <summary>Counts what has the path.</summary>
    public void Count(StackEntry entry)
    {
        bool isIdle = entry.IsIdle;
        if (entry.Threads is { Threads.Count: var threads })
            (Threads, IdleThreads) = (Threads + threads, isIdle ? IdleThreads + threads : IdleThreads);
        else
            (AsyncStacks, IdleAsyncStacks) = (AsyncStackGroup.Sum(AsyncStacks, entry.Count), isIdle ? AsyncStackGroup.Sum(IdleAsyncStacks, entry.Count) : IdleAsyncStacks);
    }

    public void End(StackEntry entry) => (_ends ??= new(1)).Add(entry);

    public void Sort()
    {
        // OrderBy is stable: equal ones stay in the order of the dump.
        if (_calls is { Count: > 1 })
            _calls = [.. _calls.OrderByDescending(static f => f.Total)];
    }
}
