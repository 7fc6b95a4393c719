using System.Globalization;
using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;
using System.Runtime.Loader;
using Stackflare.Targets.Common;

namespace Stackflare.Targets.Shapes;

/// <summary>
/// A program that never stands still. <c>--with</c> says in which ways, comma-separated: <c>heap</c> (allocates and collects),
/// <c>threads</c> (start and end), <c>dynamic</c> (methods and assemblies are emitted, run and dropped), <c>contexts</c>
/// (assemblies are loaded, run and unloaded). The command <c>progress</c> says how many rounds one has done, <c>pause</c> stops them between two rounds, <c>resume</c> lets them go on.
/// </summary>
public sealed class Churn : Shape
{
    private readonly Dictionary<string, StrongBox<long>> _rounds = [];
    private readonly Dictionary<string, object> _gates = [];
    private byte[]?[] _heap = new byte[4096][];

    public override void Start(Host host)
    {
        host.StartThread("still", track => Still(host, track));
        foreach (var way in host.Options.Get("--with", "heap,threads,dynamic,contexts").Split(','))
        {
            Action<long> round = way switch
            {
                "heap" => Allocate,
                "threads" => StartAndEnd,
                "dynamic" => EmitAndDrop,
                "contexts" => LoadAndUnload,
                _ => throw new ArgumentException($"no churn {way}", nameof(host)),
            };
            Go(host, way, round);
        }

        host.OnCommand("pause", _ =>
        {
            // Between two rounds none has a thread, an assembly or a file in the making.
            foreach (var gate in _gates.Values)
                Monitor.Enter(gate);
            return "paused";
        });
        host.OnCommand("resume", _ =>
        {
            foreach (var gate in _gates.Values)
                Monitor.Exit(gate);
            return "resumed";
        });
        host.OnCommand("progress", way => Volatile.Read(ref _rounds[way].Value).ToString(CultureInfo.InvariantCulture));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Still(Host host, Track track)
    {
        host.Park(track.Here<Churn>());
        GC.KeepAlive(track);
    }

    // READY waits for the first round of each way: what is dumped is a program in full churn.
    private void Go(Host host, string way, Action<long> round)
    {
        var rounds = _rounds[way] = new StrongBox<long>();
        var gate = _gates[way] = new object();
        using var first = new ManualResetEventSlim();
        var thread = new Thread(() =>
        {
            for (; ; )
            {
                lock (gate)
                    round(rounds.Value);
                if (Interlocked.Increment(ref rounds.Value) == 1)
                    first.Set();
            }
        });
        thread.Name = "churn " + way;
        thread.IsBackground = true;
        thread.Start();
        first.Wait();
    }

    private void Allocate(long round)
    {
        // Survivors of all generations, some on the large object heap; bounded by the table's size.
        for (var i = 0; i < 2000; i++)
            _heap[(round * 31 + i) % _heap.Length] = new byte[i % 500 == 0 ? 90_000 : 200];
        if (round % 64 == 0)
            GC.Collect(round % 256 == 0 ? 2 : 0);
        if (round % 1024 == 0)
            _heap = new byte[4096][];
    }

    private void StartAndEnd(long round)
    {
        var threads = new Thread[8];
        for (var i = 0; i < threads.Length; i++)
        {
            threads[i] = new Thread(static () => Work(50), 128 << 10) { Name = $"short-{round}-{i}" };
            threads[i].Start();
        }

        foreach (var thread in threads)
            thread.Join();
    }

    private void EmitAndDrop(long round)
    {
        var method = new DynamicMethod("Dynamic" + round, typeof(int), [typeof(int)]);
        EmitCallToWork(method.GetILGenerator());
        method.CreateDelegate<Func<int, int>>()(20);

        var assembly = AssemblyBuilder.DefineDynamicAssembly(new AssemblyName("Emitted" + round), AssemblyBuilderAccess.RunAndCollect);
        var type = assembly.DefineDynamicModule("Emitted").DefineType("EmittedType", TypeAttributes.Public);
        EmitCallToWork(type.DefineMethod("Run", MethodAttributes.Public | MethodAttributes.Static, typeof(int), [typeof(int)]).GetILGenerator());
        type.CreateType().GetMethod("Run")!.CreateDelegate<Func<int, int>>()(20);
        if (round % 16 == 0)
            GC.Collect();
    }

    private static void EmitCallToWork(ILGenerator il)
    {
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Call, typeof(Churn).GetMethod(nameof(Work))!);
        il.Emit(OpCodes.Ret);
    }

    private void LoadAndUnload(long round)
    {
        RunInContext();
        if (round % 8 == 0)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void RunInContext()
    {
        var context = new AssemblyLoadContext("churn", isCollectible: true);
        context.LoadFromAssemblyPath(Path.Combine(AppContext.BaseDirectory, "Guest.dll"))
            .GetType("Stackflare.Targets.Guest.Room", throwOnError: true)!.GetMethod("Work")!.CreateDelegate<Func<int, int>>()(1000);
        context.Unload();
    }

    /// <summary>Something to be found in; public, for the emitted code.</summary>
    public static int Work(int rounds)
    {
        var sum = 0;
        for (var i = 0; i < rounds * 100; i++)
            sum = unchecked((sum * 31) ^ i);
        return sum;
    }
}
