namespace Stackflare.Views;

/// <summary>A note under a frame: the thread waits there, or took a lock there.</summary>
/// <param name="Position">After how many of the shown frames; <see cref="AtEnd"/> if the frame is not known.</param>
/// <param name="Wait">The wait; null for a held lock.</param>
/// <param name="Held">The held lock; null for a wait.</param>
/// <param name="Times">How often the thread holds the lock, if the number of notes does not show it; otherwise 1.</param>
/// <param name="IsOnly">Whether it is the thread's only note on the lock.</param>
internal readonly record struct LockNote(int Position, DumpWait? Wait, HeldLock? Held, int Times, bool IsOnly)
{
    public const int AtEnd = int.MaxValue;

    public ObjectAddress? Address => Held?.Lock.Address ?? Wait!.Object ?? Wait.Lock?.Address;

    public string? Type => Held is null ? Wait!.ObjectType ?? Wait.Lock?.Type : Held.Lock.Type;

    /// <summary>
    /// The object that must be the same for all threads of a group: a contended lock, or the thread that is waited for. Null if only the type
    /// matters: a thousand idle threads with one event each are one group.
    /// </summary>
    public object? Identity => Held is not null
        ? Held.Lock.Waiters.Count > 0 ? Held.Lock : null
        : Wait!.WaitsFor.Count > 0 || Wait.Joined is not null ? Wait.Lock ?? (object?)Wait.Joined ?? Wait.WaitsFor[0] : null;

    /// <summary>The notes of a thread, beginning at the innermost frame; null if there are none, the usual case.</summary>
    /// <param name="thread">The thread.</param>
    /// <param name="first">Its innermost frame that is shown.</param>
    /// <param name="all">Whether hidden frames are shown.</param>
    public static LockNote[]? ForThread(DumpThread thread, int first, bool all)
    {
        bool waits = thread.WaitingFor is { IsForKnown: true };
        IReadOnlyList<HeldLock> held = thread.HeldLocks;
        if (!waits && held.Count == 0)
            return null;

        var notes = new LockNote[held.Count + (waits ? 1 : 0)];
        for (int i = 0; i < held.Count; i++)
            notes[i] = new LockNote(held[i].FrameIndex ?? AtEnd, null, held[i], 1, true);
        if (waits)
            notes[^1] = new LockNote(thread.WaitingFor!.FrameIndex, thread.WaitingFor, null, 1, true);
        Count(notes);
        Array.Sort(notes, Compare);
        if (!all)
            SetVisiblePositions(notes, thread.Frames, first);
        else
            SetPositions(notes);
        return notes;
    }

    /// <summary>Whether threads with these notes can be shown together.</summary>
    public static bool AreAlike(LockNote[]? one, LockNote[]? other)
    {
        if (one is null || other is null)
            return one == other;
        if (one.Length != other.Length)
            return false;
        for (int i = 0; i < one.Length; i++)
        {
            if (!one[i].IsLike(other[i]))
                return false;
        }
        return true;
    }

    public void AddTo(ref HashCode hash)
    {
        hash.Add(Position);
        hash.Add(Identity);
        hash.Add(Type);
    }

    private bool IsLike(in LockNote other) => Position == other.Position
        && Times == other.Times
        && IsOnly == other.IsOnly
        && Wait?.Kind == other.Wait?.Kind
        && Held?.IsShared == other.Held?.IsShared
        && Address is null == other.Address is null
        && Identity == other.Identity
        && Type == other.Type;

    /// <summary>A recursive lock has a note at each of its frames if they are known; otherwise a count.</summary>
    private static void Count(LockNote[] notes)
    {
        var shown = new Dictionary<DumpLock, int>();
        foreach (LockNote note in notes)
        {
            if (note.Held is { IsShared: false, Lock: { Recursion: > 0 } known })
                shown[known] = shown.GetValueOrDefault(known) + 1;
        }
        if (shown.Count == 0)
            return;
        for (int i = 0; i < notes.Length; i++)
        {
            if (notes[i].Held?.Lock is { } known && shown.TryGetValue(known, out int count) && count <= known.Recursion)
                notes[i] = notes[i] with { Times = known.Recursion + 1, IsOnly = count == 1 };
        }
    }

    /// <summary>An order that does not depend on the objects. A wait is first, because it is innermost.</summary>
    private static int Compare(LockNote a, LockNote b) =>
        a.Position != b.Position ? a.Position.CompareTo(b.Position)
        : a.Held is null != b.Held is null ? (a.Held is null ? -1 : 1)
        : string.CompareOrdinal(a.Type, b.Type) is not 0 and var byType ? byType
        : a.Identity is null != b.Identity is null ? (a.Identity is null ? 1 : -1)
        : Nullable.Compare(a.Address?.Value, b.Address?.Value);

    private static void SetPositions(LockNote[] notes)
    {
        for (int i = 0; i < notes.Length && notes[i].Position != AtEnd; i++)
            notes[i] = notes[i] with { Position = notes[i].Position + 1 };
    }

    /// <summary>
    /// Converts frame indexes to positions among the visible frames. A note on a hidden frame moves to the next visible frame inwards.
    /// </summary>
    private static void SetVisiblePositions(LockNote[] notes, IReadOnlyList<DumpFrame> frames, int first)
    {
        int shown = 0, frame = first;
        for (int i = 0; i < notes.Length && notes[i].Position != AtEnd; i++)
        {
            for (; frame < frames.Count && frame <= notes[i].Position; frame++)
            {
                if (!frames[frame].IsHidden)
                    shown++;
            }
            notes[i] = notes[i] with { Position = shown };
        }
    }
}
