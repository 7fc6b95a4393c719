using Stackflare.Writers.Text;

namespace Stackflare.Tests.Writers;

public sealed class StackRunTests
{
    [Theory]
    [InlineData("aaa", "3a")]
    [InlineData("aa", "a a")]
    [InlineData("ababab", "3ab")]
    [InlineData("ababa", "a b a b a")]
    [InlineData("xabcabcabcab", "x 3abc a b")]
    [InlineData("aaaabaaabaaab", "4a b 3a b 3a b")]
    [InlineData("aaabaaabaaab", "3aaab")]
    [InlineData("abcdefghabcdefghabcdefgh", "3abcdefgh")]
    [InlineData("abcdefghiabcdefghiabcdefghi", "a b c d e f g h i a b c d e f g h i a b c d e f g h i")]
    [InlineData("aabb", "a a b b")]
    [InlineData("", "")]
    public void FindsTheCycleThatCoversMost(string stack, string expected) =>
        Assert.Equal(expected, string.Join(' ', Runs([.. stack.Select(c => (int)c)])
            .Select(r => $"{(r.Repeats > 1 ? r.Repeats : "")}{stack.AsSpan(r.Start, r.Period)}")));

    [Fact]
    public void FoldingLosesNothing()
    {
        var random = new Random(20261122);
        for (int i = 0; i < 3000; i++)
        {
            int[] stack = RandomStack(random);
            var unfolded = new List<int>();
            foreach (var run in Runs(stack))
            {
                Assert.True(run.Repeats == 1 ? run.Period == 1 : run.Repeats >= StackRun.MinRepeats && run.Period <= StackRun.LongestPeriod);
                for (int repeat = 0; repeat < run.Repeats; repeat++)
                    unfolded.AddRange(stack.AsSpan(run.Start, run.Period).ToArray());
            }
            Assert.Equal(stack, unfolded);
        }
    }

    internal static int[] RandomStack(Random random)
    {
        var stack = new List<int>();
        for (int part = random.Next(6); part > 0; part--)
        {
            int[] cycle = new int[random.Next(1, 11)];
            for (int i = 0; i < cycle.Length; i++)
                cycle[i] = random.Next(4);
            for (int repeat = random.Next(1, 9); repeat > 0; repeat--)
                stack.AddRange(cycle);
        }
        return [.. stack];
    }

    private static List<StackRun> Runs(int[] stack)
    {
        var runs = new List<StackRun>();
        for (int i = 0; i < stack.Length; i = runs[^1].End)
            runs.Add(StackRun.At(stack, i));
        return runs;
    }
}
