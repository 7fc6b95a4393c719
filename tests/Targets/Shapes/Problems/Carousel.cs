using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Stackflare.Targets.Common;

namespace Stackflare.Targets.Shapes.Problems;

/// <summary>
/// Threads and async methods that stand still, and others that go round and always come back to the same place. One dump cannot tell them apart. The command
/// <c>round</c> is done when each that goes round has ended the wait that it was in, and has begun another.
/// </summary>
internal sealed class Carousel : Shape
{
    private const int Loop = 0, Delay = 1, Call = 2, Gate = 3, Feed = 4, Items = 5, Tick = 6, Limit = 7, Pool = 8, All = 9;

    private readonly int[] _rounds = new int[All];
    private readonly TaskCompletionSource _never = new();
    private readonly SemaphoreSlim _closed = new(0), _gate = new(0);
    private readonly Channel<int> _empty = Channel.CreateUnbounded<int>(), _items = Channel.CreateUnbounded<int>();
    private readonly List<Task> _tasks = [];

    public override void Start(Host host)
    {
        host.OnCommand("round", _ =>
        {
            int[] before = [.. _rounds];
            SpinWait.SpinUntil(() => Enumerable.Range(0, All).All(i => Volatile.Read(ref _rounds[i]) != before[i]));
            return "done";
        });
        host.StartThread("still", track => host.Park(track.Here<Carousel>()));
        host.StartThread("moving", track =>
        {
            host.Arrive(track);
            GoRound();
        });
        _tasks.AddRange(
        [
            StillTaskAsync(), StillTaskAsync(), StillOuterAsync(), StillDelayAsync(), StillGateAsync(), StillAllAsync(), IdleChannelAsync(),
            MovingDelayAsync(), MovingCallAsync(), MovingGateAsync(), MovingFeedAsync(), MovingItemsAsync(), MovingTickAsync(), MovingLimitAsync(), MovingPoolAsync(),
        ]);
    }

    private void Round(int which) => Interlocked.Increment(ref _rounds[which]);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void GoRound()
    {
        while (true)
        {
            Round(Loop);
            Thread.Sleep(1);
        }
    }

    private async Task StillTaskAsync() => await _never.Task;

    private async Task StillOuterAsync() => await StillTaskAsync();

    private async Task StillDelayAsync() => await Task.Delay(TimeSpan.FromHours(1));

    private async Task StillGateAsync() => await _closed.WaitAsync();

    private async Task StillAllAsync() => await Task.WhenAll(StillTaskAsync(), Task.Delay(TimeSpan.FromHours(1)), Task.CompletedTask);

    private async Task IdleChannelAsync()
    {
        while (true)
            await _empty.Reader.ReadAsync();
    }

    private async Task MovingDelayAsync()
    {
        while (true)
        {
            Round(Delay);
            await Task.Delay(1);
        }
    }

    private async Task MovingCallAsync()
    {
        while (true)
        {
            Round(Call);
            await PauseAsync();
        }
    }

    private static async Task PauseAsync() => await Task.Delay(1);

    private async Task MovingGateAsync()
    {
        while (true)
        {
            Round(Gate);
            await _gate.WaitAsync();
        }
    }

    private async Task MovingItemsAsync()
    {
        while (true)
        {
            Round(Items);
            await _items.Reader.ReadAsync();
        }
    }

    private async Task MovingFeedAsync()
    {
        while (true)
        {
            Round(Feed);
            _gate.Release();
            _items.Writer.TryWrite(0);
            await Task.Delay(1);
        }
    }

    private async Task MovingTickAsync()
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(1));
        while (true)
        {
            Round(Tick);
            await timer.WaitForNextTickAsync();
        }
    }

    /// <summary>What it awaits stands still; it does not.</summary>
    private async Task MovingLimitAsync()
    {
        var still = StillTaskAsync();
        while (true)
        {
            Round(Limit);
            try
            {
                await still.WaitAsync(TimeSpan.FromMilliseconds(20));
            }
            catch (TimeoutException)
            {
                // Tries again.
            }
        }
    }

    private async Task MovingPoolAsync()
    {
        while (true)
        {
            Round(Pool);
            await PooledAsync();
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private static async ValueTask PooledAsync() => await Task.Delay(1);
}
