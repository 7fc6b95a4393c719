using System.Runtime.CompilerServices;

namespace Stackflare.Targets.Shapes.Awaits;

/// <summary>Async iterators: who waits is the iterator, its consumer, or both.</summary>
internal sealed class Iterators
{
    public static void Begin(AsyncCases cases)
    {
        cases.Begin("iterator, first item", FirstItem);
        cases.Begin("iterator, next item", NextItem);
        cases.Begin("iterator, finally", AfterLastItem);
        cases.Begin("iterator, left early", LeftEarly);
        cases.Begin("iterator, between items", ConsumerBody);
        cases.Begin("iterator, waited before", ConsumerOfOneThatWaited);
        cases.Begin("iterator of iterator", OverBoth);
        cases.Begin("iterator without the context", WithoutContext);
        cases.Begin("iterator by hand", ByHand);
        cases.Begin("iterator that is generic", OverGeneric);
    }

    private static async Task FirstItem(AsyncTrack track)
    {
        track.Next<Iterators>();
        await foreach (var item in Items(track, before: 0))
            GC.KeepAlive(item);
    }

    private static async Task NextItem(AsyncTrack track)
    {
        track.Next<Iterators>();
        await foreach (var item in Items(track, before: 3))
            GC.KeepAlive(item);
    }

    private static async Task AfterLastItem(AsyncTrack track)
    {
        track.Next<Iterators>();
        await foreach (var item in ItemsAndEnd(track))
            GC.KeepAlive(item);
    }

    private static async Task LeftEarly(AsyncTrack track)
    {
        track.Next<Iterators>();
        await foreach (var item in ItemsAndEnd(track))
        {
            GC.KeepAlive(item);
            break;
        }
    }

    private static async Task ConsumerBody(AsyncTrack track)
    {
        await foreach (var item in Items(track, before: 3))
        {
            if (item == 1)
                await track.Here<Iterators>().Never();
        }
    }

    // The iterator has a box by then, and waits for nothing but to be asked.
    private static async Task ConsumerOfOneThatWaited(AsyncTrack track)
    {
        var source = new TaskCompletionSource();
        var consumer = Consume(source.Task, track);
        track.Next<Iterators>(lines: 2);
        source.SetResult();
        await consumer;
    }

    private static async Task Consume(Task first, AsyncTrack track)
    {
        await foreach (var item in ItemsAfter(first))
            await track.Here<Iterators>().Never();
    }

    private static async IAsyncEnumerable<int> ItemsAfter(Task first)
    {
        await first;
        yield return 1;
        await Task.CompletedTask;
    }

    private static async Task OverBoth(AsyncTrack track)
    {
        track.Next<Iterators>();
        await foreach (var item in Doubled(track))
            GC.KeepAlive(item);
    }

    private static async IAsyncEnumerable<int> Doubled(AsyncTrack track)
    {
        track.Next<Iterators>();
        await foreach (var item in Items(track, before: 2))
            yield return item * 2;
    }

    private static async Task WithoutContext(AsyncTrack track)
    {
        track.Next<Iterators>();
        await foreach (var item in Items(track, before: 1).WithCancellation(CancellationToken.None).ConfigureAwait(false))
            GC.KeepAlive(item);
    }

    private static async Task ByHand(AsyncTrack track)
    {
        var items = Items(track, before: 0).GetAsyncEnumerator();
        track.Next<Iterators>();
        await items.MoveNextAsync();
    }

    private static async Task OverGeneric(AsyncTrack track)
    {
        track.Next<Iterators>();
        await foreach (var item in Repeat("item", track))
            GC.KeepAlive(item);
    }

    private static async IAsyncEnumerable<int> Items(AsyncTrack track, int before, [EnumeratorCancellation] CancellationToken off = default)
    {
        for (var i = 0; i < before; i++)
            yield return i;
        off.ThrowIfCancellationRequested();
        await track.Here<Iterators>().Never();
        yield return before;
    }

    private static async IAsyncEnumerable<int> ItemsAndEnd(AsyncTrack track)
    {
        try
        {
            yield return 1;
        }
        finally
        {
            await track.Here<Iterators>().Never();
        }
    }

    private static async IAsyncEnumerable<T> Repeat<T>(T item, AsyncTrack track)
    {
        yield return item;
        await track.Here<Iterators>().Never();
        yield return item;
    }
}
