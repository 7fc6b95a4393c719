using System.Runtime.CompilerServices;

namespace Stackflare.Fixtures.Shapes;

public interface IStand
{
    int Explicit { get; }

    void Act(int n);
}

/// <summary>Accessors, operators, explicit implementations.</summary>
public class Members : IStand
{
    public int Count
    {
        [MethodImpl(MethodImplOptions.NoInlining)]
        get => Here.Stand();
        [MethodImpl(MethodImplOptions.NoInlining)]
        set => Here.Stand();
    }

    public int Once
    {
        get => 0;
        [MethodImpl(MethodImplOptions.NoInlining)]
        init => Here.Stand();
    }

    public int Lazy => new Func<int>(() => Here.Stand())();

    public int this[int i, string key]
    {
        [MethodImpl(MethodImplOptions.NoInlining)]
        get => Here.Stand();
        [MethodImpl(MethodImplOptions.NoInlining)]
        set => Here.Stand();
    }

    public event Action Changed
    {
        [MethodImpl(MethodImplOptions.NoInlining)]
        add => Here.Stand();
        [MethodImpl(MethodImplOptions.NoInlining)]
        remove => Here.Stand();
    }

    int IStand.Explicit
    {
        [MethodImpl(MethodImplOptions.NoInlining)]
        get => Here.Stand();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    void IStand.Act(int n) => Here.Stand();

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static int get_Pretender() => Here.Stand();

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Members operator +(Members a, Members b) => Do(a);

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Members operator checked -(Members a, Members b) => Do(a);

    public static Members operator -(Members a, Members b) => a;

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Members operator -(Members a) => Do(a);

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Members operator >>>(Members a, int n) => Do(a);

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static bool operator true(Members a) => Do(a) is null;

    public static bool operator false(Members a) => false;

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static implicit operator int(Members a) => Here.Stand();

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static explicit operator checked short(Members a) => (short)Here.Stand();

    public static explicit operator short(Members a) => 0;

    [MethodImpl(MethodImplOptions.NoInlining)]
    public void operator +=(int n) => Here.Stand();

    private static Members Do(Members a)
    {
        Here.Stand();
        return a;
    }
}
