namespace Stackflare.Targets.Shapes.Awaits;

/// <summary>Methods that await each other, and which of several awaits it is.</summary>
internal sealed class Nesting
{
    public static void Begin(AsyncCases cases)
    {
        cases.Begin("nested", Outer);
        cases.Begin("without the context", WithoutContext);
        cases.Begin("with options", WithOptions);
        cases.Begin("second of two", SecondOfTwo);
        cases.Begin("third of three", ThirdOfThree);
        cases.Begin("first of three", FirstOfThree);
        cases.Begin("two in one statement", TwoInOneStatement);
        cases.Begin("argument of a call", ArgumentOfACall);
        cases.Begin("finished before", FinishedBefore);
        cases.Begin("eleventh of twelve", EleventhOfTwelve);
        cases.Begin("behind one that is never reached", BehindUnreachable);
        AsyncTrack.Keep(Finished());
    }

    private static async Task Outer(AsyncTrack track)
    {
        await Middle(track.Here<Nesting>());
        GC.KeepAlive(track);
    }

    private static async Task<string> Middle(AsyncTrack track)
    {
        var number = await Inner(track.Here<Nesting>());
        return $"{number}";
    }

    private static async Task<int> Inner(AsyncTrack track) => await track.Here<Nesting>().Never();

    private static async Task WithoutContext(AsyncTrack track)
    {
        await Inner(track.Here<Nesting>()).ConfigureAwait(false);
        GC.KeepAlive(track);
    }

    private static async Task WithOptions(AsyncTrack track)
    {
        Task task = Inner(track.Next<Nesting>());
        await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ForceYielding);
    }

    private static async Task SecondOfTwo(AsyncTrack track)
    {
        await Task.CompletedTask;
        await track.Here<Nesting>().Never();
    }

    private static async Task<int> ThirdOfThree(AsyncTrack track)
    {
        var first = await Task.FromResult(1);
        var second = await Quick(2);
        var third = await Inner(track.Here<Nesting>());
        return first + second + third;
    }

    private static async Task<int> FirstOfThree(AsyncTrack track)
    {
        var first = await Inner(track.Here<Nesting>());
        var second = await Quick(2);
        var third = await Inner(track.Here<Nesting>());
        return first + second + third;
    }

    private static async Task<int> TwoInOneStatement(AsyncTrack track) =>
        Add(await Quick(1), await Inner(track.Here<Nesting>()));

    // The line is that of the statement, whose beginning it is.
    private static async Task<int> ArgumentOfACall(AsyncTrack track)
    {
        track.Next<Nesting>();
        return Add(
            await Quick(1),
            await Inner(track));
    }

    // Has waited before, so that it was moved to the heap for another await than that at which it is.
    private static async Task FinishedBefore(AsyncTrack track)
    {
        var source = new TaskCompletionSource();
        var later = WaitTwice(source.Task, track);
        track.Next<Nesting>(lines: 2);
        source.SetResult();
        await later;
    }

    private static async Task WaitTwice(Task first, AsyncTrack track)
    {
        await first;
        await track.Here<Nesting>().Never();
    }

    private static async Task<int> EleventhOfTwelve(AsyncTrack track)
    {
        var sum = await Quick(1) + await Quick(2) + await Quick(3) + await Quick(4) + await Quick(5);
        sum += await Quick(6) + await Quick(7) + await Quick(8) + await Quick(9);
        await Task.CompletedTask;
        sum += await track.Here<Nesting>().Never();
        return sum + await Quick(12);
    }

    // Has a number and no code.
    private static async Task BehindUnreachable(AsyncTrack track)
    {
        const bool isReached = false;
#pragma warning disable CS0162
        if (isReached)
            await Quick(1);
#pragma warning restore CS0162
        await track.Here<Nesting>().Never();
        await Task.CompletedTask;
    }

    private static async Task<int> Quick(int number)
    {
        await Task.CompletedTask;
        return number;
    }

    private static async Task Finished()
    {
        var source = new TaskCompletionSource();
        var later = Wait();
        source.SetResult();
        await later;

        async Task Wait() => await source.Task;
    }

    private static int Add(int one, int other) => one + other;
}
