using System.Text.Json;
using System.Text.RegularExpressions;
using Stackflare.Analysis;
using Stackflare.Writers.Profiles;
using Stackflare.Writers.Text;
using static Stackflare.Tests.Writers.Build;

namespace Stackflare.Tests.Writers;

/// <summary>Async methods that wait: which are shown together, in which order, and in which words.</summary>
public sealed class AsyncTests
{
    private static readonly DumpFrame A = Async("A", 1, "await B();"), B = Async("B", 2, "await C();"), C = Async("C", 3, "await Task.Delay(1);");
    private static readonly DumpThread Worker = Thread(7, "worker", ThreadActivity.Running, [Frame("Work", 1, null)]);
    private static readonly string[] EachKind = [.. Enum.GetNames<AsyncWaitKind>()];

    public static TheoryData<string> Kinds => [.. EachKind];

    public static TheoryData<string, AsyncStack> Different => new()
    {
        { "other frames", Stack(For(AsyncWaitKind.Delay), A) },
        { "another line of a method", Stack(For(AsyncWaitKind.Delay), A, Async("B", 18, "await C();")) },
        { "another kind", Stack(For(AsyncWaitKind.Timer), A, B) },
        { "another type", Stack(For(AsyncWaitKind.Delay, "T"), A, B) },
        { "another operation", Stack(For(AsyncWaitKind.Delay, operation: "Read"), A, B) },
        { "other progress", Stack(For(AsyncWaitKind.Delay, done: 1, total: 2), A, B) },
        { "something unfinished", Stack(For(AsyncWaitKind.Delay, unfinished: [Stack(For(AsyncWaitKind.Ready), C)]), A, B) },
        { "a thread", Stack(new AsyncWait { Kind = AsyncWaitKind.Delay, Thread = Worker }, A, B) },
        { "methods missing", new AsyncStack { Frames = [A, B], WaitingFor = For(AsyncWaitKind.Delay), IsTruncated = true } },
        { "a thread blocked", new AsyncStack { Frames = [A, B], WaitingFor = For(AsyncWaitKind.Delay), BlockedThreads = [Worker] } },
    };

    [Theory, MemberData(nameof(Different), DisableDiscoveryEnumeration = true)]
    public void WhatDiffersIsNotShownTogether(string why, AsyncStack other)
    {
        AsyncStack stack = Stack(For(AsyncWaitKind.Delay), A, B);
        Assert.False(SameAsyncStack.Comparer.Equals(stack, other), why);
        Assert.False(SameAsyncStack.Comparer.Equals(other, stack), why);
        Assert.True(SameAsyncStack.Comparer.Equals(other, other));
        Assert.Equal(2, AsyncStackGroup.Group([stack, other, stack]).Count);
    }

    [Fact]
    public void ObjectsTimesAndSortsOfListsDoNotMatter()
    {
        AsyncStack Make(ulong at, double due, IReadOnlyList<DumpFrame> frames) => Stack(For(AsyncWaitKind.WhenAny, at: at, due: due, done: 0, total: 1, unfinished: [Stack(For(AsyncWaitKind.Delay, due: due))]), frames);
        AsyncStack one = Make(1, 2, [A, B]), other = Make(3, 4, new List<DumpFrame> { A, B });
        Assert.True(SameAsyncStack.Comparer.Equals(one, other));
        Assert.Equal(SameAsyncStack.Comparer.GetHashCode(one), SameAsyncStack.Comparer.GetHashCode(other));
    }

