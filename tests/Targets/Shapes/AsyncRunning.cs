using System.Globalization;
using System.Runtime.CompilerServices;
using Stackflare.Targets.Common;

namespace Stackflare.Targets.Shapes;

/// <summary>
/// Async methods that have awaited and are run by a thread now, each awaited by a caller that knows its number. The command <c>who</c> says
/// which threads, by their kernel ids, run which numbers, the innermost first.
/// </summary>
internal sealed class AsyncRunning : Shape
{
    private const int Most = 64, Copies = 3;

    private readonly List<Task> _kept = [];
    private readonly int[]?[] _runs = new int[Most][];
    private readonly int[] _threads = new int[Most];
    private readonly object _stand = new();
    private int _numbers;

    public override void Start(Host host)
    {
        ThreadPool.SetMinThreads(Most, 1);
        var all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        for (var i = 0; i < Copies; i++)
        {
            Add(host, n => CallerA(n, Plain(n, all.Task)));
            Add(host, n => CallerB(n, Plain(n, all.Task)));
            Add(host, n => CallerC(n, Plain(n, all.Task)));
            Add(host, n => CallerA(n, Configured(n, all.Task)));
            Add(host, n => CallerB(n, Valued(n, all.Task).AsTask()));
            Add(host, n => CallerPooled(n, Pooled(n, all.Task)));
            Add(host, n => CallerA(n, Generic(n, "text", all.Task)));
            Add(host, n => CallerB(n, Generic(n, 42, all.Task)));
            Add(host, n => CallerItems(n, Items(n, all.Task)));
            Add(host, n => CallerItems(n, ItemsLater(n, all.Task)));
            Add(host, n => CallerA(n, Unflowed(n, all.Task)));
        }

        Add(host, n => CallerA(n, Spin(n, all.Task)));
        Add(host, n => CallerB(n, Local(n, all.Task)));
        Add(host, n => CallerA(n, Afresh(n, all.Task)));
        AddNest(host, all.Task);
        AddNest(host, all.Task);
        AddInContext(host, all.Task);
        host.OnCommand("who", _ => string.Join(' ', Enumerable.Range(0, _numbers).Where(i => _runs[i] is not null).Select(i => $"{_threads[i]}:{string.Join(',', _runs[i]!)}")));
        all.SetResult();
    }

    private void Add(Host host, Func<int, Task> start)
    {
        host.Expect(1);
        _host = host;
        _kept.Add(start(_numbers++));
    }

    private Host? _host;

    // Each wakes the next, on top of itself; all are the same method.
    private void AddNest(Host host, Task all)
    {
        TaskCompletionSource second = new(), third = new();
        host.Expect(1);
        _host = host;
        int first = _numbers;
        _numbers += 3;
        _kept.Add(CallerC(first + 2, Nested(first + 2, third.Task, null, [first + 2, first + 1, first])));
        _kept.Add(CallerA(first + 1, Nested(first + 1, second.Task, third, [])));
        _kept.Add(CallerB(first, Nested(first, all, second, [])));
    }

