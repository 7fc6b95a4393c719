namespace Stackflare.Views;

/// <summary>Threads that are shown with one stack.</summary>
/// <param name="Stack">The number of the visible stack in the view's stacks.</param>
/// <param name="Length">How many visible frames it has.</param>
internal sealed record StackGroup(int Stack, int Length)
{
    /// <summary>The threads, in the order of the dump; at least one.</summary>
    public List<DumpThread> Threads { get; } = new(1);

    /// <summary>The notes on locks of each thread, the same number for each; null for none.</summary>
    public List<LockNote[]>? Notes { get; private set; }

    /// <summary>Any of the threads: what matters for the stack is the same in all of them.</summary>
    public DumpThread First => Threads[0];

    /// <summary>Where the group stands among the others, the smallest first.</summary>
    public int Rank { get; set; }

    public void Add(DumpThread thread, LockNote[]? notes)
    {
        Threads.Add(thread);
        if (notes is not null)
            (Notes ??= new(1)).Add(notes);
    }
}