    /// <summary>What is not printed does not split a group of the text; programs that read JSON have it all.</summary>
    [Fact]
    public void GroupsAreByWhatIsPrinted()
    {
        DumpFrame hidden = Async("Hidden", 9, null, hidden: true), caller = PlatformAsync("System.Web.Router", "Route"), pipeline = PlatformAsync("System.Web.Pipeline", "Run"), other = PlatformAsync("System.Web.Http2", "Run");
        ThreadDump dump = AsyncDump([],
            Stack(For(AsyncWaitKind.Delay), A, caller, pipeline), Stack(For(AsyncWaitKind.Delay, "T"), A, caller, other), Stack(For(AsyncWaitKind.Delay), hidden, A, caller),
            Stack(For(AsyncWaitKind.Delay), A), Stack(For(AsyncWaitKind.Other, "T"), A), Stack(For(AsyncWaitKind.Other, "U"), A));
        string text = Render.Text(dump);
        Assert.Contains("3 async stacks waiting for Task.Delay\n   at MyApp.Program.A() in /src/Program.cs:line 1\n      await B();\n   at System.Web.Router.Route()\n\n", text, StringComparison.Ordinal);
        Assert.Equal(3, Regex.Count(text, "(?m)^1 async stack "));
        Assert.Contains("Not shown: 3 hidden frames.", text, StringComparison.Ordinal);
        Assert.Equal(6, Regex.Count(Render.Text(dump, Render.All), "(?m)^1 async stack "));
        using JsonDocument json = JsonDocument.Parse(Render.Json(dump));
        Assert.Equal(6, json.RootElement.GetProperty("asyncStacks").GetArrayLength());
    }

    /// <summary>What the program awaits of the framework, and where that waits; not what is between.</summary>
    [Fact]
    public void TheFrameworksInnerFramesAreTwo()
    {
        DumpFrame fill = PlatformAsync("System.Net.Connection", "FillAsync"), send = PlatformAsync("System.Net.Connection", "SendAsync"), create = PlatformAsync("System.Net.Handler", "CreateAsync"), client = PlatformAsync("System.Net.Client", "SendAsync");
        ThreadDump dump = AsyncDump([], Stack(For(AsyncWaitKind.Socket), fill, send, create, client, A), Stack(For(AsyncWaitKind.Socket), fill, send, client, A), Stack(For(AsyncWaitKind.Socket), fill, client, A));
        Assert.Contains("3 async stacks waiting for a socket\n   at System.Net.Connection.FillAsync()\n   at System.Net.Client.SendAsync()\n   at MyApp.Program.A()", Render.Text(dump), StringComparison.Ordinal);
        Assert.Contains("Not shown: 3 hidden frames.", Render.Text(dump), StringComparison.Ordinal);
        Assert.Contains("   at System.Net.Handler.CreateAsync()\n", Render.Text(dump, Render.All), StringComparison.Ordinal);
        // A library's frames are not the framework's, and without a program all is shown.
        DumpFrame library = PlatformAsync("Vendor.Db", "QueryAsync");
        var vendor = new DumpFrame { Kind = library.Kind, Method = library.Method, Symbols = library.Symbols, Module = new ModuleIdentity("Vendor.dll", null, null) };
        AsyncStack[] whole = [Stack(For(AsyncWaitKind.Socket), vendor, fill, send, create, A), Stack(For(AsyncWaitKind.Cycle), fill, send, create, client)];
        Assert.DoesNotContain("Not shown", Render.Text(AsyncDump([], whole)), StringComparison.Ordinal);
    }