    private void AddInContext(Host host, Task all)
    {
        for (var i = 0; i < 2; i++)
        {
            host.Expect(1);
            var number = _numbers++;
            var thread = new Thread(() =>
            {
                using var context = new OwnContext();
                SynchronizationContext.SetSynchronizationContext(context);
                _kept.Add(CallerA(number, Plain(number, all)));
                context.Run();
            });
            thread.IsBackground = true;
            thread.Start();
            SpinWait.SpinUntil(() => (thread.ThreadState & ThreadState.WaitSleepJoin) != 0);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Hold(params int[] numbers)
    {
        _threads[numbers[0]] = Libc.GetThreadId();
        _runs[numbers[0]] = numbers;
        lock (_stand)
        {
            _host!.Arrive(new Track().Here<AsyncRunning>());
            Monitor.Wait(_stand);
        }
    }

    private static async Task CallerA(int number, Task inner)
    {
        await inner;
        GC.KeepAlive(number);
    }

    private static async Task CallerB(int number, Task inner)
    {
        await inner.ConfigureAwait(false);
        GC.KeepAlive(number);
    }

    private static async ValueTask CallerC2(int number, Task inner)
    {
        await inner;
        GC.KeepAlive(number);
    }

    private static async Task CallerC(int number, Task inner)
    {
        await CallerC2(number, inner);
        GC.KeepAlive(number);
    }

    private static async Task CallerPooled(int number, ValueTask<int> inner)
    {
        await inner;
        GC.KeepAlive(number);
    }

    private static async Task CallerItems(int number, IAsyncEnumerable<int> inner)
    {
        await foreach (var item in inner)
            GC.KeepAlive(item);
        GC.KeepAlive(number);
    }

    private async Task Plain(int number, Task gate)
    {
        await gate;
        Hold(number);
        GC.KeepAlive(number.ToString(CultureInfo.InvariantCulture));
    }

    private async Task Configured(int number, Task gate)
    {
        await gate.ConfigureAwait(false);
        await Task.Yield();
        Hold(number);
    }

    private async ValueTask<string> Valued(int number, Task gate)
    {
        await gate;
        Hold(number);
        return "";
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> Pooled(int number, Task gate)
    {
        await gate;
        Hold(number);
        return 1;
    }

    private async Task<T> Generic<T>(int number, T value, Task gate)
    {
        await gate;
        Hold(number);
        return value;
    }

    // Run by its box.
    private async IAsyncEnumerable<int> Items(int number, Task gate)
    {
        yield return 1;
        await gate;
        Hold(number);
    }

    // Run by whoever asks for the next item, when its box is there already.
    private async IAsyncEnumerable<int> ItemsLater(int number, Task gate)
    {
        await gate;
        yield return 1;
        Hold(number);
    }

    private async Task Unflowed(int number, Task gate)
    {
        await new Unflowing(gate);
        Hold(number);
    }

    private async Task Spin(int number, Task gate)
    {
        await gate;
        _threads[number] = Libc.GetThreadId();
        _runs[number] = [number];
        _host!.Arrive(new Track().Here<AsyncRunning>(), inManagedCode: false);
        for (long i = 0; ; i++)
        {
            if (i == long.MaxValue)
                break;
        }

        GC.KeepAlive(number);
    }

    private async Task Local(int number, Task gate)
    {
        await Inner();
        GC.KeepAlive(number);

        async Task Inner()
        {
            await gate;
            ((Action)(() => Hold(number)))();
        }
    }

    // Runs the same method once more, which has not awaited: it has no box.
    private async Task Afresh(int number, Task? gate)
    {
        if (gate is null)
        {
            Hold(number);
            return;
        }

        await gate;
        await Afresh(number, null);
    }

    private async Task Nested(int number, Task gate, TaskCompletionSource? next, int[] all)
    {
        await gate;
        if (next is null)
            Hold(all);
        else
            next.SetResult();
        GC.KeepAlive(number);
    }

    // Has the flow of the context suppressed while the box takes it: it takes none.
    private sealed class Unflowing(Task task) : ICriticalNotifyCompletion
    {
        private AsyncFlowControl _flow;

        public bool IsCompleted
        {
            get
            {
                _flow = ExecutionContext.SuppressFlow();
                return false;
            }
        }

        public Unflowing GetAwaiter() => this;

        public void GetResult()
        {
        }

        public void OnCompleted(Action continuation) => UnsafeOnCompleted(continuation);

        public void UnsafeOnCompleted(Action continuation)
        {
            _flow.Undo();
            task.ConfigureAwait(false).GetAwaiter().UnsafeOnCompleted(continuation);
        }
    }

    private sealed class OwnContext : SynchronizationContext, IDisposable
    {
        private readonly System.Collections.Concurrent.BlockingCollection<(SendOrPostCallback Call, object? State)> _posted = [];

        public override void Post(SendOrPostCallback d, object? state) => _posted.Add((d, state));

        public void Run()
        {
            foreach (var (call, state) in _posted.GetConsumingEnumerable())
                call(state);
        }

        public void Dispose() => _posted.Dispose();
    }
}
