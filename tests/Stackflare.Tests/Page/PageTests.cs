using System.Globalization;
using System.Text.RegularExpressions;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using Stackflare.Tests.Writers;
using Stackflare.Writers.Profiles;
using static Microsoft.Playwright.Assertions;
using static Stackflare.Tests.Writers.Build;

namespace Stackflare.Tests.Page;

/// <summary>The page in a browser: what a reader does with it.</summary>
public sealed class PageTests(Browser browser, ITestOutputHelper output) : IClassFixture<Browser>
{
    public static TheoryData<string> Names => [.. SampleDumps.Names];

    [RequiresChromiumTheory, MemberData(nameof(Names))]
    public async Task EachViewOpens(string name)
    {
        await using OpenPage open = await browser.OpenAsync(SampleDumps.Get(name));
        foreach (ILocator tab in await open.Page.GetByRole(AriaRole.Tab).AllAsync())
        {
            await tab.ClickAsync();
            await Expect(tab).ToHaveAttributeAsync("aria-selected", "true");
            Assert.NotEqual("", (await open.Panel.InnerTextAsync()).Trim());
        }
        // What the framework does by itself is one switch away.
        string before = await open.Shown.InnerTextAsync();
        await open.Page.GetByLabel("Idle of the framework").CheckAsync();
        ThreadDump dump = SampleDumps.Get(name);
        Assert.Equal(Counts(dump.Threads.Count(t => !t.IsOwn), dump.AsyncStacks.Count), await open.Shown.InnerTextAsync());
        Assert.NotEqual("", before);
    }

    private static string Counts(int threads, int stacks) => string.Join(" and ", ((string?[])
    [
        threads == 0 ? null : threads == 1 ? "1 thread" : FormattableString.Invariant($"{threads:N0} threads"),
        stacks == 0 ? null : stacks == 1 ? "1 async stack" : FormattableString.Invariant($"{stacks:N0} async stacks"),
    ]).OfType<string>()) is { Length: > 0 } text ? text : "nothing";

    [RequiresChromiumTheory]
    [InlineData("deadlock", ColorScheme.Light)]
    [InlineData("deadlock", ColorScheme.Dark)]
    [InlineData("async", ColorScheme.Light)]
    [InlineData("async", ColorScheme.Dark)]
    [InlineData("hostile", ColorScheme.Light)]
    public async Task ItIsAccessible(string name, ColorScheme scheme)
    {
        await using OpenPage open = await browser.OpenAsync(SampleDumps.Get(name), new() { ColorScheme = scheme });
        foreach (ILocator tab in await open.Page.GetByRole(AriaRole.Tab).AllAsync())
        {
            await tab.ClickAsync();
            var result = await open.Page.RunAxe();
            Assert.Empty(result.Violations.Where(v => v.Impact is "serious" or "critical").Select(v => $"{v.Id}: {v.Help}: {string.Join(", ", v.Nodes.Select(n => n.Html))}"));
        }
    }

    [RequiresChromiumFact]
    public async Task SearchFindsMethodsLinesAndThreads()
    {
        ThreadDump dump = Dump(
            Thread(1, "Main", ThreadActivity.Waiting, [Frame("Wait", 10, "done.Wait();"), Frame("Main", 60, "Run();")], main: true),
            Thread(2, "mailer", ThreadActivity.Running, [Frame("Send", 20, "Post(mail);"), Frame("Loop", 6, "Send();")]),
            Thread(3, "printer", ThreadActivity.Running, [Frame("Print", 30, "Write(page);"), Frame("Loop", 6, "Print();")]));
        await using OpenPage open = await browser.OpenAsync(dump);
        await Expect(open.Shown).ToHaveTextAsync("3 threads");
        await open.SearchAsync("send", "1 thread");
        await Expect(open.Panel.Locator("li.hit")).ToHaveCountAsync(1);
        await Expect(open.Panel.Locator("li.hit")).ToContainTextAsync("MyApp.Program.Send()");
        await open.SearchAsync("Program.cs:6", "2 threads");
        await open.SearchAsync("PRINTER", "1 thread");
        await open.SearchAsync("no such thing", "nothing");
        await Expect(open.Panel).ToContainTextAsync("Nothing to show.");
        await open.Page.Keyboard.PressAsync("Escape");
        await Expect(open.Shown).ToHaveTextAsync("3 threads");
        // The same search in the other views.
        await open.SearchAsync("send", "1 thread");
        await open.GoToAsync("Threads");
        await Expect(open.Panel.Locator("tbody tr")).ToHaveCountAsync(1);
        await open.GoToAsync("Flame graph");
        await Expect(open.Panel.Locator(".flame .hit")).ToHaveCountAsync(1);
    }

