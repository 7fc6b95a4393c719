namespace Stackflare.Targets.Shapes.Awaits;

/// <summary>Semaphores.</summary>
internal sealed class Gates
{
    private static readonly SemaphoreSlim Gate = new(0), TimedGate = new(0), Crowded = new(1, 1);

    public static void Begin(AsyncCases cases)
    {
        cases.Begin("semaphore", OnSemaphore);
        cases.Begin("semaphore with token", OnSemaphoreWithToken);
        cases.Begin("semaphore in time", OnSemaphoreInTime);
        cases.Begin("semaphore, in its hold", Hold);
        for (var i = 0; i < 3; i++)
            cases.Begin($"semaphore, crowd {i}", Enter);
    }

    private static async Task OnSemaphore(AsyncTrack track) => await track.Here<Gates>().On(AsyncWaitKind.SemaphoreSlim, Gate.WaitAsync());

    private static async Task OnSemaphoreWithToken(AsyncTrack track)
    {
        using var off = new CancellationTokenSource();
        await track.Here<Gates>().On(AsyncWaitKind.SemaphoreSlim, Gate.WaitAsync(off.Token));
    }

    private static async Task<bool> OnSemaphoreInTime(AsyncTrack track) =>
        await track.Here<Gates>().On(AsyncWaitKind.SemaphoreSlim, TimedGate.WaitAsync(TimeSpan.FromHours(1)), isDue: true);

    private static async Task Hold(AsyncTrack track)
    {
        await Crowded.WaitAsync();
        try
        {
            await track.Here<Gates>().Never();
        }
        finally
        {
            Crowded.Release();
        }
    }

    private static async Task Enter(AsyncTrack track)
    {
        await track.Here<Gates>().On(AsyncWaitKind.SemaphoreSlim, Crowded.WaitAsync()).ConfigureAwait(false);
        Crowded.Release();
    }
}
