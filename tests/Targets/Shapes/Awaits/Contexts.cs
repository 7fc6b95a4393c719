using System.Collections.Concurrent;

namespace Stackflare.Targets.Shapes.Awaits;

/// <summary>What goes with a method from thread to thread: a context, a scheduler, values of the flow.</summary>
internal sealed class Contexts
{
    private static readonly AsyncLocal<string> Flow = new();

    public static void Begin(AsyncCases cases)
    {
        var context = new Desk();
        SynchronizationContext.SetSynchronizationContext(context);
        cases.Begin("context", OnContext);
        cases.Begin("context, left", OffContext);
        cases.Begin("context, yielded", OnYield);
        cases.Begin("context, resumed", Resumed);
        VoidOnContext(cases.Add(new AsyncTrack("context, void")));
        SynchronizationContext.SetSynchronizationContext(null);
        cases.Begin("flow", InFlow);
        cases.Begin("scheduler", OnScheduler);
    }

    private static async Task OnContext(AsyncTrack track) => await Wait(track.Here<Contexts>());

    private static async Task OffContext(AsyncTrack track) => await Wait(track.Here<Contexts>()).ConfigureAwait(false);

    private static async Task<int> Wait(AsyncTrack track) => await track.Here<Contexts>().Never();

    // Nobody sits at the desk: what is laid on it stays there.
    private static async Task OnYield(AsyncTrack track)
    {
        track.Next<Contexts>().On<object?>(AsyncWaitKind.Ready, null);
        await Task.Yield();
    }

    private static async Task Resumed(AsyncTrack track)
    {
        var source = new TaskCompletionSource();
        var later = Resume(source.Task, track.Next<Contexts>(lines: 3));
        SynchronizationContext.SetSynchronizationContext(null);
        source.SetResult();
        await later;
    }

    private static async Task Resume(Task first, AsyncTrack track)
    {
        track.Next<Contexts>().On<object?>(AsyncWaitKind.Ready, null);
        await first;
    }

    private static async void VoidOnContext(AsyncTrack track) => await Wait(track.Here<Contexts>());

    private static async Task InFlow(AsyncTrack track)
    {
        Flow.Value = "here";
        await Wait(track.Here<Contexts>());
        Flow.Value = "there";
    }

    // Runs to its await on the thread that the scheduler makes for it, where it is the current one.
    private static async Task OnScheduler(AsyncTrack track)
    {
        track.Next<Contexts>();
        await await Task.Factory.StartNew(() => Wait(track), CancellationToken.None, TaskCreationOptions.None, new Clerk());
    }

    private sealed class Desk : SynchronizationContext
    {
        private readonly ConcurrentQueue<(SendOrPostCallback, object?)> _pile = new();

        public override void Post(SendOrPostCallback d, object? state) => _pile.Enqueue((d, state));
    }

    private sealed class Clerk : TaskScheduler
    {
        protected override void QueueTask(Task task) => TryExecuteTask(task);

        protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => TryExecuteTask(task);

        protected override IEnumerable<Task> GetScheduledTasks() => [];
    }
}
