using Stackflare.Analysis;

namespace Stackflare.Views;

/// <summary>
/// The order of a dump: stacks with the program's own frames, then stacks of libraries, then of the framework, and last the framework's idle threads.
/// Within each, the largest group first, of threads or of async stacks; equal groups by <see cref="StackGroup.Rank"/>, async stacks last.
/// </summary>
internal sealed class DumpSections
{
    private readonly DumpView _view;
    private readonly StackOwners _owners;

    public DumpSections(DumpView view)
    {
        _view = view;
        _owners = new StackOwners(view.Stacks, view.Async.All);
        var entries = new List<(int Section, StackEntry Entry)>();
        var idle = new Dictionary<string, IdleGroup>();
        foreach (StackGroup group in view.Threads.All)
        {
            (StackOwner owner, DumpFrame? place) = _owners.Of(FramesOf(group));
            group.IsIdle = group.Threads.TrueForAll(t => IdleThreads.IsIdle(t, owner));
            if (view.Options.ShowHidden || !group.IsIdle)
                entries.Add((SectionOf(group, owner), new StackEntry(group, null, owner, view.AsyncMainOf(group) is null ? place : null)));
            else
                AddIdle(idle, group, view.Options);
        }
        foreach (AsyncStackGroup group in view.Async.Shown)
        {
            (StackOwner owner, DumpFrame? place) = _owners.Of(VisibleFrames.Of(group.First.Frames, view.Options.ShowHidden));
            entries.Add((SectionOf(owner), new StackEntry(null, group, owner, place)));
        }
        // OrderBy is stable: threads, which are in the order of their rank, come before async stacks.
        Entries = [.. entries.OrderBy(static e => e.Section).ThenByDescending(static e => e.Entry.Count).Select(static e => e.Entry)];
        Idle = [.. idle.Values];
    }

    /// <summary>What is shown with a stack, in the order of display.</summary>
    public IReadOnlyList<StackEntry> Entries { get; }

    /// <summary>What is shown in one line each.</summary>
    public IReadOnlyList<IdleGroup> Idle { get; }

    /// <summary>What belongs to the framework and is idle, with its stack: what <see cref="Idle"/> sums up, and the idle async stacks.</summary>
    public IEnumerable<StackEntry> IdleEntries => _view.Options.ShowHidden ? [] :
    [
        .. _view.Threads.All.Where(static g => g.IsIdle).Select(static g => new StackEntry(g, null, StackOwner.Platform, null) { IsIdle = true }),
        .. _view.Async.Idle.Select(static g => new StackEntry(null, g, StackOwner.Platform, null) { IsIdle = true }),
    ];

    /// <summary>Number of threads in <see cref="Idle"/>.</summary>
    public int IdleThreadCount => Idle.Sum(static g => g.Threads.Count);

    /// <summary>Calls one of the actions for each entry.</summary>
    public void Visit(Action<StackGroup> threads, Action<AsyncStackGroup> async)
    {
        foreach (StackEntry entry in Entries)
        {
            if (entry.Threads is { } group)
                threads(group);
            else
                async(entry.Async!);
        }
    }

    /// <summary>Whose code a frame is.</summary>
    public StackOwner OwnerOf(DumpFrame frame) => _owners.Of(frame);

    /// <summary>The visible frames of a group, innermost first.</summary>
    public IEnumerable<DumpFrame> FramesOf(StackGroup group)
    {
        for (int i = 0; i < group.Length; i++)
            yield return _view.Stacks.Frames[_view.Stacks.Stacks[group.Stack][i]];
    }

    /// <summary>The program's innermost frame of what serves a request; null if there is none.</summary>
    public DumpFrame? PlaceOf(RequestInFlight request)
    {
        IReadOnlyList<DumpFrame> frames = request.Thread is { } thread ? [.. thread.Frames, .. thread.AsyncCallers] : request.AsyncStack?.Frames ?? [];
        return _owners.Of(VisibleFrames.Of(frames, _view.Options.ShowHidden)).Place;
    }

    private static int SectionOf(StackGroup group, StackOwner owner) =>
        group.First.IsOwn ? 4
        : group.Threads.Exists(static t => t.IsMain) ? 0
        : group.Length == 0 ? 3
        : SectionOf(owner);

    private static int SectionOf(StackOwner owner) => StackOwner.Program - owner;

    private void AddIdle(Dictionary<string, IdleGroup> idle, StackGroup group, RenderOptions options)
    {
        MethodName? method = IdleThreads.PurposeOf([.. FramesOf(group)]);
        string key = method?.FullName ?? "";
        foreach (DumpThread thread in group.Threads)
        {
            if (!options.GroupIdenticalStacks)
                key = thread.OsId.ToString();
            if (!idle.TryGetValue(key, out IdleGroup? known))
                idle.Add(key, known = new IdleGroup(method));
            known.Threads.Add(thread);
        }
    }
}
