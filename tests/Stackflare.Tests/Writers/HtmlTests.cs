using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Stackflare.Analysis;
using Stackflare.Views;
using Stackflare.Writers.Html;
using static Stackflare.Tests.Writers.Build;

namespace Stackflare.Tests.Writers;

/// <summary>A page is valid, runs only its own script, and its data is the dump.</summary>
public sealed partial class HtmlTests
{
    private static readonly string[] Elements =
        ["html", "head", "meta", "title", "style", "body", "header", "section", "main", "footer", "h1", "h2", "p", "details", "summary", "ol", "li", "small", "code", "script"];

    private static readonly string[] Attributes = ["lang", "charset", "name", "content", "http-equiv", "class", "id", "open", "type"];

    public static TheoryData<string> Names => [.. SampleDumps.Names];

    [Theory, MemberData(nameof(Names))]
    public void ItIsValidAndLoadsNothing(string name)
    {
        foreach (RenderOptions options in (RenderOptions[])[RenderOptions.Default, Render.All, Render.Flat])
        {
            XDocument page = Parse(Render.With(SampleDumps.Get(name), DumpFormat.Html, options));
            Assert.All(page.Descendants(), e => Assert.Contains(e.Name.LocalName, Elements));
            Assert.All(page.Descendants().Attributes(), a => Assert.Contains(a.Name.LocalName, Attributes));
        }
    }

