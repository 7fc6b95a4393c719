using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;
using Stackflare.Targets.Common;

namespace Stackflare.Targets.Shapes.Awaits;

/// <summary>Methods that return value tasks, of the usual builder and of the one that keeps its boxes; and sources of one's own.</summary>
internal sealed class Values
{
    public static void Begin(AsyncCases cases)
    {
        cases.Begin("value task", OverValue);
        cases.Begin("value task with result", OverValueWithResult);
        cases.Begin("value task without the context", OverValueWithoutContext);
        cases.Begin("pooled", OverPooled);
        cases.Begin("pooled, with result", OverPooledWithResult);
        cases.Begin("pooled, used again", OverPooledAgain);
        cases.Begin("pooled as task", OverPooledAsTask);
        cases.Begin("value task, preserved", OverPreserved);
        cases.Begin("value task of a task", OverValueOfTask);
        cases.Begin("own source", OnSource);
        cases.Begin("own source with result", OnSourceWithResult);
        cases.Begin("own source as task", OnSourceAsTask);
    }

    private static async Task OverValue(AsyncTrack track)
    {
        await Value(track.Here<Values>());
        GC.KeepAlive(track);
    }

    private static async ValueTask Value(AsyncTrack track) => await track.Here<Values>().Never();

    private static async Task<int> OverValueWithResult(AsyncTrack track) => await ValueWithResult(track.Here<Values>()) + 1;

    private static async ValueTask<int> ValueWithResult(AsyncTrack track) => await track.Here<Values>().Never();

    private static async Task OverValueWithoutContext(AsyncTrack track) => await ValueWithResult(track.Here<Values>()).ConfigureAwait(false);

    private static async Task OverPooled(AsyncTrack track)
    {
        await Pooled(track.Here<Values>());
        GC.KeepAlive(track);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private static async ValueTask Pooled(AsyncTrack track) => await track.Here<Values>().Never();

    private static async Task<int> OverPooledWithResult(AsyncTrack track) => await PooledWithResult(track.Here<Values>()) + 1;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<int> PooledWithResult(AsyncTrack track) => await track.Here<Values>().Never();

    // The box was used before and lies in its pool in between.
    private static async Task OverPooledAgain(AsyncTrack track)
    {
        for (var i = 0; i < 3; i++)
        {
            var source = new TaskCompletionSource<int>();
            var task = PooledUntil(source.Task, track);
            source.SetResult(i);
            await task;
        }

        await PooledUntil(null, track.Here<Values>());
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<int> PooledUntil(Task<int>? task, AsyncTrack track) => await (task ?? track.Here<Values>().Never());

    private static async Task<int> OverPooledAsTask(AsyncTrack track) => await PooledWithResult(track.Here<Values>()).AsTask();

    private static async Task<int> OverPreserved(AsyncTrack track)
    {
        var value = PooledWithResult(track.Next<Values>()).Preserve();
        return await value;
    }

    private static async Task<int> OverValueOfTask(AsyncTrack track) => await new ValueTask<int>(ValueWithResult(track.Here<Values>()).AsTask());

    private static async Task OnSource(AsyncTrack track) => await new ValueTask(On(track.Here<Values>()), 0);

    private static async Task<int> OnSourceWithResult(AsyncTrack track) => await new ValueTask<int>(On(track.Here<Values>()), 0) + 1;

    private static async Task<int> OnSourceAsTask(AsyncTrack track) => await new ValueTask<int>(On(track.Here<Values>()), 0).AsTask() + 1;

    private static Doorbell On(AsyncTrack track) => track.On(AsyncWaitKind.Other, new Doorbell(), type: Track.TypeName(typeof(Doorbell)));

    /// <summary>Never rings.</summary>
    private sealed class Doorbell : IValueTaskSource, IValueTaskSource<int>
    {
        private ManualResetValueTaskSourceCore<int> _core;

        public int GetResult(short token) => _core.GetResult(token);

        void IValueTaskSource.GetResult(short token) => _core.GetResult(token);

        public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

        public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
            _core.OnCompleted(continuation, state, token, flags);
    }
}
