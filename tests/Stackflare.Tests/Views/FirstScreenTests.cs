using System.Text.RegularExpressions;
using Stackflare.Tests.Writers;
using Stackflare.Views;
using static Stackflare.Tests.Writers.Build;
using static Stackflare.ThreadActivity;

namespace Stackflare.Tests.Views;

/// <summary>A screen of 40 lines has the verdict, its evidence, and where most of the program is.</summary>
public sealed class FirstScreenTests
{
    /// <summary>Whatever the number of problems: none of them takes the screen from the others and from the places.</summary>
    [Fact]
    public void VerdictAndPlacesFit()
    {
        var random = new Random(5);
        for (int i = 0; i < 200; i++)
        {
            ThreadDump dump = Dump(random);
            string[] lines = Render.Text(dump).Split('\n');
            int stacks = Array.FindIndex(lines, l => Regex.IsMatch(l, "^(\"t.* tid=|[0-9,]+ (threads with|async))"));
            Assert.InRange(stacks, 4, FirstScreen.Lines);
            Assert.Contains(lines[..FirstScreen.Lines], l => l.EndsWith("at MyApp.Program.Busy() in /src/Program.cs:line 99", StringComparison.Ordinal));
            Assert.Equal(dump.Deadlocks.Count > 0, lines[..stacks].Any(l => l.StartsWith("Deadlock: ", StringComparison.Ordinal)));
            Assert.Equal(dump.Findings.Count, lines[..stacks].Count(l => l.StartsWith("- finding ", StringComparison.Ordinal)));
        }
    }

    /// <summary>What begins on the screen is not listed before.</summary>
    [Fact]
    public void AFewStacksNeedNoList() =>
        Assert.DoesNotContain("Where most", Render.Text(Build.Dump(Thread(1, "a", Running, [Frame("Mine", 1, "x")]), Thread(2, "b", Running, [Frame("Other", 2, "x")]))), StringComparison.Ordinal);

    [Fact]
    public void PlacesAreTheInnermostOfTheProgramAndCountBoth()
    {
        DumpFrame shared = Frame("Shared", 7, "x"), vendor = Platform("Vendor.Client", "Poll", module: new ModuleIdentity("Vendor.dll", null, null));
        DumpFrame[] deep = [.. Enumerable.Range(0, 60).Select(i => Frame($"Deep{i}", 20, "x"))];
        ThreadDump dump = AsyncDump(
            [.. Enumerable.Range(2, 3).Select(i => Thread(i, "t", Waiting, [Platform("System.Threading.Thread", "Sleep"), vendor, shared, .. deep])), Thread(9, "u", Waiting, [vendor])],
            Stack(For(AsyncWaitKind.Delay), shared), Stack(For(AsyncWaitKind.Delay), deep[3]), Stack(For(AsyncWaitKind.Delay), deep[3]), Stack(For(AsyncWaitKind.Delay), deep[5]));
        Assert.Contains("Where most of the program is:\n- 3 threads and 1 async stack at MyApp.Program.Shared() in /src/Program.cs:line 7\n- 2 async stacks at MyApp.Program.Deep3() in /src/Program.cs:line 20\n\n", Render.Text(dump), StringComparison.Ordinal);
        Assert.Contains("Where most of the program is:\n- 3 threads and 1 async stack at", Render.Traceback(dump), StringComparison.Ordinal);

        // What a finding says already is not said again.
        dump = dump with { Findings = [new Finding(FindingKind.Spinning, "finding", ["evidence"], []) { Frames = [new FindingFrame(shared, 3)] }] };
        Assert.Contains("Where most of the program is:\n- 2 async stacks at MyApp.Program.Deep3()", Render.Text(dump), StringComparison.Ordinal);
    }

    private static ThreadDump Dump(Random random)
    {
        DumpThread[] threads = [.. Enumerable.Range(1, 60).Select(i => Thread(i, $"t{i}", Waiting, [Frame($"M{i % 9}", i, "text")]))];
        DeadlockStep[] Steps(int count) => [.. Enumerable.Range(0, count).Select(i => new DeadlockStep(threads[i], new DumpWait { Kind = WaitKind.ThreadJoin, FrameIndex = 0 }, threads[(i + 1) % count]))];
        ThreadDump dump = AsyncDump(threads, [.. Enumerable.Repeat(Stack(For(AsyncWaitKind.Delay), PlatformAsync("System.Net.Client", "AskAsync"), Async("Busy", 99, "await x;")), 300)]);
        return dump with
        {
            Notes = [.. Enumerable.Range(0, random.Next(3)).Select(i => $"Note {i}.")],
            Deadlocks = [.. Enumerable.Range(0, random.Next(5)).Select(_ => new Deadlock(Steps(2 + random.Next(8)), []))],
            Findings = [.. Enumerable.Range(0, random.Next(5)).Select(i => new Finding(FindingKind.Spinning, $"finding {i}", [.. Enumerable.Range(0, 1 + random.Next(30)).Select(e => $"evidence {e}")], []))],
        };
    }
}
