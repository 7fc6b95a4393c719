using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Truth;

/// <summary>A call has the name that its author wrote and the line that it is at, in each form that C# has for it.</summary>
public sealed class SyntaxTests
{
    /// <summary>
    /// Forms in which two calls of one piece of code can lead to the next frame: of two delegates, or of two members of a type parameter. In optimized code, the line is
    /// then said to be approximate.
    /// </summary>
    private static readonly string[] Ambiguous = ["combined delegate", "constrained", "lambda in getter", "static abstract operator", "lambda: in a local function", "lambda: returning a lambda"];

    [Theory]
    [InFlavours(Spread.Newest, LooksAt.Stacks)]
    [InFlavours("unoptimized", LooksAt.Stacks)]
    [InFlavours("untiered", LooksAt.Stacks)]
    [InFlavours("net11, unoptimized", LooksAt.Stacks)]
    [InFlavours("net11, untiered", LooksAt.Stacks)]
    public async Task EachFormHasItsNameAndLine(string flavour)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "SyntaxForms");
        JsonDump dump = await target.WholeDumpAsync();
        Assert.InRange(target.Truth.Threads.Count, 170, 300);
        Assert.All(target.Truth.Threads, thread =>
        {
            if (Ambiguous.Contains(thread.Name))
                AssertNear(thread.Calls, dump.Of(thread).Calls);
            else
                thread.AssertIn(dump);
        });
    }

    /// <summary>The same methods, and each line is right or said to be approximate.</summary>
    private static void AssertNear(IReadOnlyList<string> expected, IReadOnlyList<string> calls)
    {
        Assert.Equal(expected.Select(Method), calls.Select(Method));
        Assert.All(expected.Zip(calls), pair => Assert.True(pair.First == pair.Second || pair.Second.EndsWith(" or near it", StringComparison.Ordinal), pair.ToString()));

        static string Method(string call) => call[..call.LastIndexOf(':')];
    }
}
