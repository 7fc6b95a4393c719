using System.Globalization;
using System.Text.RegularExpressions;
using Stackflare.Building.Waits;

namespace Stackflare.Tests.Writers;

/// <summary>What holds for the text format whatever the dump.</summary>
public sealed partial class TextPropertyTests
{
    [Fact]
    public void EveryThreadAppearsOnce()
    {
        var random = new Random(7);
        for (int i = 0; i < 200; i++)
        {
            var dump = RandomDump(random);
            bool[] choices = [random.Next(2) == 0, random.Next(2) == 0, random.Next(2) == 0];
            var options = new RenderOptions { ShowHidden = choices[0], FoldRecursion = choices[1], GroupIdenticalStacks = choices[2] };

            var shown = dump.Threads.Where(t => options.ShowHidden || !t.IsOwn).Select(t => t.OsId.Value).Order();
            Assert.Equal(shown, ThreadIds(Render.Text(dump, options)).Order());
            Assert.Equal(shown, ThreadIds(Render.With(dump, DumpFormat.Tree, options)).Order());
        }
    }

    [Fact]
    public void StacksCanBeReadBack()
    {
        var random = new Random(8);
        for (int i = 0; i < 200; i++)
        {
            var dump = RandomDump(random);
            var stacks = StacksByThread(Render.Text(dump, Render.All));
            foreach (var thread in dump.Threads)
            {
                string[] expected = [.. thread.Frames.Select(f => f.Method.Name)];
                // Long groups are not shortened with the option ShowHidden, so that every thread has a line to be found by.
                Assert.Equal(expected, stacks[thread.OsId.Value]);
            }
        }
    }

    [Fact]
    public void HidesOnlyWhatIsHidden()
    {
        var visible = Build.Frame("Seen", 1, null);
        var hidden = Build.Frame("Unseen", 2, null, hidden: true);
        var dump = Build.Dump(Build.Thread(1, "a", ThreadActivity.Running, [hidden, visible]), Build.Thread(2, "b", ThreadActivity.Running, [visible, hidden]));

        string text = Render.Text(dump);
        Assert.Contains("2 threads with this stack:", text, StringComparison.Ordinal);
        Assert.DoesNotContain("Unseen", text, StringComparison.Ordinal);
        Assert.Contains("Not shown: 2 hidden frames.", text, StringComparison.Ordinal);

        string all = Render.Text(dump, Render.All);
        Assert.DoesNotContain("with this stack", all, StringComparison.Ordinal);
        Assert.DoesNotContain("Not shown", all, StringComparison.Ordinal);
        Assert.Equal(2, Regex.Count(all, "Unseen"));
    }

    [Fact]
    public void ThreadsThatDifferInMoreThanTheStackAreNoGroup()
    {
        DumpFrame[] stack = [Build.Frame("Same", 1, null)];
        string text = Render.Text(Build.Dump(
            Build.Thread(1, "a", ThreadActivity.Running, stack),
            Build.Thread(2, "b", ThreadActivity.Waiting, stack),
            Build.Thread(3, "c", ThreadActivity.Running, stack, exception: Build.Exception("System.Exception", string.Concat(Enumerable.Repeat("x", 300)))),
            Build.Thread(4, "d", ThreadActivity.Running, stack, completeness: StackCompleteness.Truncated)));
        Assert.DoesNotContain("with this stack", text, StringComparison.Ordinal);
    }

    [Fact]
    public void FrameLineIsThatOfAnException()
    {
        var exception = Assert.Throws<InvalidOperationException>(() => Thrower(5, []));
        var frame = new System.Diagnostics.StackTrace(exception, fNeedFileInfo: true).GetFrame(0)!;
        string expected = exception.StackTrace!.Split('\n')[0];

        string text = Render.Text(Build.Dump(Build.Thread(1, null, ThreadActivity.Running,
            [Build.Frame(nameof(Thrower), frame.GetFileLineNumber(), null, "Int32 n, String[] args", typeof(TextPropertyTests).FullName!, path: frame.GetFileName()!)])));
        Assert.Contains(expected, text.Split('\n'));
    }

    private static void Thrower(int n, string[] args) => throw new InvalidOperationException($"{n}{args.Length}");

