using Stackflare.Tests.Writers;

namespace Stackflare.Tests.Analysis;

/// <summary>Threads that wait for each other, by hand.</summary>
internal static class Waiting
{
    public static DumpThread Thread(int id, bool pool = false, params IReadOnlyList<DumpFrame> frames) =>
        Build.Thread(id, $"t{id}", ThreadActivity.Blocked, frames.Count > 0 ? frames : [Build.Frame("Work", 10 + id, "lock (gate)")], pool: pool);

    public static DumpLock Lock(DumpThread? owner, LockKind kind = LockKind.Monitor, bool abandoned = false, params IReadOnlyList<DumpThread> readers) => new()
    {
        Readers = readers,
        Address = new ObjectAddress(0x7000),
        Kind = kind,
        Type = "MyApp.Gate",
        Owner = owner,
        IsAbandoned = abandoned,
    };

    public static void WaitsFor(this DumpThread thread, DumpLock wanted, WaitKind kind = WaitKind.MonitorEnter, TimeSpan? timeout = null)
    {
        thread.WaitingFor = new DumpWait
        {
            Kind = kind,
            FrameIndex = 0,
            Lock = wanted,
            Timeout = timeout ?? Timeout.InfiniteTimeSpan,
            WaitsFor = wanted.Owner is { } owner ? [owner] : wanted.Readers,
        };
        wanted.Waiters = [.. wanted.Waiters, thread];
    }

    /// <summary>Waits for a lock that the other holds.</summary>
    public static void WaitsFor(this DumpThread thread, DumpThread other, TimeSpan? timeout = null) => thread.WaitsFor(Lock(other), timeout: timeout);

    public static void Joins(this DumpThread thread, DumpThread other) =>
        thread.WaitingFor = new DumpWait { Kind = WaitKind.ThreadJoin, FrameIndex = 0, Joined = other, Timeout = Timeout.InfiniteTimeSpan, WaitsFor = [other] };
}
