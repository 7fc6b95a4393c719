namespace Stackflare.Views;

/// <summary>Threads that are shown with one stack.</summary>
/// <param name="Stack">The number of the stack in the view's <see cref="DumpView.Stacks"/>.</param>
/// <param name="Length">Number of visible frames.</param>
internal sealed record StackGroup(int Stack, int Length)
{
    /// <summary>The threads, in the order of the dump; at least one.</summary>
    public List<DumpThread> Threads { get; } = new(1);

    /// <summary>The lock notes of each thread, the same number for each; null if there are none.</summary>
    public List<LockNote[]>? Notes { get; private set; }

    /// <summary>One thread of the group. For the stack, all are equal.</summary>
    public DumpThread First => Threads[0];

    /// <summary>Whether all threads are idle threads of the framework (<see cref="IdleThreads"/>).</summary>
    public bool IsIdle { get; set; }

    /// <summary>Sort key of the group, smallest first.</summary>
    public int Rank { get; set; }

    public void Add(DumpThread thread, LockNote[]? notes)
    {
        Threads.Add(thread);
        if (notes is not null)
            (Notes ??= new(1)).Add(notes);
    }
}
