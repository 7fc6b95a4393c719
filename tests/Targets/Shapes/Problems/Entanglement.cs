using System.Runtime.CompilerServices;
using Stackflare.Targets.Common;

namespace Stackflare.Targets.Shapes.Problems;

/// <summary>
/// Threads that hold a lock and wait for what another thread runs, which wants the lock: a static constructor, a callback of a cancellation, the
/// finalizers, a task and an async method. With <c>--wanted 0</c>, the other threads do not want the lock, but sleep. <c>--mutexes 1</c>: also two threads with
/// a mutex each. <c>--itself 1</c>: also a thread that waits for its own end.
/// </summary>
internal sealed class Entanglement : Shape
{
    private static Host _host = null!;
    private static bool _isWanted;

    public override void Start(Host host)
    {
        _host = host;
        _isWanted = host.Options.Number("--wanted", 1) == 1;
        host.StartThread("settings reader", ReadSettings);
        new Thread(MakeSettings) { Name = "settings maker", IsBackground = true }.Start();
        host.StartThread("call closer", Close);
        host.StartThread("trimmer", Trim);
        host.StartThread("work waiter", AwaitWork);
        host.StartThread("saver", Save);
        host.StartThread("collector", AwaitAll);
        if (_isWanted)
            host.StartThread("catalog reader", ReadCatalog);
        if (host.Options.Number("--itself", 0) == 1)
            host.StartThread("lonely", Join);
        if (host.Options.Number("--mutexes", 0) == 0)
            return;
        Mutex left = new(), right = new();
        var areOwned = new CountdownEvent(2);
        host.StartThread("left", track => Exchange(track, left, right, areOwned));
        host.StartThread("right", track => Exchange(track, right, left, areOwned));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Join(Track track)
    {
        _host.Arrive(track.Next<Entanglement>(), inManagedCode: false);
        Thread.CurrentThread.Join();
        GC.KeepAlive(track);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Exchange(Track track, Mutex own, Mutex other, CountdownEvent areOwned)
    {
        own.WaitOne();
        areOwned.Signal();
        areOwned.Wait();
        _host.Arrive(track.Next<Entanglement>(), inManagedCode: false);
        other.WaitOne();
        GC.KeepAlive(track);
    }

    /// <summary>What the other thread does: it wants a lock, or it sleeps.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Want(object gate)
    {
        if (!_isWanted)
            Thread.Sleep(Timeout.Infinite);
        lock (gate)
            GC.KeepAlive(gate);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void ReadSettings(Track track)
    {
        lock (Settings.Gate.Lock)
        {
            Settings.Gate.IsHeld.Set();
            Settings.Gate.IsInside.Wait();
            _host.Arrive(track.Next<Entanglement>(), inManagedCode: false);
            GC.KeepAlive(Settings.Read());
        }
        GC.KeepAlive(track);
    }

    private static void MakeSettings()
    {
        Settings.Gate.IsHeld.Wait();
        GC.KeepAlive(Settings.Read());
    }

    /// <summary>Its static constructor waits for a task that needs it.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void ReadCatalog(Track track)
    {
        _host.Arrive(track.Next<Entanglement>(), inManagedCode: false);
        GC.KeepAlive(Catalog.Read());
        GC.KeepAlive(track);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Close(Track track)
    {
        object gate = new();
        using var isInside = new ManualResetEventSlim();
        using var source = new CancellationTokenSource();
        CancellationTokenRegistration registration = source.Token.Register(() =>
        {
            isInside.Set();
            Want(gate);
        });
        lock (gate)
        {
            new Thread(source.Cancel) { Name = "canceller", IsBackground = true }.Start();
            isInside.Wait();
            _host.Arrive(track.Next<Entanglement>(), inManagedCode: false);
            registration.Dispose();
        }
        GC.KeepAlive(track);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Trim(Track track)
    {
        object gate = new();
        lock (gate)
        {
            using var isInside = new ManualResetEventSlim();
            Leave(gate, isInside);
            while (!isInside.IsSet)
                GC.Collect();
            _host.Arrive(track.Next<Entanglement>(), inManagedCode: false);
            GC.WaitForPendingFinalizers();
        }
        GC.KeepAlive(track);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Leave(object gate, ManualResetEventSlim isInside) => GC.KeepAlive(new Lost(gate, isInside));

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void AwaitWork(Track track)
    {
        object gate = new();
        lock (gate)
        {
            Task work = Begun(gate);
            _host.Arrive(track.Next<Entanglement>(), inManagedCode: false);
            work.Wait();
        }
        GC.KeepAlive(track);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void AwaitAll(Track track)
    {
        object gate = new();
        lock (gate)
        {
            Task work = Begun(gate);
            _host.Arrive(track.Next<Entanglement>(), inManagedCode: false);
            Task.WhenAll(Task.Delay(Timeout.Infinite), work).Wait();
        }
        GC.KeepAlive(track);
    }

    /// <summary>A task that a worker has begun to run, so that nobody else runs it.</summary>
    private static Task Begun(object gate)
    {
        using var isInside = new ManualResetEventSlim();
        var work = Task.Factory.StartNew(
            () =>
            {
                isInside.Set();
                Want(gate);
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        isInside.Wait();
        return work;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Save(Track track)
    {
        object gate = new();
        lock (gate)
        {
            Task saved = SaveAsync(gate);
            _host.Arrive(track.Next<Entanglement>(), inManagedCode: false);
            saved.Wait();
        }
        GC.KeepAlive(track);
    }

    private static async Task SaveAsync(object gate)
    {
        await WriteAsync(gate);
        GC.KeepAlive(gate);
    }

    private static async Task WriteAsync(object gate)
    {
        await Task.Yield();
        Want(gate);
    }

    /// <summary>A class with a static constructor that another thread runs.</summary>
    private static class Settings
    {
        private static readonly string _text;

        static Settings()
        {
            Gate.IsInside.Set();
            Want(Gate.Lock);
            _text = "settings";
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        public static string Read() => _text;

        /// <summary>Not part of the class that is initialized.</summary>
        public static class Gate
        {
            public static readonly object Lock = new();
            public static readonly ManualResetEventSlim IsHeld = new(), IsInside = new();
        }
    }

    private static class Catalog
    {
        private static readonly string _text;

        static Catalog()
        {
            Task.Factory.StartNew(Load, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Wait();
            _text = "catalog";
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        public static string Read() => _text;

        [MethodImpl(MethodImplOptions.NoInlining)]
        private static void Load() => GC.KeepAlive(_text);
    }

    private sealed class Lost(object gate, ManualResetEventSlim isInside)
    {
        ~Lost()
        {
            isInside.Set();
            Want(gate);
        }
    }
}
