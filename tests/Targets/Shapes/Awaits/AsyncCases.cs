using System.Collections.Concurrent;
using Stackflare.Targets.Common;

namespace Stackflare.Targets.Shapes.Awaits;

/// <summary>Every async stack that a program has, as it says itself; the command <c>async</c> tells them.</summary>
internal sealed class AsyncCases
{
    private readonly ConcurrentQueue<AsyncTrack> _tracks = new();

    /// <summary>Makes the list.</summary>
    /// <param name="host">The program.</param>
    public AsyncCases(Host host)
    {
        Host = host;
        host.OnCommand("async", _ =>
        {
            WaitForPool();
            return TruthJson.Write(json =>
            {
                json.WriteStartArray("stacks");
                foreach (var track in _tracks)
                    track.Write(json);
                json.WriteEndArray();
            });
        });
        host.OnCommand("async-own", _ =>
        {
            WaitForPool();
            return string.Join(';', Flare.Capture(new CaptureOptions { AsyncStacks = AsyncStackMode.Always }).AsyncStacks.Where(s => !s.Frames.All(IsOfPlatform)).Select(Text));
        });
    }

    /// <summary>The program.</summary>
    public Host Host { get; }

    /// <summary>Adds a stack.</summary>
    /// <param name="track">The stack.</param>
    public AsyncTrack Add(AsyncTrack track)
    {
        _tracks.Enqueue(track);
        return track;
    }

    /// <summary>Begins a stack on the calling thread.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="outermost">The outermost method; it will not complete.</param>
    public void Begin(string name, Func<AsyncTrack, Task> outermost) => AsyncTrack.Keep(outermost(Add(new AsyncTrack(name))));

    /// <summary>Begins a stack on a thread that waits until the outermost method has completed.</summary>
    /// <param name="name">Its name, and the thread's.</param>
    /// <param name="body">Ends with <see cref="Host.Arrive(Track, bool)"/> in the line before the one that waits.</param>
    public void Block(string name, Action<Track, AsyncTrack> body)
    {
        var stack = Add(new AsyncTrack(name) { BlockedThread = name });
        Host.StartThread(name, track => body(track, stack));
    }

    /// <summary>In the form that the test compares in.</summary>
    private static string Text(AsyncStack stack) => stack.WaitingFor.Kind == AsyncWaitKind.Cycle
        ? "Cycle"
        : string.Join(" < ", stack.Frames.SkipWhile(IsOfPlatform).Where(f => !f.IsHidden).Select(f => $"{f.Method.FullName}:{f.Source?.Line}"));

    private static bool IsOfPlatform(DumpFrame frame) => frame.Method.DeclaringType.StartsWith("System.", StringComparison.Ordinal);

    /// <summary>Whatever was begun on the thread pool waits once that has nothing to do.</summary>
    private static void WaitForPool() => SpinWait.SpinUntil(() =>
    {
        ThreadPool.GetMaxThreads(out var most, out _);
        ThreadPool.GetAvailableThreads(out var free, out _);
        return ThreadPool.PendingWorkItemCount == 0 && free == most;
    });
}