    private static ThreadDump RandomDump(Random random)
    {
        DumpFrame[] frames = [.. Enumerable.Range(0, 4).Select(i => Build.Frame($"F{i}", i, i % 2 == 0 ? "text" : null, hidden: i == 3 && random.Next(2) == 0))];
        DumpFrame[][] stacks = [.. Enumerable.Range(0, 4).Select(_ => (DumpFrame[])[.. StackRunTests.RandomStack(random).Select(id => frames[id])])];
        var threads = new List<DumpThread>();
        for (int id = 1; id <= random.Next(60); id++)
        {
            threads.Add(Build.Thread(id * (random.Next(2) + 1) * 100, random.Next(3) == 0 ? null : $"t{id}", (ThreadActivity)random.Next(2),
                stacks[random.Next(stacks.Length)], main: id == 1, own: random.Next(20) == 0, cpu: id) is var thread && threads.Exists(t => t.OsId == thread.OsId)
                ? Build.Thread(100_000 + id, null, ThreadActivity.Unknown, []) : thread);
        }
        AddLocks(random, threads);
        return Build.Dump(threads);
    }

    /// <summary>At frames that are there or not, of the same lock or others, with and without somebody who wants them.</summary>
    private static void AddLocks(Random random, List<DumpThread> threads)
    {
        if (random.Next(2) == 0 || threads.Count == 0)
            return;
        DumpLock[] locks = [.. Enumerable.Range(0, 4).Select(i => new DumpLock
        {
            Address = new ObjectAddress((ulong)i),
            Kind = LockKind.Monitor,
            Type = i < 2 ? "A" : null,
            Owner = i == 0 ? null : threads[random.Next(threads.Count)],
            Recursion = random.Next(3),
        })];
        foreach (DumpThread thread in threads)
        {
            int[] at = [.. Enumerable.Range(0, random.Next(3)).Select(_ => random.Next(thread.Frames.Count + 1)).Order()];
            thread.HeldLocks = [.. at.Select(i => new HeldLock(locks[random.Next(4)], i == thread.Frames.Count ? null : i, random.Next(2) == 0))];
            DumpLock? wanted = random.Next(2) == 0 ? locks[random.Next(4)] : null;
            if (random.Next(2) == 0 && thread.Frames.Count > 0)
                thread.WaitingFor = new DumpWait { Kind = (WaitKind)random.Next(14), FrameIndex = random.Next(thread.Frames.Count), Lock = wanted, Object = wanted?.Address };
        }
        LockBuilder.Link(threads);
    }

    private static IEnumerable<int> ThreadIds(string text)
    {
        foreach (Match match in TidPattern().Matches(text))
        {
            foreach (string range in match.Groups[1].Value.Split(','))
            {
                int[] ends = [.. range.Split('-').Select(n => int.Parse(n, CultureInfo.InvariantCulture))];
                for (int id = ends[0]; id <= ends[^1]; id++)
                    yield return id;
            }
        }
    }

    private static Dictionary<int, string[]> StacksByThread(string text)
    {
        var result = new Dictionary<int, string[]>();
        foreach (string block in text.Split("\n\n"))
        {
            int[] ids = [.. ThreadIds(block)];
            var stack = new List<string>();
            foreach (string line in block.Split('\n'))
            {
                if (FramePattern().Match(line) is { Success: true } frame)
                    stack.Add(frame.Groups[1].Value);
                if (RepeatPattern().Match(line) is { Success: true } repeat)
                {
                    int period = repeat.Groups[1].Success ? int.Parse(repeat.Groups[1].Value, CultureInfo.InvariantCulture) : 1;
                    int times = int.Parse(repeat.Groups[2].Value, NumberStyles.AllowThousands, CultureInfo.InvariantCulture);
                    var cycle = stack[^period..];
                    for (int i = 0; i < times; i++)
                        stack.AddRange(cycle);
                }
            }
            foreach (int id in ids)
                result.Add(id, [.. stack]);
        }
        return result;
    }

    [GeneratedRegex(@" tid=([0-9,-]+)")]
    private static partial Regex TidPattern();

    [GeneratedRegex(@"^   at MyApp\.Program\.(\w+)\(")]
    private static partial Regex FramePattern();

    [GeneratedRegex(@"^   \.\.\. the (?:([0-9]+) frames|frame) above repeated ([0-9,]+) more times$")]
    private static partial Regex RepeatPattern();
}
