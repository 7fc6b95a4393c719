using Stackflare.Targets.Common;

namespace Stackflare.Targets.Shapes.Awaits;

/// <summary>Methods that wait for what a thread does, and those that a thread is in the middle of.</summary>
internal sealed class Work
{
    public static void Begin(AsyncCases cases)
    {
        var host = cases.Host;
        host.Expect(1);
        cases.Begin("work", track => OnWork(host, track));

        var running = cases.Add(new AsyncTrack("running") { RunningThread = "running" });
        var source = new TaskCompletionSource();
        AsyncTrack.Keep(Caller(host, source.Task, running));
        host.StartThread("running", track =>
        {
            Resumed = track;
            source.SetResult();
        });
    }

    private static Track Resumed { get; set; } = new();

    private static async Task OnWork(Host host, AsyncTrack track)
    {
        var work = new Task(() => host.Park(new Track().Here<Work>("OnWork.lambda")), TaskCreationOptions.LongRunning);
        work.Start(TaskScheduler.Default);
        await track.Here<Work>().On(AsyncWaitKind.Work, work);
    }

    // Whoever completes the source runs what waited for it.
    private static async Task Caller(Host host, Task first, AsyncTrack track)
    {
        await Middle(host, first, track.Here<Work>());
        GC.KeepAlive(track);
    }

    private static async Task<int> Middle(Host host, Task first, AsyncTrack track)
    {
        await Running(host, first, track.Here<Work>());
        return 1;
    }

    private static async Task Running(Host host, Task first, AsyncTrack track)
    {
        await first;
        host.Park(Resumed.Here<Work>());
        await Task.Yield();
        GC.KeepAlive(track);
    }
}
