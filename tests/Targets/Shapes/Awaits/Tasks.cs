using System.Runtime.CompilerServices;

namespace Stackflare.Targets.Shapes.Awaits;

/// <summary>Tasks that are no async methods' own: what stands between two methods, or is all that there is.</summary>
internal sealed class Tasks
{
    public static void Begin(AsyncCases cases)
    {
        cases.Begin("run", OverRun);
        cases.Begin("run, with result", OverRunWithResult);
        cases.Begin("started and unwrapped", OverUnwrapped);
        cases.Begin("started and awaited twice", OverAwaitedTwice);
        cases.Begin("continued", OverContinuation);
        cases.Begin("continued and unwrapped", OverUnwrappedContinuation);
        cases.Begin("source", OnSource);
        cases.Begin("source of a class", OnSourceOfAClass);
        cases.Begin("source that continues elsewhere", OnAsynchronousSource);
        cases.Begin("lazy", OverLazy);
        cases.Begin("lazy factory", OverLazyFactory);
        cases.Begin("in time", InTime);
        cases.Begin("with a token", WithToken);
        cases.Begin("method in time", MethodInTime);
        cases.Begin("handed on", OverHandedOn);
    }

    private static async Task OverHandedOn(AsyncTrack track) => await HandedOn(track.Here<Tasks>());

    // It returns, and is in no stack, though the runtime may suspend it where it is not optimized.
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.NoOptimization)]
    private static Task<int> HandedOn(AsyncTrack track) => track.Never();

    private static async Task OverRun(AsyncTrack track)
    {
        track.Next<Tasks>();
        await Task.Run(async () => await track.Here<Tasks>("OverRun.lambda").Never());
    }

    private static async Task<int> OverRunWithResult(AsyncTrack track)
    {
        track.Next<Tasks>();
        return await Task.Run(() => Wait(track)) + 1;
    }

    private static async Task OverUnwrapped(AsyncTrack track)
    {
        track.Next<Tasks>(lines: 2);
        var started = Task.Factory.StartNew(async () => await track.Here<Tasks>("OverUnwrapped.lambda").Never(), CancellationToken.None, TaskCreationOptions.None, TaskScheduler.Default);
        await started.Unwrap();
    }

    private static async Task OverAwaitedTwice(AsyncTrack track)
    {
        track.Next<Tasks>(lines: 2);
        var started = Task.Factory.StartNew(() => Wait(track), CancellationToken.None, TaskCreationOptions.None, TaskScheduler.Default);
        await await started;
    }

    private static async Task OverContinuation(AsyncTrack track)
    {
        var task = Wait(track.Next<Tasks>());
        await task.ContinueWith(static t => t.Result + 1, TaskScheduler.Default);
    }

    private static async Task OverUnwrappedContinuation(AsyncTrack track)
    {
        track.Next<Tasks>();
        await Task.CompletedTask.ContinueWith(_ => Wait(track), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default).Unwrap();
    }

    private static async Task OnSource(AsyncTrack track) => await track.Here<Tasks>().On(AsyncWaitKind.TaskCompletionSource, new TaskCompletionSource()).Task;

    private static async Task<string> OnSourceOfAClass(AsyncTrack track) =>
        await track.Here<Tasks>().On(AsyncWaitKind.TaskCompletionSource, new TaskCompletionSource<string>()).Task;

    private static async Task OnAsynchronousSource(AsyncTrack track) =>
        await track.Here<Tasks>().On(AsyncWaitKind.TaskCompletionSource, new TaskCompletionSource<object>("state", TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    private static async Task<int> OverLazy(AsyncTrack track)
    {
        var lazy = new Lazy<Task<int>>(() => Wait(track));
        track.Next<Tasks>();
        return await lazy.Value;
    }

    private static async Task<int> OverLazyFactory(AsyncTrack track)
    {
        var lazy = new Lazy<Task<int>>(async () => await track.Here<Tasks>("OverLazyFactory.lambda").Never());
        track.Next<Tasks>();
        return await lazy.Value;
    }

    private static async Task InTime(AsyncTrack track)
    {
        var source = new TaskCompletionSource<int>();
        await track.Here<Tasks>().On(AsyncWaitKind.TaskCompletionSource, source, isDue: true).Task.WaitAsync(TimeSpan.FromHours(1));
    }

    private static async Task WithToken(AsyncTrack track)
    {
        using var off = new CancellationTokenSource();
        await track.Here<Tasks>().Never().WaitAsync(off.Token);
    }

    private static async Task MethodInTime(AsyncTrack track) => await Wait(track.Here<Tasks>()).WaitAsync(TimeSpan.FromHours(1), CancellationToken.None);

    private static async Task<int> Wait(AsyncTrack track) => await track.Here<Tasks>().Never();
}