    [RequiresChromiumFact]
    public async Task BranchesFoldAndAreMadeWhenTheyAreOpened()
    {
        ThreadDump dump = Dump([.. Enumerable.Range(0, 600).Select(i => Thread(i + 1, null, ThreadActivity.Running, [Frame($"Leaf{i}", i + 1, null), Frame($"Branch{i % 3}", 1, null), Frame("Main", 1, null)]))]);
        await using OpenPage open = await browser.OpenAsync(dump);
        ILocator branches = open.Panel.Locator("details > details");
        await Expect(open.Panel.Locator("summary").First).ToContainTextAsync("600 threads");
        Assert.InRange(await open.Panel.Locator("li").CountAsync(), 100, 400);
        ILocator last = branches.Filter(new() { HasText = "Branch2" }).First;
        await last.Locator("summary").First.ClickAsync();
        await Expect(last.Locator("li").First).ToContainTextAsync("Branch2");
        await last.Locator("summary").First.ClickAsync();
        await Expect(last.Locator("li").First).Not.ToBeVisibleAsync();
        // By keyboard.
        await last.Locator("summary").First.FocusAsync();
        await open.Page.Keyboard.PressAsync("ArrowRight");
        await Expect(last.Locator("li").First).ToBeVisibleAsync();
        await open.Page.Keyboard.PressAsync("ArrowLeft");
        await Expect(last.Locator("li").First).Not.ToBeVisibleAsync();
        // By method, lines and source are not there.
        await open.Page.GetByLabel("By method").CheckAsync();
        await Expect(open.Panel.Locator("a")).ToHaveCountAsync(0);
    }

    [RequiresChromiumFact]
    public async Task MyCodeOnlyLeavesOutTheRest()
    {
        await using OpenPage open = await browser.OpenAsync(SampleDumps.Get("deadlock"));
        await Expect(open.Panel.Locator("li:not(.mine):not(.note)").First).ToBeVisibleAsync();
        await open.Page.GetByLabel("My code only").CheckAsync();
        await Expect(open.Panel.Locator("li:not(.mine):not(.note)")).ToHaveCountAsync(0);
        Assert.NotEqual(0, await open.Panel.Locator("li.mine").CountAsync());
    }

    [RequiresChromiumFact]
    public async Task ACycleOfLocksCanBeFollowed()
    {
        ThreadDump dump = SampleDumps.Get("deadlock");
        await using OpenPage open = await browser.OpenAsync(dump);
        await open.GoToAsync("Locks and waits");
        Deadlock deadlock = dump.Deadlocks[0];
        foreach (DeadlockStep step in deadlock.Steps)
        {
            await Expect(open.Panel.Locator("svg g.bad title").Filter(new() { HasText = $"\"{step.Thread.DisplayName}\"" })).ToHaveCountAsync(1);
            await open.Panel.Locator("li.bad button").Filter(new() { HasText = $"\"{step.Thread.DisplayName}\"" }).First.ClickAsync();
            await Expect(open.Page.Locator(".only")).ToContainTextAsync($"Only \"{step.Thread.DisplayName}\"");
            await Expect(open.Shown).ToHaveTextAsync("1 thread");
            await Expect(open.Panel).ToContainTextAsync($"held by \"{step.WaitsFor.DisplayName}\"");
            await open.GoToAsync("Locks and waits");
        }
        await Expect(open.Panel.Locator("svg path.bad")).ToHaveCountAsync(2 * deadlock.Steps.Count);
    }

