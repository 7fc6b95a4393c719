using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Stackflare.Writers;
using Stackflare.Writers.Profiles;
using static Stackflare.Tests.Writers.Build;

namespace Stackflare.Tests.Writers;

/// <summary>A flame graph is a picture whose widths are right.</summary>
public sealed partial class SvgTests
{
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    public static TheoryData<string> Names => [.. SampleDumps.Names];

    [Theory, MemberData(nameof(Names))]
    public void WidthsAreSharesAndEachCallIsUnderItsCaller(string name)
    {
        foreach (RenderOptions options in (RenderOptions[])[RenderOptions.Default, Render.All])
            AssertAddsUp(Render.With(SampleDumps.Get(name), DumpFormat.Svg, options));
    }

    [Theory, MemberData(nameof(Names))]
    public void ItRunsNothingAndLoadsNothing(string name)
    {
        XDocument picture = XDocument.Parse(Render.With(SampleDumps.Get(name), DumpFormat.Svg));
        Assert.Equal(["g", "rect", "style", "svg", "text", "title"], picture.Descendants().Select(e => e.Name.LocalName).Append("g").Distinct().Order(StringComparer.Ordinal));
        Assert.All(picture.Descendants().Attributes(), a => Assert.Contains(a.Name.LocalName, (string[])["xmlns", "viewBox", "role", "aria-label", "class", "x", "y", "width", "height", "rx"]));
        Assert.DoesNotContain("url(", picture.Descendants(Svg + "style").Single().Value, StringComparison.Ordinal);
        Assert.DoesNotContain("@import", picture.Descendants(Svg + "style").Single().Value, StringComparison.Ordinal);
    }

    /// <summary>What a name looks like does not matter, nor what XML cannot have.</summary>
    [Fact]
    public void NamesAreText()
    {
        const string Evil = "</title><script>alert(1)</script>&\"'\uFFFE";
        var frame = new DumpFrame { Kind = FrameKind.Managed, Method = new MethodName("", Evil, "", ""), Symbols = SymbolStatus.NoPdb, Module = App };
        string text = Render.With(Dump([Thread(1, null, ThreadActivity.Running, [frame])], [], [], Process(Evil)), DumpFormat.Svg);
        XDocument picture = XDocument.Parse(text);
        Assert.DoesNotContain("<script", text, StringComparison.Ordinal);
        Assert.Contains(picture.Descendants(Svg + "title"), t => t.Value == Evil.Replace("\uFFFE", "\\uFFFE", StringComparison.Ordinal) + ": 1 of 1 (100.0 %)");
    }

    /// <summary>Idle threads of the framework would be most of a healthy program.</summary>
    [Fact]
    public void IdleThreadsAreLeftOutUnlessHiddenThingsAreShown()
    {
        string text = Render.With(SampleDumps.Get("async-idle"), DumpFormat.Svg), all = Render.With(SampleDumps.Get("async-idle"), DumpFormat.Svg, Render.All);
        Assert.Contains(">Not shown: 1 idle thread and 2 async stacks of the framework.</text>", text, StringComparison.Ordinal);
        Assert.DoesNotContain("WorkerThreadStart", text, StringComparison.Ordinal);
        Assert.DoesNotContain("Not shown", all, StringComparison.Ordinal);
        Assert.Contains("WorkerThreadStart: 1 of 1 (100.0 %)", all, StringComparison.Ordinal);
        // Other formats that add up have them.
        Assert.Contains("WorkerThreadStart", Render.With(SampleDumps.Get("async-idle"), DumpFormat.Folded), StringComparison.Ordinal);
    }

    /// <summary>A file has a limit, however many stacks there are and however deep they are.</summary>
    [Fact]
    public void ManyAndDeepStacksAreCut()
    {
        string many = Render.With(Dump([.. Enumerable.Range(1, 1_000).Select(i => Thread(i, null, ThreadActivity.Running, [.. Enumerable.Range(0, 100).Select(f => Frame($"M{i}x{f}", f, null))]))]), DumpFormat.Svg);
        AssertAddsUp(many);
        Assert.InRange(many.Length, 100, 3_000_000);
        Assert.Contains(">Not drawn: calls with less than 0.17 % of a graph.</text>", many, StringComparison.Ordinal);
        string deep = Render.With(Dump(Thread(1, null, ThreadActivity.Running, [.. Enumerable.Repeat(Frame("Visit", 1, null), 100_000)])), DumpFormat.Svg);
        AssertAddsUp(deep);
        Assert.Equal(2, XDocument.Parse(deep).Descendants(Svg + "g").Count());
        deep = Render.With(Dump(Thread(1, null, ThreadActivity.Running, [.. Enumerable.Repeat(Frame("Visit", 1, null), 100_000)])), DumpFormat.Svg, Render.Flat);
        AssertAddsUp(deep);
        Assert.Equal(SvgRenderer.MaxRows, XDocument.Parse(deep).Descendants(Svg + "g").Count());
        Assert.Contains(">Not drawn: calls below the first 200 rows of a graph.</text>", deep, StringComparison.Ordinal);
    }