    /// <summary>The browser runs nothing but this script, even if a name were taken for HTML.</summary>
    [Fact]
    public void ThePolicyHasTheHashesOfItsParts()
    {
        string page = Render.With(SampleDumps.Get("deadlock"), DumpFormat.Html);
        string style = Regex.Match(page, "<style>(.*)</style>", RegexOptions.Singleline).Groups[1].Value;
        string script = Regex.Matches(page, "<script>(.*?)</script>", RegexOptions.Singleline).Single().Groups[1].Value;
        Assert.Contains(
            $"""
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src '{Hash(style)}'; script-src '{Hash(script)}'; base-uri 'none'; form-action 'none'">
            """,
            page, StringComparison.Ordinal);
        Assert.InRange(style.Length + script.Length, 10_000, 120_000);
        Assert.DoesNotContain("://", style, StringComparison.Ordinal);
        // The name of a namespace is not an address.
        Assert.DoesNotContain("://", script.Replace("\"http://www.w3.org/2000/svg\"", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.DoesNotContain("innerHTML", script, StringComparison.Ordinal);
        Assert.DoesNotContain("import ", script, StringComparison.Ordinal);
    }

    [Fact]
    public void NamesAreText()
    {
        const string Evil = "</title></script><script>alert(1)</script><!--<img src=x onerror=alert(2)>&\"'";
        var frame = new DumpFrame
        {
            Kind = FrameKind.Managed,
            Method = new MethodName("", Evil, "", ""),
            Symbols = SymbolStatus.Found,
            Module = App,
            Source = new SourceLocation("/src/" + Evil, 7, 1, Evil, SourceTextOrigin.File),
        };
        string text = Render.With(Dump([Thread(1, Evil, ThreadActivity.Running, [frame])], [], [], Process(Evil)), DumpFormat.Html);
        XDocument page = Parse(text);
        Assert.Equal(2, page.Descendants("script").Count());
        Assert.DoesNotContain("<img", text, StringComparison.Ordinal);
        Assert.DoesNotContain("<!--", text, StringComparison.Ordinal);
        Assert.Contains(page.Descendants("code"), c => c.Value == Evil);
        var data = new PageReader(text);
        Assert.Equal(Evil, data.Text(data.Root.GetProperty("threads")[0][0].GetInt32()));
    }

    /// <summary>Each thread and each async stack is in the data once, with the frames that the other formats show.</summary>
    [Theory, MemberData(nameof(Names))]
    public void TheDataIsTheDump(string name)
    {
        ThreadDump dump = SampleDumps.Get(name);
        using var view = new DumpView(dump, RenderOptions.Default);
        var data = new PageReader(Render.With(dump, DumpFormat.Html));
        int threads = 0;
        foreach (StackGroup group in view.Threads.All)
        {
            string[] expected = view.AsyncMainOf(group) is not null ? [] : [.. view.Sections.FramesOf(group).Select(f => new PageFrame(f).Method)];
            foreach (DumpThread thread in group.Threads)
            {
                JsonElement row = data.Root.GetProperty("threads")[threads++];
                Assert.Equal(thread.OsId.Value, row[2].GetInt32());
                JsonElement entry = data.Root.GetProperty("entries")[row[7].GetInt32()];
                Assert.Contains(threads - 1, entry[5].EnumerateArray().Select(t => t.GetInt32()));
                Assert.Equal(group.IsIdle, entry[2].GetInt32() == 1);
                Assert.Equal(expected, data.StackOf(entry).Take(expected.Length));
                Assert.Equal(MergedStacks.FollowsCallers(view, group), data.StackOf(entry).Count > expected.Length + (thread.Completeness is StackCompleteness.Truncated or StackCompleteness.Broken && expected.Length > 0 ? 1 : 0));
            }
        }
        Assert.Equal(threads, data.Root.GetProperty("threads").GetArrayLength());
        Assert.Equal(
            view.Async.All.Aggregate(0L, (sum, g) => AsyncStackGroup.Sum(sum, g.Count)),
            data.Root.GetProperty("entries").EnumerateArray().Where(e => e[4].GetInt32() >= 0).Aggregate(0L, (sum, e) => AsyncStackGroup.Sum(sum, e[1].GetInt64())));
        Assert.Equal(dump.Deadlocks.Select(d => d.Steps.Count), data.Root.GetProperty("deadlocks").EnumerateArray().Select(d => d.GetArrayLength()));
    }

    /// <summary>If everything is shown, nothing is left out as idle.</summary>
    [Fact]
    public void APageOfEverythingHasIdleThreads()
    {
        string page = Render.With(SampleDumps.Get("async-idle"), DumpFormat.Html, Render.All);
        Assert.Contains("WorkerThreadStart", page[page.IndexOf("<main", StringComparison.Ordinal)..page.IndexOf("</main>", StringComparison.Ordinal)], StringComparison.Ordinal);
        Assert.All(new PageReader(page).Root.GetProperty("entries").EnumerateArray(), e => Assert.Equal(0, e[2].GetInt32()));
    }

    /// <summary>A thread that waits for a pulse has released the lock, and does not wait for its holder.</summary>
    [Fact]
    public void AWaitForAPulseIsNoWaitForTheHolder()
    {
        DumpThread holder = Thread(1, "holder", ThreadActivity.Running, [Frame("Add", 9, null)]), consumer = Thread(2, "consumer", ThreadActivity.Waiting, [Platform("System.Threading.Monitor", "Wait"), Frame("Take", 12, null)]);
        var queue = new DumpLock { Address = new ObjectAddress(0x7000), Kind = LockKind.Monitor, Type = "MyApp.Queue", Owner = holder };
        consumer.WaitingFor = new DumpWait { Kind = WaitKind.MonitorWait, FrameIndex = 0, Object = queue.Address, ObjectType = queue.Type, Lock = queue };
        JsonElement data = new PageReader(Render.With(Dump(holder, consumer), DumpFormat.Html)).Root;
        Assert.Equal((0, 0), (data.GetProperty("locks").GetArrayLength(), data.GetProperty("waits").GetArrayLength()));
    }

    /// <summary>Without a script, the page has as much as fits; its data has everything.</summary>
    [Fact]
    public void ManyStacksAreInTheDataAndCountedInTheLists()
    {
        ThreadDump dump = Dump([.. Enumerable.Range(1, 5_000).Select(i => Thread(i, $"worker {i}", ThreadActivity.Waiting, [Frame($"M{i}", i, "Wait();"), Frame("Run", 1, "Loop();")]))]);
        string page = Render.With(dump, DumpFormat.Html);
        string lists = page[page.IndexOf("<main", StringComparison.Ordinal)..page.IndexOf("</main>", StringComparison.Ordinal)];
        Assert.InRange(lists.Length, HtmlTree.MaxBytes / 2, HtmlTree.MaxBytes + 20_000);
        int shown = Regex.Count(lists, "<p>= &quot;worker ");
        Assert.Contains(FormattableString.Invariant($"<p class=\"note\">{5_000 - shown:N0} threads more. The page shows all with JavaScript; the formats text and tree do without.</p>"), lists, StringComparison.Ordinal);
        Assert.Equal(5_000, new PageReader(page).Root.GetProperty("entries").GetArrayLength());
    }

    /// <summary>Browsers limit how deep elements are nested, and so does everything with a call stack.</summary>
    [Fact]
    public void DeepStacksAreNotNestedDeeply()
    {
        var threads = Enumerable.Range(1, 300).Select(i => Thread(i, null, ThreadActivity.Running, [.. Enumerable.Range(0, i).Reverse().Select(f => Frame($"M{f}", f, null))]));
        string page = Render.With(Dump([.. threads]), DumpFormat.Html);
        Assert.InRange(Parse(page).Descendants("details").Max(d => d.Ancestors().Count()), 20, 40);
        string deep = Render.With(Dump(Thread(1, null, ThreadActivity.Running, [.. Enumerable.Repeat(Frame("Visit", 1, null), 100_000)])), DumpFormat.Html);
        Assert.Contains("... the frame above repeated 99,999 more times", deep, StringComparison.Ordinal);
        Assert.Equal(100_000, new PageReader(deep).StackOf(new PageReader(deep).Root.GetProperty("entries")[0]).Count);
    }

    /// <summary>Several dumps are one page: the last dump, what has not run, and the flame graph of all.</summary>
    [Fact]
    public void SeveralDumpsAreOnePage()
    {
        var data = new PageReader(Render.With(SampleDumps.Series(), DumpFormat.Html));
        JsonElement series = data.Root.GetProperty("series");
        Assert.Equal(SampleDumps.Series().Count, series.GetProperty("dumps").GetInt32());
        int[] threads = [.. series.GetProperty("threads").EnumerateArray().Select(n => n.GetInt32())];
        Assert.Equal("[threads]", data.Text(threads[0]));
        Assert.Equal(0, threads.Length % 3);
        // No call has more samples than its caller, and the calls of one are never more than it.
        AssertAddsUp(threads);
        Assert.False(new PageReader(Render.With(SampleDumps.Get("ordinary"), DumpFormat.Html)).Root.TryGetProperty("series", out _));
        Assert.Contains(new PageReader(Render.With(SampleDumps.Get("third-of-series"), DumpFormat.Html)).Root.GetProperty("threads").EnumerateArray(), t => (t[6].GetInt32() & 8) != 0);
    }

    private static void AssertAddsUp(int[] list)
    {
        int at = 0;
        var open = new Stack<(long Left, int Calls)>();
        do
        {
            long count = list[at + 1];
            int calls = list[at + 2];
            at += 3;
            if (open.TryPop(out var caller))
            {
                Assert.InRange(count, 1, caller.Left);
                if (caller.Calls > 1)
                    open.Push((caller.Left - count, caller.Calls - 1));
            }
            if (calls > 0)
                open.Push((count, calls));
        }
        while (open.Count > 0);
        Assert.Equal(list.Length, at);
    }

    /// <summary>As XML: what HTML writes without an end has one here.</summary>
    private static XDocument Parse(string page) => XDocument.Parse(Parts().Replace(page, m => m.Groups[1].Success ? $"<{m.Groups[1]}/>" : m.Groups[2].Success ? m.Groups[2] + "<![CDATA[" + m.Groups[3] + "]]>" + m.Groups[4] : m.Groups[5].Success ? "<details open=\"\">" : ""));

    [GeneratedRegex("""<(meta [^>]*)>|(<script[^>]*>|<style>)(.*?)(</script>|</style>)|<(details) open>|<!doctype html>""", RegexOptions.Singleline)]
    private static partial Regex Parts();

    private static string Hash(string text) => "sha256-" + Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    /// <summary>Reads the data as the page does.</summary>
    private sealed class PageReader
    {
        private readonly List<(int Caller, int Frame)> _paths = [];

        public PageReader(string page)
        {
            Root = JsonDocument.Parse(Regex.Match(page, """<script type="application/json" id="data">(.*?)</script>""", RegexOptions.Singleline).Groups[1].Value).RootElement;
            int[] list = [.. Root.GetProperty("paths").EnumerateArray().Select(n => n.GetInt32())];
            var open = new Stack<(int Path, int Calls)>();
            for (int at = 0, caller = -1; ;)
            {
                int frame = _paths.Count == 0 ? -3 : list[at++];
                int calls = at < list.Length && list[at] <= -3 ? -3 - list[at++] : 1;
                if (calls > 0)
                    open.Push((_paths.Count, calls));
                _paths.Add((caller, frame));
                if (!open.TryPop(out var next))
                {
                    Assert.Equal(list.Length, at);
                    return;
                }
                caller = next.Path;
                if (next.Calls > 1)
                    open.Push((next.Path, next.Calls - 1));
            }
        }

        public JsonElement Root { get; }

        public string Text(int id) => Root.GetProperty("texts")[id].GetString()!;

        /// <summary>Innermost first.</summary>
        public List<string> StackOf(JsonElement entry)
        {
            var stack = new List<string>();
            JsonElement frames = Root.GetProperty("frames");
            for (int path = entry[0].GetInt32(); path > 0; path = _paths[path].Caller)
                stack.Add(_paths[path].Frame < 0 ? "..." : Text(frames[_paths[path].Frame][0].GetInt32()));
            return stack;
        }
    }
}
