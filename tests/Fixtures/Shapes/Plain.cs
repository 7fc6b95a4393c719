using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Stackflare.Fixtures.Shapes;

/// <summary>What the compiler leaves as it is written.</summary>
public static class Plain
{
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Simple(int n, string[] args) => Here.Stand();

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void NoParameters()
    {
        Here.Stand();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static unsafe void Odd(ref int a, in string b, out long c, int* d, int[,] e, List<string>[] f, nint g, delegate*<int, void> h, dynamic i)
    {
        c = 0;
        Here.Stand();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Generic<T, TOther>(T value, List<TOther> list, Dictionary<T, TOther[]>.KeyCollection keys)
        where T : notnull => Here.Stand();

    [MethodImpl(MethodImplOptions.NoInlining)]
    [StackTraceHidden]
    public static void Hidden() => Here.Stand();

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Wrapped()
    {
#line hidden
        int n = 1;
#line default
        if (n > 0)
        {
            Here.Stand(
                );
        }
    }

    public class Outer<TOuter>
    {
        public Outer(int n) => Here.Stand();

        public class Inner<TInner>
        {
            [MethodImpl(MethodImplOptions.NoInlining)]
            public void Run<T>(TOuter a, TInner b, T[] c) => Here.Stand();
        }
    }

    [StackTraceHidden]
    public static class HiddenType
    {
        public static class Nested
        {
            [MethodImpl(MethodImplOptions.NoInlining)]
            public static void Run() => Here.Stand();
        }
    }

    public static class StaticConstructor
    {
        public static readonly int Value = Here.Stand();

        static StaticConstructor() => Value += Here.Stand();
    }
}
