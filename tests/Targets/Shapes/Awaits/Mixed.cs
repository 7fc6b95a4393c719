using System.Runtime.CompilerServices;

namespace Stackflare.Targets.Shapes.Awaits;

/// <summary>Chains of methods with state machines and of methods that the runtime suspends itself, where those are compiled at all.</summary>
internal sealed class Mixed
{
    public static void Begin(AsyncCases cases)
    {
        cases.Begin("mixed, over a machine", OverMachine);
        cases.Begin("mixed, machine outermost", MachineOverSuspended);
        cases.Begin("mixed, sandwich", Sandwich);
        cases.Begin("mixed, up and down", track => Ping(track, 40));
        cases.Begin("mixed, up and down from a machine", track => Pong(track, 41));
        cases.Begin("mixed, value task of a machine", OverValueOfMachine);
        cases.Begin("mixed, value task over suspended", track => ValueOfMachine(track).AsTask());
        cases.Begin("mixed, without the context", WithoutContext);
        cases.Begin("mixed, in try", InTry);
        cases.Begin("mixed, over an iterator", OverItems);
        cases.Begin("mixed, all", AllOfBoth);
        cases.Begin("mixed, any", AnyOfBoth);
        cases.Begin("mixed, in time", InTime);
        cases.Begin("mixed, generic", OverGeneric);
        cases.Begin("mixed, lambda", OverLambda);
        cases.Begin("mixed, run", OverRun);
    }

    private static async Task<int> Suspended(AsyncTrack track) => await track.Here<Mixed>().Never();

    [RuntimeAsyncMethodGeneration(false)]
    private static async Task<int> Machine(AsyncTrack track) => await track.Here<Mixed>().Never();

    private static async Task OverMachine(AsyncTrack track)
    {
        await Machine(track.Here<Mixed>());
        GC.KeepAlive(track);
    }

    [RuntimeAsyncMethodGeneration(false)]
    private static async Task<string> MachineOverSuspended(AsyncTrack track)
    {
        await Task.CompletedTask;
        return $"{await Suspended(track.Here<Mixed>())}";
    }

    private static async Task<string> Sandwich(AsyncTrack track)
    {
        await Task.CompletedTask;
        return await MachineOverSuspended(track.Here<Mixed>());
    }

    private static async Task<int> Ping(AsyncTrack track, int depth)
    {
        if (depth == 0)
            return await Suspended(track.Here<Mixed>());
        return 1 + await Pong(track.Here<Mixed>(), depth - 1);
    }

    [RuntimeAsyncMethodGeneration(false)]
    private static async Task<int> Pong(AsyncTrack track, int depth)
    {
        if (depth == 0)
            return await Machine(track.Here<Mixed>());
        return await Ping(track.Here<Mixed>(), depth - 1) - 1;
    }

    [RuntimeAsyncMethodGeneration(false)]
    private static async ValueTask<int> ValueOfMachine(AsyncTrack track) => await ValueOfSuspended(track.Here<Mixed>()) + 1;

    private static async ValueTask<int> ValueOfSuspended(AsyncTrack track) => await Machine(track.Here<Mixed>());

    private static async Task OverValueOfMachine(AsyncTrack track)
    {
        await ValueOfMachine(track.Here<Mixed>());
        GC.KeepAlive(track);
    }

    private static async Task WithoutContext(AsyncTrack track)
    {
        await MachineOverSuspended(track.Here<Mixed>()).ConfigureAwait(false);
        GC.KeepAlive(track);
    }

    private static async Task InTry(AsyncTrack track)
    {
        try
        {
            await Machine(track.Here<Mixed>());
        }
        finally
        {
            await Task.CompletedTask;
        }
    }

    // An iterator has a state machine in any case.
    private static async IAsyncEnumerable<int> Items(AsyncTrack track)
    {
        yield return 1;
        yield return await Suspended(track.Here<Mixed>());
    }

    private static async Task OverItems(AsyncTrack track)
    {
        await foreach (var item in Items(track.Next<Mixed>(lines: 0)))
            GC.KeepAlive(item);
    }

    private static async Task AllOfBoth(AsyncTrack track)
    {
        track.Next<Mixed>(lines: 2);
        var all = Task.WhenAll(Machine(track.Branch()), Suspended(track.Branch()), MachineOverSuspended(track.Branch()), Sandwich(track.Branch()));
        await track.OnAll(AsyncWaitKind.WhenAll, all, done: null);
    }

    private static async Task AnyOfBoth(AsyncTrack track)
    {
        track.Next<Mixed>(lines: 2);
        var any = Task.WhenAny(Machine(track.Branch()), Suspended(track.Branch()));
        await await track.OnAll(AsyncWaitKind.WhenAny, any);
    }

    private static async Task InTime(AsyncTrack track)
    {
        await MachineOverSuspended(track.Here<Mixed>()).WaitAsync(Timeout.InfiniteTimeSpan);
        GC.KeepAlive(track);
    }

    private static async Task OverGeneric(AsyncTrack track)
    {
        await Box<string>.Outer(track.Here<Mixed>(), 1);
        GC.KeepAlive(track);
    }

    private static async Task OverLambda(AsyncTrack track)
    {
        var lambda = async (AsyncTrack inner) => await Machine(inner.Here<Mixed>("OverLambda.lambda"));
        await lambda(track.Here<Mixed>());
    }

    private static async Task OverRun(AsyncTrack track)
    {
        track.Here<Mixed>(); await Task.Run(() => MachineOverSuspended(track));
    }

    private sealed class Box<T>
    {
        public static async Task<T?> Outer<TValue>(AsyncTrack track, TValue value)
        {
            await Inner(track.Next<Box<T>>(lines: 0), value);
            return default;
        }

        [RuntimeAsyncMethodGeneration(false)]
        private static async Task<TValue> Inner<TValue>(AsyncTrack track, TValue value)
        {
            await track.Here<Box<T>>().Never();
            return value;
        }
    }
}
