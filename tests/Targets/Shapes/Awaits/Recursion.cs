namespace Stackflare.Targets.Shapes.Awaits;

/// <summary>Methods that await themselves, some of them very deep.</summary>
internal sealed class Recursion
{
    private const int Depth = 50, StackBytes = 512 << 20;

    public static void Begin(AsyncCases cases)
    {
        cases.Begin("recursion", track => Descend(track, Depth));
        cases.Begin("recursion of two", track => Left(track, Depth));
    }

    /// <summary>A chain that is too long for a stack of the usual size to begin.</summary>
    public static void BeginDeep(AsyncCases cases, int depth)
    {
        var thread = new Thread(() => cases.Begin("deep", track => Descend(track, depth)), StackBytes);
        thread.Start();
        thread.Join();
    }

    private static async Task Descend(AsyncTrack track, int depth)
    {
        if (depth > 1)
            await Descend(track.Here<Recursion>(), depth - 1);
        else
            await track.Here<Recursion>().Never();
    }

    private static async Task Left(AsyncTrack track, int depth)
    {
        await Task.CompletedTask;
        await Right(track.Here<Recursion>(), depth);
    }

    private static async ValueTask Right(AsyncTrack track, int depth)
    {
        if (depth > 1)
            await Left(track.Here<Recursion>(), depth - 1);
        await track.Here<Recursion>().Never();
    }
}
