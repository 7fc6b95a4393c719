namespace Stackflare.Targets.Shapes.Awaits;

/// <summary>Methods that wait for one and the same, and those that wait for themselves.</summary>
internal sealed class Shared
{
    private const int Waiters = 5;

    public static void Begin(AsyncCases cases)
    {
        var shared = new AsyncTrack("shared");
        var task = AsyncTrack.Keep(Wait(shared));
        for (var i = 0; i < Waiters; i++)
            cases.Begin($"shared by five, {i + 1}", track => Share(track.Over(shared), task));
        cases.Begin("shared, another method", track => ShareElsewhere(track.Over(shared), task));

        var (first, second) = (new TaskCompletionSource(), new TaskCompletionSource());
        cases.Begin("cycle of two", track => First(track, first.Task, second.Task));
        first.SetResult();
        second.SetResult();

        var self = new TaskCompletionSource();
        cases.Begin("cycle of one", track => Itself(track, self.Task));
        self.SetResult();
    }

    private static Task? Beginning { get; set; }

    private static Task? Own { get; set; }

    private static async Task<int> Wait(AsyncTrack track) => await track.Here<Shared>().Never();

    private static async Task Share(AsyncTrack track, Task<int> task)
    {
        track.Next<Shared>();
        await task;
    }

    private static async Task<int> ShareElsewhere(AsyncTrack track, Task<int> task)
    {
        await Task.CompletedTask;
        track.Next<Shared>();
        return await task + 1;
    }

    // The second one waits for the first, which is known by then.
    private static Task First(AsyncTrack track, Task gate, Task next) => Beginning = FirstOf(track, gate, SecondOf(track, next));

    private static async Task FirstOf(AsyncTrack track, Task gate, Task second)
    {
        await gate;
        await track.Here<Shared>().On(AsyncWaitKind.Cycle, second);
    }

    private static async Task SecondOf(AsyncTrack track, Task gate)
    {
        await gate;
        track.Next<Shared>();
        await Beginning!;
    }

    private static Task Itself(AsyncTrack track, Task gate) => Own = ItselfAfter(track, gate);

    private static async Task ItselfAfter(AsyncTrack track, Task gate)
    {
        await gate;
        await track.Here<Shared>().On(AsyncWaitKind.Cycle, Own!);
    }
}
