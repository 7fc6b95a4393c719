using System.Runtime.CompilerServices;

namespace Stackflare.Targets.Shapes;

/// <summary>A heap that never stands still: async methods begin and end, and garbage of all ages is collected in every way.</summary>
internal sealed class AsyncChurn
{
    private object?[] _heap = new object?[8192];

    public void Start()
    {
        Go("churn heap", Allocate);
        Go("churn async", Pass);
        Go("churn collections", Collect);
    }

    private static void Go(string name, Action<int> round)
    {
        var thread = new Thread(() =>
        {
            for (var i = 0; ; i++)
                round(i);
        });
        thread.Name = name;
        thread.IsBackground = true;
        thread.Start();
    }

    private void Allocate(int round)
    {
        for (var i = 0; i < 2000; i++)
            _heap[((round * 31) + i) % _heap.Length] = i % 500 == 0 ? new byte[90_000] : i % 5 == 0 ? Task.FromResult(i) : new byte[200];
        if (round % 1024 == 0)
            _heap = new object?[8192];
    }

    // Some of what is begun is dropped unfinished: dead boxes, until a collection takes them.
    private void Pass(int round)
    {
        for (var i = 0; i < 200; i++)
        {
            var source = new TaskCompletionSource<int>();
            var task = Passing(Passed(source));
            _heap[((round * 17) + i) % _heap.Length] = task;
            if (i % 7 != 0)
                source.SetResult(i);
        }
    }

    private static async Task<int> Passing(ValueTask<int> task) => await task + 1;

    private static async ValueTask<int> Passed(TaskCompletionSource<int> source) => await source.Task.ConfigureAwait(false);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Collect(int round)
    {
        switch (round % 4)
        {
            case 0:
                GC.Collect(0);
                break;
            case 1:
                GC.Collect(1);
                break;
            case 2:
                GC.Collect(2, GCCollectionMode.Forced, blocking: false);
                break;
            default:
                GC.Collect(2, GCCollectionMode.Forced, blocking: true, compacting: round % 8 == 3);
                break;
        }

        Thread.Sleep(1);
    }
}
