using System.Globalization;

namespace Stackflare.Analysis;

/// <summary>
/// Finds semaphores that many wait for while nobody is past the wait. A semaphore has no owner. But if the method that waits for it also releases it,
/// a thread or async stack that has entered it is still in that method. If there is none, the semaphore was not released.
/// </summary>
internal static class SemaphoreFindings
{
    private const int MinWaiters = 10, MaxPlaces = 3;

    public static IEnumerable<Finding> In(ThreadDump dump)
    {
        // Who has entered may be what a note says is missing.
        if (!dump.HasAsyncStacks || dump.Notes.Count > 0)
            return [];
        AsyncStack[] stacks = [.. dump.AsyncStacks.SelectMany(WithUnfinished)];
        IEnumerable<Waiter> waiters = stacks.Select(ForStack).Concat(dump.Threads.Select(ForThread)).OfType<Waiter>();
        return
        [
            .. from same in waiters.GroupBy(static w => w.Semaphore)
               where same.Count() >= MinWaiters && same.All(static w => w is { Free: 0, IsReleased: true, Frame: not null }) && !IsEntered(dump, stacks, [.. same])
               select Describe(same.Key, [.. same]),
        ];
    }

    /// <summary>Whether anything is in a method of the waiters and does not wait there.</summary>
    private static bool IsEntered(ThreadDump dump, AsyncStack[] stacks, Waiter[] waiters)
    {
        HashSet<string> methods = [.. waiters.Select(static w => w.Frame!.Method.FullName)];
        HashSet<object> known = [.. waiters.Select(static w => w.Of)];
        return stacks.Where(s => !known.Contains(s)).SelectMany(static s => s.Frames)
            .Concat(dump.Threads.Where(t => !known.Contains(t)).SelectMany(static t => t.Frames.Concat(t.AsyncCallers)))
            .Any(f => methods.Contains(f.Method.FullName))
            // One method can wait at several places: past the first, it has entered.
            || waiters.Select(static w => (w.Frame!.Method.FullName, w.Frame.Source)).Distinct().Count() > methods.Count;
    }

    private static Finding Describe(ObjectAddress semaphore, Waiter[] waiters)
    {
        var places = waiters.GroupBy(static w => DiagnosisText.Location(w.Frame!)).OrderByDescending(static g => g.Count()).ToList();
        return new Finding(
            FindingKind.SemaphoreNotReleased,
            $"SemaphoreSlim <{semaphore}> was probably never released: {DiagnosisText.Count(waiters.Length, "waits", "wait")} for it, and nobody is past the wait",
            [
                waiters.Select(static w => w.Limit).FirstOrDefault(static l => l is > 0 and < int.MaxValue) is { } limit
                    ? string.Create(CultureInfo.InvariantCulture, $"0 of {limit:N0} are free, and the method that waits for it also releases it")
                    : "0 are free, and the method that waits for it also releases it",
                .. places.Take(MaxPlaces).Select(static p => $"{DiagnosisText.Count(p.Count(), "waits", "wait")} at {p.Key}"),
            ],
            [.. waiters.Select(static w => w.Of).OfType<DumpThread>()])
        {
            Count = waiters.Length,
            Frames = [.. places.Select(static p => new FindingFrame(p.First().Frame!, p.Count()))],
        };
    }

    private static Waiter? ForStack(AsyncStack stack) => stack.WaitingFor is { Kind: AsyncWaitKind.SemaphoreSlim, Object: { } semaphore } wait
        ? new Waiter(stack, semaphore, wait.Free, wait.Limit, wait.IsReleasedByWaiter, stack.ProgramFrame)
        : null;

    private static Waiter? ForThread(DumpThread thread) => thread.WaitingFor is { Kind: WaitKind.SemaphoreSlim, Object: { } semaphore } wait
        ? new Waiter(thread, semaphore, wait.Free, null, wait.IsReleasedByWaiter, thread.ProgramFrameFrom(wait.FrameIndex))
        : null;

    private static IEnumerable<AsyncStack> WithUnfinished(AsyncStack stack) => stack.WaitingFor.Unfinished.SelectMany(WithUnfinished).Prepend(stack);

    /// <summary>A thread or an async stack that waits for a semaphore.</summary>
    private sealed record Waiter(object Of, ObjectAddress Semaphore, int? Free, int? Limit, bool IsReleased, DumpFrame? Frame);
}
