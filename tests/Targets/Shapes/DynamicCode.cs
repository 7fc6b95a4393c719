using System.Linq.Expressions;
using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;
using Stackflare.Targets.Common;

namespace Stackflare.Targets.Shapes;

/// <summary>Threads in methods that the program has made while it runs. They have no metadata.</summary>
internal sealed class DynamicCode
{
    public static void StartThreads(Host host)
    {
        host.StartThread("dynamic method", track => MadeMethod().CreateDelegate<Action<Host, Track>>()(host, track));
        host.StartThread("dynamic method by reflection", track => MadeMethod().Invoke(null, [host, track]));
        host.StartThread("compiled expression", track => MadeExpression()(host, track));
        host.StartThread("dynamic call", track => Call(new Callee(), host, track));
    }

    private static DynamicMethod MadeMethod()
    {
        var method = new DynamicMethod("MadeMethod", typeof(void), [typeof(Host), typeof(Track)], typeof(DynamicCode).Module, skipVisibility: true);
        var code = method.GetILGenerator();
        code.Emit(OpCodes.Ldarg_0);
        code.Emit(OpCodes.Ldarg_1);
        code.Emit(OpCodes.Call, Method(nameof(Park)));
        // After a call at its end there would be a jump instead.
        code.Emit(OpCodes.Ldarg_1);
        code.Emit(OpCodes.Call, typeof(GC).GetMethod(nameof(GC.KeepAlive))!);
        code.Emit(OpCodes.Ret);
        return method;
    }

    private static Action<Host, Track> MadeExpression()
    {
        var host = Expression.Parameter(typeof(Host));
        var track = Expression.Parameter(typeof(Track));
        var body = Expression.Block(Expression.Call(Method(nameof(Park)), host, track), Expression.Call(typeof(GC), nameof(GC.KeepAlive), null, track));
        return Expression.Lambda<Action<Host, Track>>(body, "MadeExpression", [host, track]).Compile();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Call(dynamic callee, Host host, Track track)
    {
        object parked = callee.Park(host, track.Here<DynamicCode>());
        GC.KeepAlive(parked);
    }

    private static MethodInfo Method(string name) => typeof(DynamicCode).GetMethod(name, BindingFlags.Static | BindingFlags.NonPublic)!;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Park(Host host, Track track)
    {
        host.Park(track.Here<DynamicCode>());
        GC.KeepAlive(track);
    }

    internal sealed class Callee
    {
        [MethodImpl(MethodImplOptions.NoInlining)]
        public int Park(Host host, Track track)
        {
            host.Park(track.Here<Callee>());
            return host.GetHashCode();
        }
    }
}