    /// <summary>Each thread and each async stack counts once: those without a stack, and those that wait for many tasks.</summary>
    [Theory, MemberData(nameof(Names))]
    public void WhatIsShownAndWhatIsNotIsAll(string name)
    {
        ThreadDump dump = SampleDumps.Get(name);
        string[] texts = [.. XDocument.Parse(Render.With(dump, DumpFormat.Svg)).Descendants(Svg + "text").Where(t => t.Parent!.Name == Svg + "svg").Select(t => t.Value)];
        Assert.Equal(dump.Threads.Count(t => !t.IsOwn), texts.Sum(t => Number(t, @"([\d,]+) (idle )?threads?\b")));
        Assert.Equal(dump.AsyncStacks.Count, texts.Sum(t => Number(t, @"([\d,]+) async stacks?\b")));

        static int Number(string text, string pattern) =>
            Regex.Match(text, pattern) is { Success: true } match ? int.Parse(match.Groups[1].Value, NumberStyles.AllowThousands, CultureInfo.InvariantCulture) : 0;
    }

    /// <summary>In a series, what is left out is counted in samples, as what is shown.</summary>
    [Fact]
    public void ASeriesCountsSamples()
    {
        using var samples = DumpFormats.Row(DumpFormat.Svg).NewSamples(RenderOptions.Default, TimeSpan.FromMilliseconds(10));
        for (int i = 0; i < 3; i++)
            samples.Add(SampleDumps.Get("async-idle"));
        string text = Render.With(samples, DumpFormat.Svg);
        Assert.Contains(">Not shown: 3 samples of idle threads and 6 samples of async stacks of the framework.</text>", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Shop.Orders.LoadAsync", 40, "Shop.Orders.LoadAsync")]
    [InlineData("Shop.Orders.LoadAsync", 20, "Orders.LoadAsync")]
    [InlineData("Shop.Orders.LoadAsync", 10, "LoadAsync")]
    [InlineData("Shop.Orders.LoadAsync", 6, "LoadA…")]
    [InlineData("Shop.Orders.LoadAsync", 2, null)]
    [InlineData("Shop.Cache<System.String>.Get", 26, "Cache<System.String>.Get")]
    [InlineData("Shop.Cache<System.String>.Get", 12, "Get")]
    [InlineData("Shop.Orders..ctor", 6, ".ctor")]
    [InlineData("[Task.Delay]", 8, "[Task.D…")]
    [InlineData("a😀😀", 4, "a😀…")]
    public void ALabelIsTheEndOfAName(string name, int characters, string? label) => Assert.Equal(label, SvgRenderer.Label(name, characters));

    private static void AssertAddsUp(string text)
    {
        var drawn = XDocument.Parse(text).Descendants(Svg + "g").Select(Drawn.Of).ToArray();
        Assert.All(drawn, d => Assert.Equal(1200.0 * d.Count / d.All, d.Width, 0.02));
        foreach (IGrouping<double, Drawn> row in drawn.GroupBy(d => d.Y))
        {
            // The outermost frames of the two graphs.
            if (row.Count() == 1 && row.Single().Count == row.Single().All && row.Single().Name is ("[threads]" or "[async stacks]"))
                continue;
            Drawn[] above = [.. drawn.Where(d => Math.Abs(d.Y + 18 - row.Key) < 0.1).OrderBy(d => d.X)];
            Drawn[] here = [.. row.OrderBy(d => d.X)];
            for (int i = 1; i < here.Length; i++)
                Assert.True(here[i].X > here[i - 1].X + here[i - 1].Width - 0.03, text);
            foreach (Drawn call in here)
            {
                Drawn caller = above.Last(d => d.X <= call.X + 0.02);
                Assert.True(call.X + call.Width <= caller.X + caller.Width + 0.03, text);
                Assert.True(call.Count <= caller.Count, text);
            }
        }
    }

    private sealed record Drawn(string Name, double X, double Y, double Width, long Count, long All)
    {
        public static Drawn Of(XElement group)
        {
            XElement rect = group.Element(Svg + "rect")!;
            Match numbers = Title().Match(group.Element(Svg + "title")!.Value);
            Assert.True(numbers.Success, group.ToString());
            (long count, long all) = (Number(1), Number(2));
            Assert.Equal(100.0 * count / all, double.Parse(numbers.Groups[3].Value, CultureInfo.InvariantCulture), 0.051);
            return new Drawn(group.Element(Svg + "title")!.Value[..numbers.Index], At("x"), At("y"), At("width"), count, all);

            double At(string name) => double.Parse(rect.Attribute(name)!.Value, CultureInfo.InvariantCulture);

            long Number(int index) => long.Parse(numbers.Groups[index].Value, NumberStyles.AllowThousands, CultureInfo.InvariantCulture);
        }
    }

    [GeneratedRegex(@": ([\d,]+) of ([\d,]+) \((\d+\.\d) %\)\z", RegexOptions.Singleline)]
    private static partial Regex Title();
}
