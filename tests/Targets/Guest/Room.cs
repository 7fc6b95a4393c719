using System.Runtime.CompilerServices;

namespace Stackflare.Targets.Guest;

/// <summary>Code that shapes load in contexts of their own. It knows no type of theirs: marks and parking come as delegates.</summary>
public static class Room
{
    /// <summary>Goes two calls deep and parks.</summary>
    /// <param name="mark">Told of every call: the method's name and the line.</param>
    /// <param name="park">Does not return while the thread is parked.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Enter(Action<string, int> mark, Action park)
    {
        Inner<string>(mark, park, Here(mark));
        GC.KeepAlive(mark);
    }

    /// <summary>Works a little and returns: for load, run, unload loops.</summary>
    /// <param name="rounds">How much.</param>
    public static int Work(int rounds)
    {
        var sum = 0;
        for (var i = 0; i < rounds; i++)
            sum = Mix(sum, i);
        return sum;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Inner<T>(Action<string, int> mark, Action park, bool marked)
    {
        Innermost(mark, park, marked && Here(mark));
        GC.KeepAlive(mark);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Innermost(Action<string, int> mark, Action park, bool marked)
    {
        if (marked && Here(mark)) park();
        GC.KeepAlive(park);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Mix(int a, int b) => unchecked((a * 31) ^ b);

    private static bool Here(Action<string, int> mark, [CallerMemberName] string member = "", [CallerLineNumber] int line = 0)
    {
        mark(member, line);
        return true;
    }
}
