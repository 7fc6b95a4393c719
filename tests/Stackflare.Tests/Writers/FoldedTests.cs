using System.Globalization;
using System.Text.RegularExpressions;
using Stackflare.Writers.Profiles;

namespace Stackflare.Tests.Writers;

/// <summary>What holds for folded stacks whatever the names: the rules that readers of them have.</summary>
public sealed partial class FoldedTests
{
    // As escapes: what the file would show of some of them is not what they are.
    private static readonly string[] Pieces =
    [
        ";", " ", "  ", "7", " 12", " 3.5", "\n", "\r\n", "\t", "\0", "\u001b[31m", "\u00a0", "\u2028", "\u202e", "\u0663", "\ud83d\ude00", "\ud83d", "\udc00",
        "\ud835\udfd7", "worker", "Run", "[x]", "#", "\\", "\"",
    ];

    [Fact]
    public void EveryLineFollowsTheRulesOfItsReaders()
    {
        var random = new Random(20261122);
        for (int round = 0; round < 500; round++)
        {
            var dumps = Enumerable.Range(0, random.Next(1, 4)).Select(_ => RandomDump(random)).ToList();
            var samples = new StackSamples(RenderOptions.Default);
            dumps.ForEach(d => samples.Add(d));
            string text = Render.With(samples, DumpFormat.Folded);

            string[] lines = text.Split('\n');
            Assert.Equal("", lines[^1]);
            var read = lines[..^1].Select(Read).ToList();
            Assert.Equal(read.Count, read.Select(r => string.Join(';', r.Names)).Distinct().Count());

            // Names may be changed; how deep each stack is and how often it was met may not.
            var expected = dumps.SelectMany(d => d.Threads).Where(t => t.Frames.Count > 0).CountBy(t => t.Frames.Count + 1).OrderBy(c => c.Key);
            var actual = read.GroupBy(r => r.Names.Length).Select(g => KeyValuePair.Create(g.Key, g.Sum(r => r.Count))).OrderBy(c => c.Key);
            Assert.Equal(expected, actual);
        }
    }

    [Theory]
    [InlineData("Run", "Run")]
    [InlineData("Thread 7", "Thread_7")]
    [InlineData("Thread 7 8", "Thread 7_8")]
    [InlineData("Thread #7", "Thread #7")]
    [InlineData("operator +", "operator +")]
    [InlineData("a;b", "a:b")]
    [InlineData(" 7 ", "7")]
    [InlineData(" ", "?")]
    [InlineData("", "?")]
    public void NamesAreChangedAsLittleAsPossible(string name, string expected) => Assert.Equal(expected, FoldedName.Escape(name));

    [Fact]
    public void DifferentLinesOfAMethodAddUp()
    {
        var text = Render.With(Build.Dump(
            Build.Thread(1, "t", ThreadActivity.Running, [Build.Frame("Run", 1, null)]),
            Build.Thread(2, "t", ThreadActivity.Running, [Build.Frame("Run", 2, null, "Int32 n", typeParameters: "T")])), DumpFormat.Folded);
        Assert.Equal("t;MyApp.Program.Run 2\n", text);
    }

    [Fact]
    public void OrderIsTheSameWhateverComesFirst()
    {
        DumpThread[] threads = [.. Enumerable.Range(1, 30).Select(i => Build.Thread(i, $"t{i % 4}", ThreadActivity.Running,
            [.. Enumerable.Range(0, 1 + (i % 3)).Select(j => Build.Frame($"F{i * j % 5}", j, null))]))];
        string text = Render.With(Build.Dump(threads), DumpFormat.Folded);
        Array.Reverse(threads);
        Assert.Equal(text, Render.With(Build.Dump(threads), DumpFormat.Folded));
    }

    [Fact]
    public void NoThreadsIsNoLine() => Assert.Equal("", Render.With(Build.Dump(), DumpFormat.Folded));

    /// <summary>Reads a line as flame graphs do, and once more as those do that turn the stack round first.</summary>
    private static (string[] Names, int Count) Read(string line)
    {
        var match = LinePattern().Match(line);
        Assert.True(match.Success, line);
        string stack = match.Groups["stack"].Value;
        string[] names = stack.Split(';');
        Assert.DoesNotMatch(LinePattern(), stack);
        Assert.DoesNotMatch(LinePattern(), string.Join(';', names.Reverse()));
        Assert.Equal(stack, line[..line.LastIndexOf(' ')]);
        Assert.All(names, n => Assert.Equal(n, n.Trim()));
        Assert.All(names, Assert.NotEmpty);
        Assert.DoesNotContain(line, char.IsControl);
        return (names, int.Parse(match.Groups["count"].Value, CultureInfo.InvariantCulture));
    }

    private static ThreadDump RandomDump(Random random) => Build.Dump([.. Enumerable.Range(1, random.Next(1, 8)).Select(id =>
        Build.Thread(id, RandomName(random), ThreadActivity.Running,
            [.. Enumerable.Range(0, random.Next(4)).Select(_ => Build.Frame(RandomName(random), random.Next(3), null, type: random.Next(2) == 0 ? "" : "T"))]))]);

    private static string RandomName(Random random) => string.Concat(Enumerable.Range(0, random.Next(5)).Select(_ => Pieces[random.Next(Pieces.Length)]));

    // What \s and \d mean here is as wide as in the readers: all of Unicode's.
    [GeneratedRegex(@"^(?<stack>.*)\s+?(?<count>\d+(?:\.\d*)?)$", RegexOptions.Singleline)]
    private static partial Regex LinePattern();
}
