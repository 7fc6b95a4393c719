namespace Stackflare.BenchTarget;

/// <summary>A heap of a given size: async methods that wait, each for a task of its own, and objects that nobody waits for.</summary>
internal static class Awaiting
{
    private static readonly List<object> Kept = [];

    internal static void Fill(int methods, int objects)
    {
        for (int i = 0; i < methods; i++)
            Kept.Add(Order(new TaskCompletionSource()));
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
        Kept.Add(kept);
        GC.Collect();
    }

    private static async Task Order(TaskCompletionSource paid) => await paid.Task;
}
