using Stackflare.Capture.External;
using Stackflare.Interop;
using Stackflare.Runtime.Stacks;

namespace Stackflare.Tests.Capture.External;

/// <summary>Threads that do what a test says, at the moment that it says.</summary>
internal sealed class FakeThreads : IThreadControl
{
    private readonly Dictionary<int, FakeThread> _threads = [];

    /// <summary>Whether threads that have ended are still listed.</summary>
    public bool ListsEnded { get; init; }

    /// <summary>What was done to threads, in order.</summary>
    public List<string> Done { get; } = [];

    public FakeThread Add(int id)
    {
        var thread = new FakeThread();
        _threads.Add(id, thread);
        return thread;
    }

    public IEnumerable<int> List() => [.. _threads.Where(t => ListsEnded || !t.Value.HasEnded).Select(static t => t.Key)];

    public ThreadLook? Look(int thread) => _threads.TryGetValue(thread, out FakeThread? found) && !found.HasEnded ? found.Look() : null;

    /// <summary>Whether this process is kept running.</summary>
    public bool IsGuarded { get; private set; }

    public IDisposable Guard()
    {
        IsGuarded = true;
        return new Guarded(this);
    }

    public TimeSpan? CpuTime(int thread) => null;

    public int Seize(int thread)
    {
        Done.Add($"seize {thread}");
        FakeThread found = _threads[thread];
        found.IsTraced |= found is { HasEnded: false, SeizeError: 0, IsAnothers: false };
        return found.HasEnded ? -Posix.ESRCH : found.SeizeError;
    }

    public void Interrupt(int thread)
    {
        Assert.True(IsGuarded);
        Done.Add($"interrupt {thread}");
    }

    public StopState Poll(int thread, out StoppedCall stopped)
    {
        FakeThread found = _threads[thread];
        stopped = new StoppedCall(found.Registers, found.Signal, found.EndedCall);
        return found.EndsWhenSeized ? StopState.Ended : found.NeverStops || found.PollsBeforeStop-- > 0 ? StopState.Pending : StopState.Stopped;
    }

    public void Release(int thread, in StoppedCall stopped)
    {
        Assert.True(IsGuarded);
        Done.Add($"release {thread} with {stopped.Signal}");
        Released.Set();
    }

    /// <summary>Set when a thread goes on.</summary>
    public ManualResetEventSlim Released { get; } = new();

    private sealed class Guarded(FakeThreads threads) : IDisposable
    {
        public void Dispose() => threads.IsGuarded = false;
    }
}

/// <summary>One of them.</summary>
internal sealed class FakeThread
{
    public char State { get; set; } = 'S';

    public string Call { get; set; } = "running";

    public ulong Switches { get; set; } = 1;

    public bool IsTraced { get; set; }

    public bool HasEnded { get; set; }

    /// <summary>Whether the id has become that of another process's thread.</summary>
    public bool IsAnothers { get; set; }

    /// <summary>Called after each look.</summary>
    public Action? Looked { get; set; }

    public int SeizeError { get; set; }

    public bool EndsWhenSeized { get; set; }

    public bool NeverStops { get; set; }

    public int PollsBeforeStop { get; set; }

    public Registers Registers { get; set; }

    public int Signal { get; set; }

    public int? EndedCall { get; set; }

    /// <summary>Has it wait in a system call.</summary>
    public FakeThread Wait(ulong sp, ulong ip)
    {
        Call = FormattableString.Invariant($"202 0x1 0x80 0x0 0x0 0x0 0x0 0x{sp:x} 0x{ip:x}");
        return this;
    }

    /// <summary>Has it run, at a place.</summary>
    public FakeThread Run(ulong sp, ulong ip)
    {
        (State, Call, Registers) = ('R', "running", new Registers { Sp = sp, Ip = ip });
        return this;
    }

    public ThreadLook Look()
    {
        var look = new ThreadLook(State, Call, Switches, IsTraced);
        Looked?.Invoke();
        return look;
    }
}
