using System.Runtime.CompilerServices;
using Stackflare.Targets.Common;

namespace Stackflare.Targets.Shapes.Awaits;

/// <summary>Methods that threads are in the middle of, one within the end of another too.</summary>
internal sealed class Runners
{
    public static void Begin(AsyncCases cases)
    {
        Run(cases, "runs alone", Resumed);
        Run(cases, "runs under one", One);
        Run(cases, "runs under a machine", OverMachine);
        Run(cases, "runs in a machine", Two);
#if RUNTIME_ASYNC
        Run(cases, "runs one within another", Within);
#endif
    }

    private static void Run(AsyncCases cases, string name, Func<AsyncTrack, Body, Task> outermost)
    {
        var source = new TaskCompletionSource();
        var body = new Body(cases.Host, source.Task);
        AsyncTrack.Keep(outermost(cases.Add(new AsyncTrack(name) { RunningThread = name }), body));
        // Whoever completes the source runs what waited for it.
        cases.Host.StartThread(name, track =>
        {
            body.Track = track;
            source.SetResult();
        });
    }

    private static async Task Resumed(AsyncTrack track, Body body)
    {
        await body.First;
        body.Host.Park(body.Track.Here<Runners>());
        await Task.Yield();
        GC.KeepAlive(track);
    }

    [RuntimeAsyncMethodGeneration(false)]
    private static async Task ResumedMachine(AsyncTrack track, Body body)
    {
        await body.First;
        body.Host.Park(body.Track.Here<Runners>());
        await Task.Yield();
        GC.KeepAlive(track);
    }

    private static async Task One(AsyncTrack track, Body body)
    {
        await Resumed(track.Here<Runners>(), body);
        GC.KeepAlive(track);
    }

    [RuntimeAsyncMethodGeneration(false)]
    private static async Task OverMachine(AsyncTrack track, Body body)
    {
        await One(track.Here<Runners>(), body);
        GC.KeepAlive(track);
    }

    private static async Task Two(AsyncTrack track, Body body)
    {
        await ResumedMachine(track.Here<Runners>(), body);
        GC.KeepAlive(track);
    }

#if RUNTIME_ASYNC
    // The inner one is run within the end of the outer one's source, which the outer one completes while it runs itself.
    private static async Task Within(AsyncTrack track, Body body)
    {
        var source = new TaskCompletionSource();
        var inner = new Body(body.Host, source.Task);
        _ = AsyncTrack.Keep(One(track, inner));
        await body.First;
        inner.Track = body.Track.Here<Runners>();
        source.SetResult();
        await Task.Yield();
    }
#endif

    /// <summary>What a method that a thread will run is told.</summary>
    private sealed class Body(Host host, Task first)
    {
        public Host Host { get; } = host;

        public Task First { get; } = first;

        public Track Track { get; set; } = new();
    }
}
