using System.Runtime.CompilerServices;

namespace Stackflare.Targets.Shapes.Awaits;

/// <summary>What can be awaited for the sole reason that it has the methods for it.</summary>
internal sealed class Awaiters
{
    public static void Begin(AsyncCases cases)
    {
        cases.Begin("own awaiter around a task", OnWrapped);
        cases.Begin("own awaiter around a method", OverWrapped);
        cases.Begin("own awaiter that keeps", OnKeeping);
        cases.Begin("own awaiter that keeps, under others", OverKeeping);
        cases.Begin("own awaiter by extension", OnExtension);
    }

    private static async Task OnWrapped(AsyncTrack track) => await new Wrapped(track.Here<Awaiters>().Never());

    private static async Task OverWrapped(AsyncTrack track) => await new Wrapped(Wait(track.Here<Awaiters>()));

    private static async Task<int> Wait(AsyncTrack track) => await track.Here<Awaiters>().Never();

    // A state machine keeps an awaiter that is an object as one of any type.
#if RUNTIME_ASYNC
    private const string TypeOfBell = "Bell";
#else
    private const string? TypeOfBell = null;
#endif

    private static async Task OnKeeping(AsyncTrack track) => await track.Here<Awaiters>().On(AsyncWaitKind.Other, new Bell(), type: TypeOfBell);

    private static async Task OverKeeping(AsyncTrack track)
    {
        await OnKeeping(track.Here<Awaiters>());
        GC.KeepAlive(track);
    }

    private static async Task OnExtension(AsyncTrack track) => await track.Here<Awaiters>().On(AsyncWaitKind.Delay, TimeSpan.FromHours(1), isDue: true);

    private readonly struct Wrapped(Task<int> task)
    {
        public Awaiter GetAwaiter() => new(task.GetAwaiter());

        internal readonly struct Awaiter(TaskAwaiter<int> awaiter) : ICriticalNotifyCompletion
        {
            private readonly TaskAwaiter<int> _awaiter = awaiter;

            public bool IsCompleted => _awaiter.IsCompleted;

            public int GetResult() => _awaiter.GetResult();

            public void OnCompleted(Action continuation) => _awaiter.OnCompleted(continuation);

            public void UnsafeOnCompleted(Action continuation) => _awaiter.UnsafeOnCompleted(continuation);
        }
    }

    /// <summary>Its own awaiter. A method keeps it as an object of any type.</summary>
    private sealed class Bell : INotifyCompletion
    {
        private Action? _continuation;

        public bool IsCompleted => _continuation is null && Volatile.Read(ref _continuation) is not null;

        public Bell GetAwaiter() => this;

        public void GetResult() => GC.KeepAlive(this);

        public void OnCompleted(Action continuation) => _continuation = continuation;
    }
}
