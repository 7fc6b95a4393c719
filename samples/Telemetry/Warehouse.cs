namespace Telemetry;

internal static class Warehouse
{
    /// <summary>The mistake: it blocks a thread of the pool until another one has the answer.</summary>
    public static int Count(int item) => CountAsync(item).Result;

    private static async Task<int> CountAsync(int item)
    {
        await Task.Delay(200);
        return item * 7 % 50;
    }
}
