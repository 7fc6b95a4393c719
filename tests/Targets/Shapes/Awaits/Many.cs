namespace Stackflare.Targets.Shapes.Awaits;

/// <summary>Several tasks at once: all of them, or any.</summary>
internal sealed class Many
{
    // Of tasks without results only what is left is counted.
    private static readonly int? Unknown = null;

    public static void Begin(AsyncCases cases)
    {
        cases.Begin("all of two", AllOfTwo);
        cases.Begin("all of a list", AllOfAList);
        cases.Begin("all, with results", AllWithResults);
        cases.Begin("all, some done", AllSomeDone);
        cases.Begin("all of all", AllOfAll);
        cases.Begin("all, deeper", AllDeeper);
        cases.Begin("all, with results, some done", AllWithResultsSomeDone);
        cases.Begin("any of two", AnyOfTwo);
        cases.Begin("any of three", AnyOfThree);
        cases.Begin("any, with results", AnyWithResults);
        cases.Begin("any in time", AnyInTime);
        cases.Begin("any of three in time", AnyOfThreeInTime);
    }

    private static async Task AllOfTwo(AsyncTrack track)
    {
        track.Next<Many>(lines: 2);
        var all = Task.WhenAll(Left(track.Branch()), Right(track.Branch()));
        await track.OnAll(AsyncWaitKind.WhenAll, all, Unknown);
    }

    private static async Task AllOfAList(AsyncTrack track)
    {
        track.Next<Many>(lines: 2);
        List<Task> tasks = [.. Enumerable.Range(0, 20).Select(i => i % 4 == 0 ? Left(track.Branch()) : Right(track.Branch()))];
        await track.OnAll(AsyncWaitKind.WhenAll, Task.WhenAll(tasks), Unknown);
    }

    private static async Task<int> AllWithResults(AsyncTrack track)
    {
        track.Next<Many>(lines: 2);
        var all = Task.WhenAll(Right(track.Branch()), Right(track.Branch()), Right(track.Branch()));
        return (await track.OnAll(AsyncWaitKind.WhenAll, all)).Sum();
    }

    private static async Task<int> AllWithResultsSomeDone(AsyncTrack track)
    {
        track.Next<Many>(lines: 2);
        var all = Task.WhenAll(Task.FromResult(1), Right(track.Branch()), Task.FromException<int>(new InvalidOperationException()), Right(track.Branch()));
        return (await track.OnAll(AsyncWaitKind.WhenAll, all, done: 2)).Sum();
    }

    private static async Task AllSomeDone(AsyncTrack track)
    {
        track.Next<Many>(lines: 4);
        var source = new TaskCompletionSource();
        var all = Task.WhenAll(Left(track.Branch()), source.Task, Task.CompletedTask, Right(track.Branch()), Task.FromException(new InvalidOperationException()));
        source.SetResult();
        await track.OnAll(AsyncWaitKind.WhenAll, all, Unknown).ConfigureAwait(false);
    }

    private static async Task AllOfAll(AsyncTrack track)
    {
        track.Next<Many>(lines: 4);
        var inner = track.Branch();
        var some = inner.OnAll(AsyncWaitKind.WhenAll, Task.WhenAll(Left(inner.Branch()), Right(inner.Branch())), Unknown);
        var all = Task.WhenAll(Left(track.Branch()), some);
        await track.OnAll(AsyncWaitKind.WhenAll, all, Unknown);
    }

    private static async Task AllDeeper(AsyncTrack track)
    {
        await AllOfTwo(track.Here<Many>());
        GC.KeepAlive(track);
    }

    private static async Task AnyOfTwo(AsyncTrack track)
    {
        track.Next<Many>(lines: 2);
        var any = Task.WhenAny(Left(track.Branch()), Right(track.Branch()));
        await await track.OnAll(AsyncWaitKind.WhenAny, any);
    }

    private static async Task AnyOfThree(AsyncTrack track)
    {
        track.Next<Many>(lines: 2);
        var any = Task.WhenAny(Left(track.Branch()), Right(track.Branch()), Right(track.Branch()));
        await await track.OnAll(AsyncWaitKind.WhenAny, any);
    }

    private static async Task<int> AnyWithResults(AsyncTrack track)
    {
        track.Next<Many>(lines: 2);
        List<Task<int>> tasks = [Right(track.Branch()), Right(track.Branch()), Right(track.Branch())];
        return await await track.OnAll(AsyncWaitKind.WhenAny, Task.WhenAny(tasks));
    }

    private static async Task AnyInTime(AsyncTrack track)
    {
        track.Next<Many>(lines: 3);
        var work = Left(track.Branch());
        var limit = track.Branch().On(AsyncWaitKind.Delay, Task.Delay(TimeSpan.FromHours(1)), isDue: true);
        if (await track.OnAll(AsyncWaitKind.WhenAny, Task.WhenAny(work, limit)) == limit)
            throw new TimeoutException();
    }

    private static async Task AnyOfThreeInTime(AsyncTrack track)
    {
        track.Next<Many>(lines: 3);
        var works = new[] { Left(track.Branch()), Right(track.Branch()) };
        var limit = track.Branch().On(AsyncWaitKind.Delay, Task.Delay(TimeSpan.FromHours(1)), isDue: true);
        await track.OnAll(AsyncWaitKind.WhenAny, Task.WhenAny([.. works, limit]));
    }

    private static async Task Left(AsyncTrack track) => await track.Here<Many>().Never();

    private static async Task<int> Right(AsyncTrack track)
    {
        await Left(track.Here<Many>());
        return 1;
    }
}
