namespace Stackflare.Targets.Shapes.Awaits;

/// <summary>Awaits in try, catch and finally, in the arms of a switch and the branches of a condition.</summary>
internal sealed class Statements
{
    public static void Begin(AsyncCases cases)
    {
        cases.Begin("try", InTry);
        cases.Begin("catch", InCatch);
        cases.Begin("catch with filter", InCatchWithFilter);
        cases.Begin("finally", InFinally);
        cases.Begin("finally of an exception", InFinallyOfAnException);
        cases.Begin("finally in finally", InNestedFinally);
        cases.Begin("try in try", InNestedTry);
        cases.Begin("switch statement", track => InSwitch(track, 2));
        cases.Begin("switch expression", track => InSwitchExpression(track, 2));
        cases.Begin("condition, first", track => InCondition(track, first: true));
        cases.Begin("condition, second", track => InCondition(track, first: false));
        cases.Begin("and", InAnd);
        cases.Begin("coalescing", InCoalescing);
        cases.Begin("interpolation", InInterpolation);
        cases.Begin("initializer", InInitializer);
        cases.Begin("return", InReturn);
        cases.Begin("if", InIf);
    }

    private static async Task InTry(AsyncTrack track)
    {
        try
        {
            await Task.CompletedTask;
            await track.Here<Statements>().Never();
        }
        finally
        {
            GC.KeepAlive(track);
        }
    }

    private static async Task InCatch(AsyncTrack track)
    {
        try
        {
            await Task.FromException(new InvalidOperationException());
        }
        catch (InvalidOperationException)
        {
            await track.Here<Statements>().Never();
        }
    }

    private static async Task InCatchWithFilter(AsyncTrack track)
    {
        try
        {
            await Task.FromException(new InvalidOperationException());
        }
        catch (ArgumentException)
        {
            await Task.CompletedTask;
        }
        catch (InvalidOperationException e) when (e.InnerException is null)
        {
            await track.Here<Statements>().Never();
            throw;
        }
    }

    private static async Task InFinally(AsyncTrack track)
    {
        try
        {
            await Task.CompletedTask;
        }
        finally
        {
            await track.Here<Statements>().Never();
        }
    }

    private static async Task InFinallyOfAnException(AsyncTrack track)
    {
        try
        {
            await Task.FromException(new InvalidOperationException());
        }
        finally
        {
            await track.Here<Statements>().Never();
        }
    }

    private static async Task InNestedFinally(AsyncTrack track)
    {
        try
        {
            await Task.CompletedTask;
        }
        finally
        {
            try
            {
                await Task.CompletedTask;
            }
            finally
            {
                await track.Here<Statements>().Never();
            }

            await Task.CompletedTask;
        }
    }

    private static async Task InNestedTry(AsyncTrack track)
    {
        try
        {
            await Task.CompletedTask;
            try
            {
                await track.Here<Statements>().Never();
            }
            finally
            {
                await Task.CompletedTask;
            }
        }
        catch (InvalidOperationException)
        {
            await Task.CompletedTask;
        }
    }

    private static async Task InSwitch(AsyncTrack track, int which)
    {
        switch (which)
        {
            case 1:
                await Task.CompletedTask;
                break;
            case 2:
                await track.Here<Statements>().Never();
                break;
            default:
                await Task.CompletedTask;
                break;
        }
    }

    // On one line: the compiler gives an arm's await the line of the arm before it.
    private static async Task<int> InSwitchExpression(AsyncTrack track, int which) =>
        which switch { 1 => await Task.FromResult(1), 2 => await track.Here<Statements>().Never(), _ => 3 };

    private static async Task<int> InCondition(AsyncTrack track, bool first) =>
        first ? await track.Here<Statements>().Never() : await track.Here<Statements>().Never() + 1;

    private static async Task<bool> InAnd(AsyncTrack track) =>
        await Task.FromResult(true) && await track.Here<Statements>().Never() > 0;

    private static async Task<object> InCoalescing(AsyncTrack track) =>
        await Task.FromResult<object?>(null) ?? await track.Here<Statements>().Never();

    private static async Task<string> InInterpolation(AsyncTrack track) =>
        $"{await Task.FromResult(1)} and {await track.Here<Statements>().Never()}";

    private static async Task<int[]> InInitializer(AsyncTrack track)
    {
        int[] numbers = [1, await track.Here<Statements>().Never(), await Task.FromResult(3)];
        return numbers;
    }

    private static async Task<int> InReturn(AsyncTrack track)
    {
        await Task.CompletedTask;
        return await track.Here<Statements>().Never();
    }

    private static async Task InIf(AsyncTrack track)
    {
        if (await track.Here<Statements>().Never() == 1)
            await Task.CompletedTask;
    }
}
