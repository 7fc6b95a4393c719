using System.Runtime.CompilerServices;

namespace Stackflare.Fixtures.Shapes;

/// <summary>Lambdas and local functions.</summary>
public class Closures
{
    private readonly Func<int> _inField = () => Here.Stand();

    public Closures()
    {
    }

    public Closures(int n)
    {
        Func<int> run = () => Here.Stand() + n;
        run();
    }

    public void Field() => _inField();

    public static void Static()
    {
        Func<int, string, int> run = (number, text) => Here.Stand();
        run(1, "");
    }

    public static void Captures(int n)
    {
        Action<int> run = m => n += Here.Stand() + m;
        run(1);
    }

    public static void Nested(int n)
    {
        Action outer = () =>
        {
            int m = n;
            Action inner = () => m += Here.Stand() + n;
            inner();
        };
        outer();
    }

    public static void InGeneric<T>(T value)
    {
        Func<T, int> run = item => Here.Stand() + (value is null ? 1 : 0);
        run(value);
    }

    public static void Local(int n)
    {
        Inside("");

        [MethodImpl(MethodImplOptions.NoInlining)]
        void Inside(string text) => n += Here.Stand();
    }

    public static void GenericLocal<T>(T value)
    {
        int n = 0;
        Inside("");

        [MethodImpl(MethodImplOptions.NoInlining)]
        void Inside<TLocal>(TLocal other) => n += Here.Stand() + (value is null ? 1 : 0);
    }

    public static void LocalInLambda()
    {
        Action run = () =>
        {
            Inside();

            [MethodImpl(MethodImplOptions.NoInlining)]
            static void Inside() => Here.Stand();
        };
        run();
    }

    public static void FileLocal() => OnlyHere.Run(new OnlyHere());
}

file class OnlyHere
{
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Run(OnlyHere self) => Here.Stand();
}
