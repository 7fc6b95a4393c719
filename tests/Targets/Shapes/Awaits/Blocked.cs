namespace Stackflare.Targets.Shapes.Awaits;

/// <summary>Threads that wait for async methods, as those have been told not to.</summary>
internal sealed class Blocked
{
    public static void Begin(AsyncCases cases)
    {
        cases.Block("blocked on result", (track, stack) =>
        {
            cases.Host.Arrive(track.Next<Blocked>("Begin.lambda"));
            GC.KeepAlive(Compute(stack).Result);
        });
        cases.Block("blocked in wait", (track, stack) =>
        {
            cases.Host.Arrive(track.Next<Blocked>("Begin.lambda"));
            Compute(stack).Wait();
        });
        cases.Block("blocked on an awaiter", (track, stack) =>
        {
            cases.Host.Arrive(track.Next<Blocked>("Begin.lambda"));
            MainAsync(stack).GetAwaiter().GetResult();
        });
        cases.Block("blocked on a value task", (track, stack) =>
        {
            cases.Host.Arrive(track.Next<Blocked>("Begin.lambda"));
            GC.KeepAlive(Value(stack).AsTask().Result);
        });
        cases.Block("blocked in time", (track, stack) =>
        {
            cases.Host.Arrive(track.Next<Blocked>("Begin.lambda"));
            Compute(stack).Wait(TimeSpan.FromHours(1));
        });
    }

    private static async Task<int> MainAsync(AsyncTrack track)
    {
        await Compute(track.Here<Blocked>());
        return 0;
    }

    private static async Task<int> Compute(AsyncTrack track)
    {
        await Value(track.Here<Blocked>());
        return 1;
    }

    private static async ValueTask<int> Value(AsyncTrack track) => await track.Here<Blocked>().Never();
}
