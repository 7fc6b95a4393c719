namespace Stackflare.Fixtures.Shapes;

public interface IStand<T>
{
    event Action Stood;

    int this[T key] { get; }

    void Run(List<T> all, string[] names);
}

/// <summary>Explicit members of a generic interface.</summary>
public class Stands : IStand<int>
{
    event Action IStand<int>.Stood
    {
        add => Here.Stand();
        remove => Here.Stand();
    }

    int IStand<int>.this[int key] => Here.Stand();

    void IStand<int>.Run(List<int> all, string[] names) => Here.Stand();
}

/// <summary>Members of extension blocks.</summary>
public static class StandExtensions
{
    extension(string text)
    {
        public int Standing => Here.Stand();

        public static int Place
        {
            get => 0;
            set => Here.Stand();
        }
    }

    extension(Stands)
    {
        public static Stands operator -(Stands a, Stands b)
        {
            Here.Stand();
            return a;
        }
    }

    public static int get_Nothing() => Here.Stand();
}

public record Copied(int Number);
