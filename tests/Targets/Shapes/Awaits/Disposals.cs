namespace Stackflare.Targets.Shapes.Awaits;

/// <summary>Awaits that nobody wrote: at the end of <c>await using</c>. They have no line of their own; the last statement's is the nearest.</summary>
internal sealed class Disposals
{
    public static void Begin(AsyncCases cases)
    {
        cases.Begin("using, body", UsingBody);
        cases.Begin("await using, body", AwaitUsingBody);
        cases.Begin("await using, end", AwaitUsingEnd);
        cases.Begin("await using, end of the method", AwaitUsingDeclaration);
        cases.Begin("await using, first of two", AwaitUsingTwo);
    }

    private static async Task UsingBody(AsyncTrack track)
    {
        using (new MemoryStream())
            await track.Here<Disposals>().Never();
    }

    private static async Task AwaitUsingBody(AsyncTrack track)
    {
        await using (new Door(new AsyncTrack("unused")))
        {
            await Task.CompletedTask;
            await track.Here<Disposals>().Never();
        }
    }

    private static async Task AwaitUsingEnd(AsyncTrack track)
    {
        await Task.CompletedTask;
        await using (new Door(track.Here<Disposals>())) { GC.KeepAlive(track); }
    }

    private static async Task AwaitUsingDeclaration(AsyncTrack track)
    {
        await using var door = new Door(track);
        await Task.CompletedTask;
        GC.KeepAlive(track.AtEnd<Disposals>());
    }

    private static async Task AwaitUsingTwo(AsyncTrack track)
    {
        await using var outer = new Door(track);
        await using var inner = new MemoryStream();
        GC.KeepAlive(track.AtEnd<Disposals>());
    }

    /// <summary>Never closes.</summary>
    private sealed class Door(AsyncTrack track) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync() => await track.Here<Door>().Never();
    }
}
