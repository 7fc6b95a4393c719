using System.Runtime.CompilerServices;

namespace Stackflare.BenchTarget;

/// <summary>A heap of a given size: async methods that wait, each for a task of its own, and objects that nobody waits for.</summary>
internal static class Awaiting
{
    private static readonly List<object> Kept = [];

    /// <param name="methods">Async methods that wait.</param>
    /// <param name="objects">Other objects.</param>
    /// <param name="types">How many types those are of; 0: as few as in most arrays.</param>
    internal static void Fill(int methods, int objects, int types)
    {
        for (int i = 0; i < methods; i++)
            Kept.Add(Order(new TaskCompletionSource()));
        Kept.Add(types == 0 ? Few(objects) : Many(objects, types));
        GC.Collect();
    }

    private static object[] Few(int objects)
    {
        object[] kept = new object[objects];
        for (int i = 0; i < objects; i++)
        {
            // As heaps are: most objects are small, and some have references.
            kept[i] = (i % 3) switch
            {
                0 => new object(),
                1 => new byte[16 + (i % 64)],
                _ => new Tuple<object?, long>(kept[i - 1], i),
            };
        }
        return kept;
    }

    private static object[] Many(int objects, int types)
    {
        Type[] digits = [typeof(byte), typeof(short), typeof(int), typeof(long), typeof(float), typeof(double), typeof(char), typeof(bool), typeof(uint), typeof(ulong)];
        object[] kept = new object[objects];
        for (int i = 0; i < objects; i++)
        {
            int type = i % types;
            kept[i] = i < types
                ? Activator.CreateInstance(typeof(Tuple<,,,>).MakeGenericType(digits[type % 10], digits[type / 10 % 10], digits[type / 100 % 10], digits[type / 1000 % 10]), Values(type))!
                : Clone(kept[type]);
        }
        return kept;

        object[] Values(int type) =>
            [.. new[] { type % 10, type / 10 % 10, type / 100 % 10, type / 1000 % 10 }.Select(d => Activator.CreateInstance(digits[d])!)];
    }

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "MemberwiseClone")]
    private static extern object Clone(object one);

    private static async Task Order(TaskCompletionSource paid) => await paid.Task;
}