    /// <summary>Fifty waiters of one lock are one box.</summary>
    [RequiresChromiumFact]
    public async Task AConvoyIsOneBox()
    {
        DumpThread owner = Thread(1, "owner", ThreadActivity.Sleeping, [Frame("Slow", 9, "Thread.Sleep(1000);")]);
        var gate = new DumpLock { Address = new ObjectAddress(0x7000), Kind = LockKind.Monitor, Type = "MyApp.Gate", Owner = owner };
        DumpThread[] waiters = [.. Enumerable.Range(2, 50).Select(i => Thread(i, $"w{i}", ThreadActivity.Blocked, [Platform("System.Threading.Monitor", "Enter"), Frame(i % 2 == 0 ? "Enter" : "Leave", 12, "lock (gate)")]))];
        foreach (DumpThread waiter in waiters)
            waiter.WaitingFor = new DumpWait { Kind = WaitKind.MonitorEnter, FrameIndex = 0, Object = gate.Address, ObjectType = gate.Type, Lock = gate, WaitsFor = [owner], Timeout = Timeout.InfiniteTimeSpan };
        gate.Waiters = waiters;
        await using OpenPage open = await browser.OpenAsync(Dump([owner, .. waiters]));
        await open.GoToAsync("Locks and waits");
        await Expect(open.Panel.Locator("svg g.box")).ToHaveCountAsync(3);
        await Expect(open.Panel.Locator("svg g.box").First).ToContainTextAsync("50 threads");
        await open.Panel.Locator("svg g.box").First.ClickAsync();
        await Expect(open.Shown).ToHaveTextAsync("50 threads");
    }

    /// <summary>What the reader uses by keyboard keeps the focus, although it is drawn again.</summary>
    [RequiresChromiumFact]
    public async Task TheFocusStaysWhereItWas()
    {
        await using OpenPage open = await browser.OpenAsync(SampleDumps.Get("deadlock"));
        await open.GoToAsync("Flame graph");
        ILocator choice = open.Page.GetByLabel("Outermost call at the bottom"), cells = open.Panel.Locator(".flame button");
        await choice.FocusAsync();
        await open.Page.Keyboard.PressAsync("Space");
        await Expect(choice).ToBeCheckedAsync();
        await Expect(choice).ToBeFocusedAsync();
        await cells.Nth(1).FocusAsync();
        string name = await cells.Nth(1).GetAttributeAsync("title") ?? "";
        await open.Page.Keyboard.PressAsync("Enter");
        await Expect(open.Page.Locator(":focus")).ToHaveAttributeAsync("title", name);
    }

    /// <summary>A recursion that is deeper than the graph is reached from its last row.</summary>
    [RequiresChromiumFact]
    public async Task DeepStacksAreReachedStepByStep()
    {
        await using OpenPage open = await browser.OpenAsync(Dump([Thread(1, "deep", ThreadActivity.Running, [.. Enumerable.Range(0, 500).Select(i => Frame($"Call{499 - i}", 9, null))])]));
        await open.GoToAsync("Flame graph");
        await Expect(open.Panel.Locator("p.note").First).ToContainTextAsync("1 call below the last row");
        ILocator cells = open.Panel.Locator(".flame button");
        await cells.Last.ClickAsync();
        await Expect(open.Panel.Locator("p.note").First).Not.ToContainTextAsync("below the last row");
        await Expect(cells.Last).ToHaveAttributeAsync("title", new Regex(@"Call499\("));
    }

    [RequiresChromiumFact]
    public async Task StacksAreCopiedAsText()
    {
        await using OpenPage open = await browser.OpenAsync(SampleDumps.Get("deadlock"));
        await open.Page.GetByRole(AriaRole.Button, new() { Name = "Copy as text" }).ClickAsync();
        // The button says so for a moment only.
        string text = "";
        for (long end = Environment.TickCount64 + Browser.Patience; !text.Contains("   at ", StringComparison.Ordinal) && Environment.TickCount64 < end;)
            text = await open.Page.EvaluateAsync<string>("() => navigator.clipboard.readText()");
        Assert.Contains("   at ", text, StringComparison.Ordinal);
        Assert.Contains(":line ", text, StringComparison.Ordinal);
        Assert.Contains("waiting to lock", text, StringComparison.Ordinal);
    }