    [Fact]
    public void TheLargestGroupComesFirstAndThePlatformsLast()
    {
        DumpFrame platform = PlatformAsync("System.Net.Listener", "AcceptAsync");
        AsyncStack[] stacks =
        [
            .. Enumerable.Repeat(Stack(For(AsyncWaitKind.Socket), platform), 9), Stack(For(AsyncWaitKind.Delay), A), Stack(For(AsyncWaitKind.Delay), B),
            Stack(For(AsyncWaitKind.Delay), C), Stack(For(AsyncWaitKind.Delay), C),
        ];
        Random.Shared.Shuffle(stacks.AsSpan()[..9]);
        var groups = AsyncStackGroup.Group(stacks);
        Assert.Equal([C, A, B, platform], groups.Select(g => g.First.Frames[0]));
        Assert.Equal([2, 1, 1, 9], groups.Select(g => g.Count));

        string text = Render.Text(AsyncDump([], stacks));
        Assert.Contains(", 13 async stacks (4 shown as 3 groups, 9 of the framework only), ", text, StringComparison.Ordinal);
        Assert.Contains("9 async stacks of the framework only: \"System.Net.Listener.AcceptAsync\" (9). The option ShowHidden shows them.\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("   at System.Net", text, StringComparison.Ordinal);
        Assert.Contains("9 async stacks waiting for a socket\n   at System.Net.Listener.AcceptAsync()\n", Render.Text(AsyncDump([], stacks), Render.All), StringComparison.Ordinal);
    }

    [Fact]
    public void WithoutGroupsEachIsShownByItself()
    {
        string text = Render.Text(AsyncDump([], [.. Enumerable.Range(1, 3).Select(i => Stack(For(AsyncWaitKind.SemaphoreSlim, at: (ulong)i), A, A, A, A))]),
            new RenderOptions { GroupIdenticalStacks = false, FoldRecursion = false });
        Assert.Contains(", 3 async stacks, ", text, StringComparison.Ordinal);
        Assert.Equal(3, Regex.Count(text, "(?m)^1 async stack waiting for SemaphoreSlim.WaitAsync <0x[123]>$"));
        Assert.Equal(12, Regex.Count(text, "   at MyApp.Program.A"));
    }

    [Fact]
    public void HiddenFramesAreLeftOutAndCounted()
    {
        DumpFrame hidden = Async("Hidden", 9, null, hidden: true);
        ThreadDump dump = AsyncDump([], [.. Enumerable.Repeat(Stack(For(AsyncWaitKind.Delay), hidden, A), 5)]);
        foreach (var format in new[] { DumpFormat.Text, DumpFormat.Traceback })
        {
            string text = Render.With(dump, format);
            Assert.DoesNotContain("Program.Hidden", text, StringComparison.Ordinal);
            Assert.Contains("Not shown: 5 hidden frames.", text, StringComparison.Ordinal);
            Assert.Contains("Program.Hidden", Render.With(dump, format, Render.All), StringComparison.Ordinal);
        }
        Assert.Equal("async;MyApp.Program.A;[Task.Delay] 5\n", Render.With(dump, DumpFormat.Folded));
    }

    [Fact]
    public void ThePlatformsIsShownIfItMatters()
    {
        DumpFrame platform = PlatformAsync("System.Net.Listener", "AcceptAsync");
        AsyncStack blocking = Stack(For(AsyncWaitKind.Socket), platform);
        blocking.BlockedThreads = [Worker];
        string text = Render.Text(AsyncDump([Worker], blocking, Stack(For(AsyncWaitKind.Cycle), platform)));
        Assert.DoesNotContain("of the framework only", text, StringComparison.Ordinal);
        Assert.Contains("   - \"worker\" #7 is blocked until this completes\n", text, StringComparison.Ordinal);
    }

    /// <summary>The callers are those of the method that the thread runs, which other async methods on the same stack may have called.</summary>
    [Fact]
    public void CallersSayWhoseTheyAre()
    {
        DumpFrame inner = Frame("Inner", 11, null), outer = Frame("Outer", 12, null), start = Platform("System.Threading.Thread", "StartCallback");
        DumpThread Runs(int awaited, params DumpFrame[] frames)
        {
            DumpThread thread = Thread(7, "worker", ThreadActivity.Running, frames);
            (thread.AsyncCallers, thread.AwaitedFrameIndex) = ([A], awaited);
            return thread;
        }
        ThreadDump within = AsyncDump([Runs(0, inner, outer, start)]), outermost = AsyncDump([Runs(1, inner, outer, start)]);
        Assert.Contains("Outer() in /src/Program.cs:line 12\n   --- MyApp.Program.Inner is awaited by ---\n   at MyApp.Program.A()", Render.Text(within), StringComparison.Ordinal);
        Assert.Contains("Outer() in /src/Program.cs:line 12\n   --- awaited by ---\n   at MyApp.Program.A()", Render.Text(outermost), StringComparison.Ordinal);
        Assert.Contains("in MyApp.Program.A\n    await B();\n  [The calls above await MyApp.Program.Inner below]\n", Render.Traceback(within), StringComparison.Ordinal);
        Assert.Contains("in MyApp.Program.A\n    await B();\n  [The calls above await those below]\n", Render.Traceback(outermost), StringComparison.Ordinal);
        // With all frames, the thread's start is outside of the outermost method too.
        Assert.Contains("StartCallback()\n   --- MyApp.Program.Outer is awaited by ---\n", Render.Text(outermost, Render.All), StringComparison.Ordinal);
        using JsonDocument json = JsonDocument.Parse(Render.Json(within));
        Assert.Equal(0, json.RootElement.GetProperty("threads")[0].GetProperty("awaitedStackIndex").GetInt32());
        Assert.Equal(2, Regex.Count(Render.Text(AsyncDump([Runs(0, inner, outer), Runs(1, inner, outer)])), "awaited by ---"));
    }

    /// <summary>The heading, what is shown, and JSON count the same stacks.</summary>
    [Theory, InlineData("async"), InlineData("async-tree"), InlineData("async-idle"), InlineData("hostile-async")]
    public void CountsAgree(string sample)
    {
        ThreadDump dump = SampleDumps.Get(sample);
        using JsonDocument json = JsonDocument.Parse(Render.Json(dump));
        long total = json.RootElement.GetProperty("asyncStacks").EnumerateArray().Sum(g => g.GetProperty("count").GetInt64());
        Assert.Equal(dump.AsyncStacks.Count, total);
        foreach (string text in (string[])[Render.Text(dump), Render.Traceback(dump)])
        {
            Match heading = Regex.Match(text, @"([\d,]+) async stacks(?: \((?:[\d,]+ shown as \d+ groups?)?(?:, )?(?:([\d,]+) of the framework only)?)?");
            Assert.Equal(total, Number(heading.Groups[1].Value));
            MatchCollection parts = Regex.Matches(text, @"(?m)^<?([\d,]+) async stacks? (of the framework only)?");
            Assert.Equal(total, parts.Sum(p => Number(p.Groups[1].Value)));
            Assert.Equal(Number(heading.Groups[2].Value), parts.Where(p => p.Groups[2].Success).Sum(p => Number(p.Groups[1].Value)));
        }

        static long Number(string text) => text.Length == 0 ? 0 : long.Parse(text.Replace(",", "", StringComparison.Ordinal), System.Globalization.CultureInfo.InvariantCulture);
    }

    [Fact]
    public void ThreadsThatAreAwaitedByOthersAreNoGroup()
    {
        DumpThread[] threads = [.. Enumerable.Range(1, 4).Select(i => Thread(i, "t", ThreadActivity.Running, [Worker.Frames[0]]))];
        threads[1].AsyncCallers = [A];
        threads[2].AsyncCallers = [B];
        threads[3].AsyncCallers = new List<DumpFrame> { A };
        string text = Render.Text(AsyncDump(threads));
        Assert.Equal(1, Regex.Count(text, "2 threads with this stack"));
        Assert.Equal(2, Regex.Count(text, "--- awaited by ---"));
        Assert.DoesNotContain("async stack", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("due in 59m3s", 3543.0)]
    [InlineData("due in 1.2s to 59s", 59.0, 1.25)]
    [InlineData("due in 59s", 59.3, 59.1)]
    [InlineData("overdue by 250ms", -0.25)]
    [InlineData("due now", 0.0)]
    [InlineData("1 of them due in 5.0s, 2 of them overdue by 1.0s to 2.0s", -1.0, 5.0, -2.0)]
    [InlineData("1 of them due in 5.0s", 5.0, double.NaN)]
    public void TimesAreRanges(string expected, params double[] due)
    {
        string text = Render.Text(AsyncDump([], [.. due.Select(d => Stack(For(AsyncWaitKind.Delay, due: double.IsNaN(d) ? null : d), A))]));
        Assert.Contains($" waiting for Task.Delay, {expected}\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void TimesAsLongAsTimesCanBeAreNoError()
    {
        AsyncStack[] stacks = [.. new[] { TimeSpan.MinValue, TimeSpan.MaxValue, TimeSpan.Zero }.Select(t => Stack(new AsyncWait { Kind = AsyncWaitKind.Other, DueIn = t }, A))];
        foreach (var format in Enum.GetValues<DumpFormat>())
            Assert.NotEmpty(Render.With(AsyncDump([], stacks), format));
    }

    [Theory]
    [InlineData("TaskCompletionSource", "System.Threading.Tasks.Task")]
    [InlineData("TaskCompletionSource", "System.Threading.Tasks.Task`1[System.Threading.Tasks.VoidTaskResult]")]
    [InlineData("TaskCompletionSource<System.String>", "System.Threading.Tasks.Task`1[System.String]")]
    [InlineData("TaskCompletionSource (MyApp.Promise)", "MyApp.Promise")]
    public void WhatATaskGivesIsSaid(string expected, string type) =>
        Assert.Contains($"waiting for {expected} <0x1>\n", Render.Text(AsyncDump([], Stack(For(AsyncWaitKind.TaskCompletionSource, type, 1), A))), StringComparison.Ordinal);

    [Theory, MemberData(nameof(Kinds))]
    public void EveryKindHasWords(string kind)
    {
        AsyncWaitKind value = Enum.Parse<AsyncWaitKind>(kind);
        foreach (int count in (int[])[1, 2])
        {
            AsyncStack[] stacks = [.. Enumerable.Repeat(Stack(For(value), A), count)];
            foreach (var format in Enum.GetValues<DumpFormat>())
                Assert.NotEmpty(Render.With(AsyncDump([], stacks), format));
            Assert.Matches($"\n{count} async stacks? (waiting for .|ready: |running on )", Render.Text(AsyncDump([], stacks)));
        }
        // What is waited for differs by its name as well.
        Assert.Equal(EachKind.Length, Enum.GetValues<AsyncWaitKind>().Select(k => AsyncWaitText.Name(For(k))).Distinct().Count());
    }

    [Fact]
    public void TasksWithinTasksHaveABound()
    {
        AsyncStack stack = Stack(For(AsyncWaitKind.Delay), A);
        for (int i = 0; i < 100_000; i++)
            stack = Stack(For(AsyncWaitKind.WhenAll, done: 0, total: 1, unfinished: [stack]), A);
        ThreadDump dump = AsyncDump([], stack, stack);
        foreach (var format in Enum.GetValues<DumpFormat>())
            Assert.InRange(Render.With(dump, format).Length, 1, 100_000);
        // With the depth that readers take unless told otherwise.
        Assert.Equal(JsonValueKind.Object, JsonDocument.Parse(Render.Json(dump)).RootElement.ValueKind);
        Assert.Contains("- 2 more that were not followed\n", Render.Text(dump), StringComparison.Ordinal);
    }

    /// <summary>Tasks that share tasks: there are more ways through them than could ever be gone.</summary>
    [Fact]
    public void WaysThroughTasksHaveABound()
    {
        DumpFrame[] frames = [.. Enumerable.Range(0, 10).Select(i => Async($"M{i}", i + 1, null))];
        AsyncStack[] level = [.. frames.Select(f => Stack(For(AsyncWaitKind.Delay), f))];
        for (int i = 0; i < 20; i++)
            level = [.. frames.Select(f => Stack(For(AsyncWaitKind.WhenAll, done: 0, total: 100, unfinished: [.. Enumerable.Repeat(level, 10).SelectMany(l => l)]), f))];
        foreach (var format in Enum.GetValues<DumpFormat>())
        {
            var effort = Effort.Begin();
            Assert.InRange(Render.With(AsyncDump([], level), format).Length, 1, 20_000_000);
            Assert.InRange(effort.Used, TimeSpan.Zero, TimeSpan.FromSeconds(30));
        }
    }

    /// <summary>The more of them, the less is said of each; all are counted.</summary>
    [Theory, InlineData(8), InlineData(9), InlineData(200)]
    public void GroupsOfTasksHaveABound(int groups)
    {
        AsyncStack[] tasks = [.. Enumerable.Range(0, groups).SelectMany(i => Enumerable.Repeat(Stack(For(i % 2 == 0 ? AsyncWaitKind.Socket : AsyncWaitKind.Delay), Async($"M{i}", i + 1, null)), groups - i))];
        ThreadDump dump = AsyncDump([], Stack(For(AsyncWaitKind.WhenAll, done: 5, total: tasks.Length + 5, unfinished: tasks), A));
        foreach (string text in (string[])[Render.Text(dump), Render.Traceback(dump)])
        {
            MatchCollection shown = Regex.Matches(text, @"(?m)^ +- (?:and )?([\d,]+) ");
            Assert.Equal(tasks.Length, shown.Sum(m => int.Parse(m.Groups[1].Value, System.Globalization.NumberStyles.AllowThousands, System.Globalization.CultureInfo.InvariantCulture)));
            Assert.Equal(Math.Min(groups, 9), shown.Count);
            Assert.Equal(groups > 8, text.Contains($" more in {groups - 8} group", StringComparison.Ordinal));
        }
        foreach (RenderOptions options in (RenderOptions[])[Render.All, new RenderOptions { GroupIdenticalStacks = false }])
            Assert.DoesNotContain(" more in ", Render.Text(dump, options), StringComparison.Ordinal);
    }

    /// <summary>The levels multiply.</summary>
    [Fact]
    public void LevelsOfTasksHaveABound()
    {
        AsyncStack[] level = [Stack(For(AsyncWaitKind.Delay), A)];
        for (int i = 0; i < 5; i++)
            level = [.. Enumerable.Range(0, 20).Select(n => Stack(For(AsyncWaitKind.WhenAll, done: 0, total: level.Length, unfinished: level), Async($"M{n}", n + 1, null)))];
        string text = Render.Text(AsyncDump([], Stack(For(AsyncWaitKind.WhenAll, done: 0, total: 20, unfinished: level), A)));
        Assert.InRange(text.Split('\n').Length, 20, 200);
        // The outer levels are not less because there are inner ones.
        Assert.Equal(8, Regex.Count(text, "(?m)^   - 1 waiting for Task.WhenAll, "));
        Assert.Contains("\n   - and 12 more in 12 groups: 12 waiting for Task.WhenAll. The option ShowHidden shows them.\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void RequestsWithDifferentProgressAreOneGroup()
    {
        AsyncStack Request(int done, params AsyncStack[] tasks) => Stack(For(AsyncWaitKind.WhenAll, done: done, total: 4, unfinished: tasks), A);
        AsyncStack socket = Stack(For(AsyncWaitKind.Socket), B), delay = Stack(For(AsyncWaitKind.Delay), C);
        AsyncStack[] requests = [Request(1, socket, socket, delay), Request(2, delay, socket), Request(3, socket)];
        string text = Render.Text(AsyncDump([], requests));
        Assert.Contains("3 async stacks waiting for Task.WhenAll, 1 to 3 of 4 done\n   - 4 waiting for a socket\n", text, StringComparison.Ordinal);
        Assert.Contains("\n   - 2 waiting for Task.Delay\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("not followed", text, StringComparison.Ordinal);
        // Programs get each.
        using JsonDocument json = JsonDocument.Parse(Render.Json(AsyncDump([], requests)));
        Assert.Equal([3, 2, 1], json.RootElement.GetProperty("asyncStacks").EnumerateArray().Select(g => g.GetProperty("waitingFor").GetProperty("pending").GetInt32()));
    }

    [Fact]
    public void MethodsThatSeveralThreadsRunAreOneGroup()
    {
        AsyncStack[] running = [.. Enumerable.Range(1, 4).Select(i => Stack(new AsyncWait { Kind = AsyncWaitKind.Running, Thread = Thread(i, "t", ThreadActivity.Running, []) }, A))];
        Assert.Contains("3 async stacks running on \"t\" #1, \"t\" #2 and \"t\" #3\n", Render.Text(AsyncDump([], running[..3])), StringComparison.Ordinal);
        Assert.Contains("4 async stacks running on \"t\" #1, \"t\" #2 and 2 more\n", Render.Text(AsyncDump([], running)), StringComparison.Ordinal);
    }

    [Fact]
    public void ALeafCountsOnce()
    {
        AsyncStack branch = Stack(For(AsyncWaitKind.Socket), C);
        AsyncStack stack = Stack(For(AsyncWaitKind.WhenAll, done: 1, total: 5, unfinished: [branch, branch, Stack(For(AsyncWaitKind.Delay))]), A);
        Assert.Equal(
            """
            async;MyApp.Program.A;[Task.WhenAll];MyApp.Program.C;[socket] 4
            async;MyApp.Program.A;[Task.WhenAll];[Task.Delay] 2
            async;MyApp.Program.A;[Task.WhenAll];[not followed] 2

            """.Split('\n').Order(StringComparer.Ordinal), Render.With(AsyncDump([], stack, stack), DumpFormat.Folded).Split('\n').Order(StringComparer.Ordinal));
    }

    [Fact]
    public void SeveralDumpsAddUp()
    {
        var samples = new StackSamples(RenderOptions.Default, TimeSpan.FromMilliseconds(50));
        for (int i = 0; i < 3; i++)
            samples.Add(AsyncDump([Worker], Stack(For(AsyncWaitKind.Delay, due: i), Async("A", 1, null), Async("B", 2, null))));
        Assert.Contains("async;MyApp.Program.B;MyApp.Program.A;[Task.Delay] 3\n", Render.With(samples, DumpFormat.Folded), StringComparison.Ordinal);
        JsonElement profile = JsonDocument.Parse(Render.With(samples, DumpFormat.Speedscope)).RootElement.GetProperty("profiles").EnumerateArray().Last();
        Assert.Equal("async methods", profile.GetProperty("name").GetString());
        Assert.Equal("none", profile.GetProperty("unit").GetString());
        Assert.Equal([3], profile.GetProperty("weights").EnumerateArray().Select(w => w.GetInt32()));
    }

    [Fact]
    public void ObjectsInJsonHaveABound()
    {
        AsyncStack[] stacks = [.. Enumerable.Range(0, 100).Select(i => Stack(For(AsyncWaitKind.SemaphoreSlim, at: (ulong)(i / 2), due: i), A))];
        JsonElement wait = JsonDocument.Parse(Render.Json(AsyncDump([], stacks))).RootElement.GetProperty("asyncStacks")[0].GetProperty("waitingFor");
        Assert.Equal(Enumerable.Range(0, 16).Select(i => $"0x{i:x}"), wait.GetProperty("objects").EnumerateArray().Select(o => o.GetString()));
        Assert.Equal(0, wait.GetProperty("dueInMs").GetDouble());
        Assert.Equal(99_000, wait.GetProperty("lastDueInMs").GetDouble());
    }

    /// <summary>The limit is far more than it takes, and far less than it would if each were compared with each.</summary>
    [Fact]
    public void AHundredThousandAreQuick()
    {
        DumpFrame[] frames = [.. Enumerable.Range(0, 30).Select(i => Async($"M{i}", i + 1, "await Next();"))];
        AsyncStack[] stacks = [.. Enumerable.Range(0, 100_000).Select(i => Stack(For(AsyncWaitKind.SemaphoreSlim, at: (ulong)i, due: i), [.. frames[(i % 5)..]]))];
        ThreadDump dump = AsyncDump([], stacks);
        foreach (var format in Enum.GetValues<DumpFormat>())
        {
            Render.With(dump, format);
            var effort = Effort.Begin();
            string text = Render.With(dump, format);
            TestContext.Current.TestOutputHelper?.WriteLine($"{format}: {effort.Used.TotalMilliseconds:0} ms");
            Assert.InRange(effort.Used, TimeSpan.Zero, TimeSpan.FromSeconds(10));
            Assert.InRange(text.Length, 1, 100_000);
        }
    }
}
