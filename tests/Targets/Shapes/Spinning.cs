using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;
using Stackflare.Targets.Common;

namespace Stackflare.Targets.Shapes;

/// <summary>
/// Threads that never wait. They are caught anywhere in their loop, whose first and last line they tell; long before that, the runtime
/// has replaced the loop's code while it ran. <c>--threads N</c> is for more of them than there are processors.
/// </summary>
internal sealed class Spinning : Shape
{
    private const int Rounds = 200_000;

    private long _sum;

    public override void Start(Host host)
    {
        host.StartThread("plain loop", track => Loop(host, track));
        host.StartThread("calling loop", track => CallingLoop(host, track));
        for (int i = 2; i < host.Options.Number("--threads", 2); i++)
            host.StartThread($"loop {i}", track => Loop(host, track));
        if (host.Options.Number("--made", 0) == 1)
        {
            host.StartThread("made loop", track => MadeLoop("MadeLoop", calls: false)(host, track));
            host.StartThread("made calling loop", track => MadeLoop("MadeCallingLoop", calls: true)(host, track));
            host.StartThread("compiling loop", track => CompilingLoop(host, track));
        }
    }

    /// <summary>A loop in a method that is made while the program runs.</summary>
    private static Action<Host, Track> MadeLoop(string name, bool calls)
    {
        var method = new DynamicMethod(name, typeof(void), [typeof(Host), typeof(Track)], typeof(Spinning).Module, skipVisibility: true);
        ILGenerator code = method.GetILGenerator();
        code.Emit(OpCodes.Ldarg_0);
        code.Emit(OpCodes.Ldarg_1);
        code.Emit(OpCodes.Call, Own(nameof(Begin)));
        Label again = code.DefineLabel();
        code.MarkLabel(again);
        if (calls)
        {
            code.Emit(OpCodes.Ldc_I8, 1L);
            code.Emit(OpCodes.Call, Own(nameof(Step)));
            code.Emit(OpCodes.Pop);
        }
        code.Emit(OpCodes.Br, again);
        return method.CreateDelegate<Action<Host, Track>>();
    }

    /// <summary>Calls made methods, of which the called one is compiled first, which takes long.</summary>
    private static void CompilingLoop(Host host, Track track)
    {
        bool isFirst = true;
        for (; ; isFirst = false)
        {
            Action<bool> caller = MadeCaller();
            caller(false);
            if (isFirst)
                Begin(host, track);
            CallOnce(caller);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void CallOnce(Action<bool> caller) => caller(true);

    private static Action<bool> MadeCaller()
    {
        const int Additions = 50_000;
        var large = new DynamicMethod("MadeLarge", typeof(int), [typeof(int)], typeof(Spinning).Module);
        ILGenerator code = large.GetILGenerator();
        code.Emit(OpCodes.Ldarg_0);
        for (int i = 0; i < Additions; i++)
        {
            code.Emit(OpCodes.Ldarg_0);
            code.Emit(OpCodes.Add);
        }
        code.Emit(OpCodes.Ret);

        var method = new DynamicMethod("MadeCaller", typeof(void), [typeof(bool)], typeof(Spinning).Module);
        code = method.GetILGenerator();
        Label end = code.DefineLabel();
        code.Emit(OpCodes.Ldarg_0);
        code.Emit(OpCodes.Brfalse, end);
        code.Emit(OpCodes.Ldc_I4_1);
        code.Emit(OpCodes.Call, large);
        code.Emit(OpCodes.Pop);
        code.MarkLabel(end);
        code.Emit(OpCodes.Ret);
        return method.CreateDelegate<Action<bool>>();
    }

    private static MethodInfo Own(string name) => typeof(Spinning).GetMethod(name, BindingFlags.Static | BindingFlags.NonPublic)!;

    private static void Begin(Host host, Track track) => host.Arrive(track.Here<Spinning>(), inManagedCode: false);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Loop(Host host, Track track)
    {
        var sum = 0L;
        for (long i = 0; ; i++)
        {
            sum = unchecked((sum * 31) ^ i);
            if (i == Rounds)
                Tell(host, track, LineHere() - 4, LineHere() + 3);
            if ((i & 0xffff) == 0)
                Volatile.Write(ref _sum, sum);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void CallingLoop(Host host, Track track)
    {
        for (long i = 0; ; i++)
        {
            Volatile.Write(ref _sum, Step(i));
            if (i == Rounds)
                Tell(host, track, LineHere() - 4, LineHere() + 1);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static long Step(long i) => unchecked(i * 31);

    private static int LineHere([CallerLineNumber] int line = 0) => line;

    private static void Tell(Host host, Track track, int first, int last, [CallerMemberName] string member = "") =>
        host.Arrive(ThreadTruth.OfThisThread(track.Here<Spinning>(member, line: first).Here<Spinning>(member, line: last), "", null), inManagedCode: false);
}