    [RequiresChromiumFact]
    public async Task TheFlameGraphZooms()
    {
        ThreadDump dump = Dump([.. Enumerable.Range(1, 10).Select(i => Thread(i, null, ThreadActivity.Running, [Frame(i <= 7 ? "Hot" : i <= 9 ? "Warm" : "Cold", i, null), Frame("Main", 1, null)]))]);
        await using OpenPage open = await browser.OpenAsync(dump);
        await open.GoToAsync("Flame graph");
        ILocator hot = open.Panel.GetByRole(AriaRole.Button, new() { Name = "MyApp.Program.Hot(): 7 of 10 threads (70.0 %)" });
        double graph = (await open.Panel.Locator(".flame").BoundingBoxAsync())!.Width;
        Assert.InRange((await hot.BoundingBoxAsync())!.Width / graph, 0.69, 0.71);
        await hot.ClickAsync();
        Assert.InRange((await hot.BoundingBoxAsync())!.Width / graph, 0.99, 1.01);
        await Expect(open.Panel.Locator(".flame button")).ToHaveCountAsync(3);
        await open.Panel.GetByRole(AriaRole.Button, new() { Name = "Reset zoom" }).ClickAsync();
        await Expect(open.Panel.Locator(".flame button")).ToHaveCountAsync(5);
        // The other way up.
        float top = (await hot.BoundingBoxAsync())!.Y;
        await open.Page.GetByLabel("Outermost call at the bottom").CheckAsync();
        Assert.True((await hot.BoundingBoxAsync())!.Y < top);
    }

    [RequiresChromiumFact]
    public async Task TheTableOfThreadsSortsAndOpens()
    {
        await using OpenPage open = await browser.OpenAsync(SampleDumps.Get("hung-server"));
        await open.GoToAsync("Threads");
        await open.Panel.GetByRole(AriaRole.Button, new() { Name = "tid" }).ClickAsync();
        int[] ids = [.. (await open.Panel.Locator("tbody tr td:nth-child(3)").AllInnerTextsAsync()).Select(t => int.Parse(t, CultureInfo.InvariantCulture))];
        Assert.Equal(ids.OrderDescending(), ids);
        await open.Panel.Locator("tbody button").First.ClickAsync();
        await Expect(open.Panel.Locator("td.stack")).ToHaveCountAsync(1);
        await open.Panel.Locator("tbody button").First.ClickAsync();
        await Expect(open.Panel.Locator("td.stack")).ToHaveCountAsync(0);
    }

    [RequiresChromiumFact]
    public async Task ALinkLeadsToAViewOrToAFrame()
    {
        await using OpenPage open = await browser.OpenAsync(SampleDumps.Get("deadlock"));
        await open.Page.EvaluateAsync("() => { location.hash = 'locks'; }");
        await Expect(open.Page.GetByRole(AriaRole.Tab, new() { Name = "Locks and waits" })).ToHaveAttributeAsync("aria-selected", "true");
        await open.GoToAsync("Stacks");
        ILocator link = open.Panel.Locator("a").First;
        string place = (await link.InnerTextAsync()).Split('/')[^1];
        await link.ClickAsync();
        await Expect(open.Page.GetByRole(AriaRole.Searchbox)).ToHaveValueAsync(new System.Text.RegularExpressions.Regex(System.Text.RegularExpressions.Regex.Escape(place) + "$"));
        Assert.NotEqual(0, await open.Panel.Locator("li.hit").CountAsync());
    }

    [RequiresChromiumFact]
    public async Task ASeriesHasAFlameGraphOfAllItsDumps()
    {
        await using OpenPage open = await browser.OpenAsync(SampleDumps.Series());
        await open.GoToAsync("Flame graph");
        await Expect(open.Panel).ToContainTextAsync("samples of threads");
        await open.Page.GetByLabel("As time").CheckAsync();
        await Expect(open.Panel).ToContainTextAsync(" s of ");
        await open.Page.GetByLabel("All 3 dumps", new() { Exact = true }).UncheckAsync();
        await Expect(open.Panel.Locator(".flame button").First).ToHaveAttributeAsync("title", new Regex("of . threads"));
    }

