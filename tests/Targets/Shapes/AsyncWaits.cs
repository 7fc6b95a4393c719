using System.Globalization;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Stackflare.Targets.Common;

namespace Stackflare.Targets.Shapes;

/// <summary>
/// Async methods that wait, and no thread has them. Each runs to its await before <see cref="Start"/> returns. <c>--boxes N</c> adds N
/// that wait for one task each, <c>--objects N</c> fills the heap, <c>--arrays N</c> with megabytes, <c>--churn 1</c> has it in constant motion.
/// </summary>
internal sealed class AsyncWaits : Shape
{
    public const int Copies = 3;

    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private static readonly SemaphoreSlim Gate = new(0), TimedGate = new(0);

    private readonly List<object> _kept = [];
    private readonly TaskCompletionSource<string> _never = new();
    private readonly Channel<int> _channel = Channel.CreateUnbounded<int>();

    public override void Start(Host host)
    {
        for (var i = 0; i < Copies; i++)
            _kept.Add(Outer(i));
        _kept.Add(OverValued());
        _kept.Add(OverItems());
        _kept.Add(Sleep());
        _kept.Add(All());
        _kept.Add(Any());
        _kept.Add(Enter());
        _kept.Add(EnterInTime());
        _kept.Add(Read());
        _kept.Add(OverPooled());
        _kept.Add(Generic("text"));
        _kept.Add(Generic(42));
        _kept.Add(Finished());
        Fire();
        _kept.Add(((Func<Task>)(async () => await _never.Task))());
        _kept.Add(WaitElsewhere());
        Fill(host);
        if (host.Options.Get("--churn", "0") != "0")
            new AsyncChurn().Start();
        host.OnCommand("release", _ =>
        {
            _never.SetResult("released");
            return "released";
        });
    }

    private void Fill(Host host)
    {
        var boxes = int.Parse(host.Options.Get("--boxes", "0"), CultureInfo.InvariantCulture);
        for (var i = 0; i < boxes; i++)
            _kept.Add(Crowd(new TaskCompletionSource()));
        var objects = int.Parse(host.Options.Get("--objects", "0"), CultureInfo.InvariantCulture);
        for (var i = 0; i < objects; i++)
            _kept.Add(i % 3 == 0 ? new object() : i % 3 == 1 ? new byte[16] : new StrongBox<long>(i));
        for (var i = 0; i < host.Options.Number("--arrays", 0); i++)
        {
            var array = new byte[1 << 20];
            array.AsSpan().Fill(1);
            _kept.Add(array);
        }

        if (objects > 0)
            GC.Collect();
    }

    private static async Task Crowd(TaskCompletionSource source) => await source.Task;

    private async Task<int> Outer(int number)
    {
        await Task.CompletedTask;
        var text = await Middle(number).ConfigureAwait(false);
        return text.Length + number;
    }

    private async Task<string> Middle(int number)
    {
        var task = Inner(number);
        GC.KeepAlive(this);
        return await task;
    }

    private async Task<string> Inner(int number) => await _never.Task + number.ToString(CultureInfo.InvariantCulture);

    private async Task OverValued() => await Valued();

    private async ValueTask<string> Valued() => await _never.Task;

    private async Task OverItems()
    {
        await foreach (var item in Items().ConfigureAwait(false))
            GC.KeepAlive(item);
    }

    private async IAsyncEnumerable<int> Items()
    {
        yield return 1;
        await _never.Task;
        yield return 2;
    }

    private static async Task Sleep() => await Task.Delay(Hour);

    private async Task All() => await Task.WhenAll(Branch(1), Branch(2));

    private async Task Any() => await await Task.WhenAny(Twig(1), Twig(2), Twig(3));

    private async Task<string> Branch(int number) => await _never.Task + number.ToString(CultureInfo.InvariantCulture);

    private async Task<string> Twig(int number) => await _never.Task + number.ToString(CultureInfo.InvariantCulture);

    private static async Task Enter() => await Gate.WaitAsync();

    private static async Task EnterInTime() => await TimedGate.WaitAsync(Hour);

    private async Task<int> Read() => await _channel.Reader.ReadAsync();

    private async Task OverPooled() => await Pooled();

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask Pooled() => await _never.Task;

    private async Task<T> Generic<T>(T value)
    {
        await _never.Task;
        return value;
    }

    private static async Task Finished() => await Task.CompletedTask;

    private async void Fire() => await _never.Task;

    private async Task WaitElsewhere() => await _never.Task.WaitAsync(Hour);
}
