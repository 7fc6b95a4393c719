namespace Stackflare.EndToEnd.Harness;

/// <summary>
/// Dumps that a limit on time has cut short, as they say: on a machine that does much else, a program that stands still gets no processor for longer than it may stand still.
/// Tests that need all of a dump take another then.
/// </summary>
internal static class CutShort
{
    /// <summary>Whether a dump says so, in any format that has notes.</summary>
    public static bool Says(string dump) => dump.Contains("limit on the pause was reached", StringComparison.Ordinal) || dump.Contains("a limit was reached", StringComparison.Ordinal);

    /// <summary>Takes dumps until one is whole.</summary>
    /// <param name="take">Takes one.</param>
    /// <param name="text">Its text.</param>
    public static Task<T> UntilWholeAsync<T>(Func<Task<T>> take, Func<T, string> text) => UntilAsync(take, dump => !Says(text(dump)), text);

    /// <summary>The same for dumps that say it in other words.</summary>
    /// <param name="take">Takes one.</param>
    /// <param name="isWhole">Whether it is whole.</param>
    /// <param name="text">Its text.</param>
    public static async Task<T> UntilAsync<T>(Func<Task<T>> take, Func<T, bool> isWhole, Func<T, string> text)
    {
        for (var deadline = Deadline.In(); ;)
        {
            T dump = await take();
            if (isWhole(dump))
                return dump;
            Assert.True(deadline.Left > TimeSpan.Zero, $"no dump is whole:\n{text(dump)}");
        }
    }
}
