namespace Stackflare.Targets.Shapes.Awaits;

/// <summary>Awaits in every part of a loop, not always in its first round.</summary>
internal sealed class Loops
{
    public static void Begin(AsyncCases cases)
    {
        cases.Begin("for, body", ForBody);
        cases.Begin("for, condition", ForCondition);
        cases.Begin("for, step", ForStep);
        cases.Begin("while, condition", WhileCondition);
        cases.Begin("while, body", WhileBody);
        cases.Begin("do, body", DoBody);
        cases.Begin("do, condition", DoCondition);
        cases.Begin("foreach, body", ForEachBody);
        cases.Begin("foreach, items", ForEachItems);
    }

    private static async Task ForBody(AsyncTrack track)
    {
        for (var i = 0; i < 3; i++)
        {
            if (i < 2)
                await Task.CompletedTask;
            else
                await track.Here<Loops>().Never();
        }
    }

    private static async Task ForCondition(AsyncTrack track)
    {
        var i = 0;
        for (track.Next<Loops>();
             await Less(track, 3);
             i++)
        {
            GC.KeepAlive(i);
        }
    }

    private static async Task ForStep(AsyncTrack track)
    {
        for (var i = 0; i < 3; i += await track.Here<Loops>().Never())
            GC.KeepAlive(i);
    }

    private static async Task WhileCondition(AsyncTrack track)
    {
        while (await Less(track.Here<Loops>(), 3))
            GC.KeepAlive(track);
    }

    private static async Task WhileBody(AsyncTrack track)
    {
        var i = 0;
        while (i < 3)
        {
            if (++i == 2)
                await track.Here<Loops>().Never();
            await Task.CompletedTask;
        }
    }

    private static async Task DoBody(AsyncTrack track)
    {
        do
        {
            await Task.CompletedTask;
            await track.Here<Loops>().Never();
        }
        while (true);
    }

    private static async Task DoCondition(AsyncTrack track)
    {
        do
        {
            await Task.CompletedTask;
        }
        while (await Less(track.Here<Loops>(), 3));
    }

    private static async Task ForEachBody(AsyncTrack track)
    {
        foreach (var item in new[] { 1, 2, 3 })
        {
            var task = item == 2 ? Task.CompletedTask : Task.FromResult(item);
            await task;
            if (item == 2)
                await track.Here<Loops>().Never();
        }
    }

    private static async Task ForEachItems(AsyncTrack track)
    {
        foreach (var item in await Items(track.Here<Loops>()))
            GC.KeepAlive(item);
    }

    private static async Task<bool> Less(AsyncTrack track, int number) => await track.Here<Loops>().Never() < number;

    private static async Task<int[]> Items(AsyncTrack track) => [await track.Here<Loops>().Never()];
}
