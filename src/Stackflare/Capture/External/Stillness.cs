using Stackflare.Interop;

namespace Stackflare.Capture.External;

/// <summary>
/// A look at all threads of a process at one moment, to know later whether one of them has run since. What changes only if a thread runs, like objects and
/// locks, can be read meanwhile. Not thread-safe.
/// </summary>
internal sealed class Stillness
{
    /// <summary>How long a thread that was held for its registers takes to be back where it was.</summary>
    private static readonly TimeSpan Return = TimeSpan.FromMilliseconds(50);

    private const uint PollMicroseconds = 100;

    private readonly IThreadControl _kernel;
    private readonly Dictionary<int, ThreadLook> _looks;

    private Stillness(IThreadControl kernel, Dictionary<int, ThreadLook> looks) => (_kernel, _looks) = (kernel, looks);

    /// <summary>Looks at the threads; null if one of them runs, or if not all could be looked at.</summary>
    public static Stillness? Find(IThreadControl kernel) =>
        Look(kernel) is { Count: > 0 } looks && looks.Values.All(static look => look.IsOffProcessor) ? new Stillness(kernel, looks) : null;

    /// <summary>Whether no thread has run, begun or ended since.</summary>
    public bool Holds() => Look(_kernel) is { } now && now.Count == _looks.Count && _looks.All(before => now.TryGetValue(before.Key, out ThreadLook after) && after == before.Value);

    /// <summary>Looks again at threads that were held for their registers, which costs each a switch. False if one of them is not back at its place.</summary>
    /// <param name="threads">The threads.</param>
    public bool Renew(IEnumerable<int> threads)
    {
        var deadline = Deadline.In(Return);
        foreach (int thread in threads)
        {
            if (!_looks.TryGetValue(thread, out ThreadLook before))
                return false;
            ThreadLook? now;
            while ((now = _kernel.Look(thread)) is { } look && !look.IsAtPlaceOf(before) && !deadline.Passed)
                Posix.Sleep(PollMicroseconds);
            if (now is not { } after || !after.IsAtPlaceOf(before))
                return false;
            _looks[thread] = after;
        }
        return true;
    }

    /// <summary>Looks at each thread once. Null if one began meanwhile, or cannot be looked at.</summary>
    private static Dictionary<int, ThreadLook>? Look(IThreadControl kernel)
    {
        var looks = new Dictionary<int, ThreadLook>();
        foreach (int thread in kernel.List())
        {
            if (kernel.Look(thread) is not { } look)
                return null;
            looks[thread] = look;
        }
        // A thread can begin another one before it is looked at.
        return looks.Keys.ToHashSet().SetEquals(kernel.List()) ? looks : null;
    }
}