    [RequiresChromiumFact]
    public async Task ASeriesHasItsIdleThreads()
    {
        using var samples = new StackSamples(RenderOptions.Default, forPeople: true) { KeepsIdle = true };
        for (int i = 0; i < 3; i++)
            samples.Add(SampleDumps.Get("async-idle"));
        await using OpenPage open = await browser.OpenAsync(samples);
        await open.GoToAsync("Flame graph");
        ILocator status = open.Panel.Locator("[aria-live]");
        foreach (string unit in (string[])["threads", "async stacks"])
        {
            await open.Page.GetByLabel("Async stacks", new() { Exact = true }).SetCheckedAsync(unit == "async stacks");
            await open.Page.GetByLabel("Idle of the framework").UncheckAsync();
            long shown = await AllInAsync(status);
            await open.Page.GetByLabel("Idle of the framework").CheckAsync();
            long withIdle = await AllInAsync(status);
            Assert.Equal(unit == "threads" ? samples.LeftOut.Threads : samples.LeftOut.Async, withIdle - shown);
            // The box of an idle stack can be opened, and its callers are those of the graph.
            await open.Panel.Locator(".flame button").Last.ClickAsync();
            Assert.Equal(withIdle, await AllInAsync(status));
            await open.Page.GetByRole(AriaRole.Button, new() { Name = "Reset zoom" }).ClickAsync();
        }
        Assert.True(samples.LeftOut is { Threads: > 0, Async: > 0 });
    }

    /// <summary>How many samples the graph has in all, as its status says.</summary>
    private static async Task<long> AllInAsync(ILocator status)
    {
        await Expect(status).ToContainTextAsync(" of ");
        return long.Parse(Regex.Match(await status.InnerTextAsync(), @" of ([\d,]+) ").Groups[1].Value, NumberStyles.AllowThousands, CultureInfo.InvariantCulture);
    }

    [RequiresChromiumFact]
    public async Task WhatStoodStillInAllDumpsCanBeChosen()
    {
        ThreadDump dump = SampleDumps.Get("third-of-series");
        await using OpenPage open = await browser.OpenAsync(dump);
        await open.Page.GetByLabel("Idle of the framework").CheckAsync();
        string all = await open.Shown.InnerTextAsync();
        await open.Page.GetByLabel("Not run since the first dump").CheckAsync();
        // As the text of this dump says. That idle threads of the framework stand still is expected.
        await Expect(open.Shown).ToHaveTextAsync(Counts(11, 81));
        await open.Page.GetByLabel("Not run since the first dump").UncheckAsync();
        await Expect(open.Shown).ToHaveTextAsync(all);
    }

    /// <summary>From what is waited for to the methods that wait, with the number of those that wait for the same.</summary>
    [RequiresChromiumFact]
    public async Task AwaitsBeginWithWhatIsWaitedFor()
    {
        AsyncStack[] stacks = [.. ((string[])["Serve", "Serve", "Serve", "Export", "Export"]).Select(static name => Stack(For(AsyncWaitKind.Delay), Async("Load", 10, "await db;"), Async(name, 20, null)))];
        await using OpenPage open = await browser.OpenAsync(AsyncDump([], stacks));
        await open.GoToAsync("Awaits");
        await Expect(open.Panel.Locator("summary").First).ToContainTextAsync("5 async stacks");
        await Expect(open.Panel.Locator("li").First).ToContainTextAsync("waiting for Task.Delay");
    }

    [RequiresChromiumTheory]
    [InlineData(360)]
    [InlineData(1280)]
    [InlineData(3840)]
    public async Task NothingIsBesideTheWindow(int width)
    {
        foreach (string name in (string[])["deadlock", "async", "hostile"])
        {
            await using OpenPage open = await browser.OpenAsync(SampleDumps.Get(name), new() { ViewportSize = new() { Width = width, Height = 900 } });
            foreach (ILocator tab in await open.Page.GetByRole(AriaRole.Tab).AllAsync())
            {
                await tab.ClickAsync();
                int wide = await open.Page.EvaluateAsync<int>("() => document.documentElement.scrollWidth");
                Assert.True(wide <= width, FormattableString.Invariant($"{name}, {await tab.InnerTextAsync()}: {wide} of {width} pixels"));
            }
        }
    }

    [RequiresChromiumFact]
    public async Task OnPaperThereAreTheVerdictAndTheStacks()
    {
        await using OpenPage open = await browser.OpenAsync(SampleDumps.Get("deadlock"));
        await open.Page.EmulateMediaAsync(new() { Media = Media.Print });
        await Expect(open.Page.Locator(".tools")).Not.ToBeVisibleAsync();
        await Expect(open.Page.Locator(".verdict").First).ToBeVisibleAsync();
        await Expect(open.Panel.Locator("li").First).ToBeVisibleAsync();
        Assert.True((await open.Page.PdfAsync()).AsSpan().StartsWith("%PDF"u8));
    }

    [RequiresChromiumFact]
    public async Task HostileNamesAreText()
    {
        const string Evil = "<img src=x onerror=alert(1)><script>alert(2)</script>";
        var frame = new DumpFrame { Kind = FrameKind.Managed, Method = new MethodName("", Evil, "", ""), Symbols = SymbolStatus.Found, Module = App, Source = new SourceLocation("/src/" + Evil, 7, 1, Evil, SourceTextOrigin.File) };
        await using OpenPage open = await browser.OpenAsync(Dump([Thread(1, Evil, ThreadActivity.Running, [frame])], [], [], Process(Evil)));
        foreach (ILocator tab in await open.Page.GetByRole(AriaRole.Tab).AllAsync())
            await tab.ClickAsync();
        await Expect(open.Page.Locator("img")).ToHaveCountAsync(0);
        await Expect(open.Page.Locator("script")).ToHaveCountAsync(2);
    }

    [RequiresChromiumFact]
    public async Task ItIsReadableWithoutScripts()
    {
        await using OpenPage open = await browser.OpenAsync(SampleDumps.Get("deadlock"), new() { JavaScriptEnabled = false });
        await Expect(open.Page.Locator("h2.bad")).ToBeVisibleAsync();
        await Expect(open.Page.Locator("main details li").First).ToBeVisibleAsync();
        await Expect(open.Page.GetByRole(AriaRole.Tab)).ToHaveCountAsync(0);
    }

    [RequiresChromiumTheory]
    [InlineData("5,000 threads")]
    [InlineData("1,000 threads with 100 frames each")]
    [InlineData("10,000 async stacks")]
    public async Task LargeDumpsOpen(string what)
    {
        ThreadDump dump = what switch
        {
            "5,000 threads" => Dump([.. Enumerable.Range(1, 5_000).Select(i => Thread(i, $"worker {i}", ThreadActivity.Waiting, [Frame($"Wait{i % 100}", i % 100 + 1, "Wait();"), Frame($"Run{i}", i, "Loop();")]))]),
            "10,000 async stacks" => AsyncDump(
                [Thread(1, "Main", ThreadActivity.Waiting, [Frame("Main", 1, null)], main: true)],
                [.. Enumerable.Range(1, 10_000).Select(i => Stack(For(AsyncWaitKind.Delay), Async($"Load{i % 700}Async", i % 700 + 1, "await db;"), Async($"Handle{i % 40}Async", i % 40 + 1, "await next();")))]),
            _ => Dump([.. Enumerable.Range(0, 1_000).Select(i => Thread(i + 1, null, ThreadActivity.Running, [.. Enumerable.Range(0, 100).Select(f => Frame($"Method{(i * 7 + f * 13) % 2_000}", f + 1, "Call();"))]))]),
        };
        await using OpenPage open = await browser.OpenAsync(dump);
        output.WriteLine(FormattableString.Invariant($"{what}: ready after {await open.ReadyAfterAsync():0} ms"));
        await Expect(open.Shown).ToHaveTextAsync(Counts(dump.Threads.Count, dump.AsyncStacks.Count));
        foreach (ILocator tab in await open.Page.GetByRole(AriaRole.Tab).AllAsync())
        {
            await tab.ClickAsync();
            await Expect(tab).ToHaveAttributeAsync("aria-selected", "true");
        }
        await open.GoToAsync("Stacks");
        string method = what switch { "5,000 threads" => "Run4711", "10,000 async stacks" => "Load699Async", _ => "Method1999" };
        await open.SearchAsync(method, Counts(dump.Threads.Count(t => t.Frames.Any(IsFound)), dump.AsyncStacks.Count(s => s.Frames.Any(IsFound))));
        await Expect(open.Panel.Locator("li.hit").First).ToContainTextAsync(method);

        bool IsFound(DumpFrame frame) => frame.Method.Name == method;
    }
}
