using System.Text.RegularExpressions;

namespace Stackflare.Tests.Writers;

public sealed class GoldenTests
{
    public static TheoryData<string> Names => [.. SampleDumps.Names];

    [Theory, MemberData(nameof(Names))]
    public void Text(string name) => Golden.Verify(Render.Text(SampleDumps.Get(name)), $"{name}.text");

    [Theory, MemberData(nameof(Names))]
    public void Traceback(string name) => Golden.Verify(Render.Traceback(SampleDumps.Get(name)), $"{name}.traceback");

    [Theory, MemberData(nameof(Names))]
    public void Tree(string name) => Golden.Verify(Render.With(SampleDumps.Get(name), DumpFormat.Tree), $"{name}.tree");

    [Theory, InlineData("ordinary"), InlineData("hostile"), InlineData("no-symbols"), InlineData("before-net9"), InlineData("no-answer"), InlineData("deadlock"), InlineData("reader-writer"),
        InlineData("async"), InlineData("async-requests"), InlineData("async-tree"), InlineData("hostile-async"), InlineData("third-of-series")]
    public void Json(string name) => Golden.Verify(Render.Json(SampleDumps.Get(name)), name, "json");

    [Theory, InlineData("ordinary"), InlineData("hostile"), InlineData("no-symbols"), InlineData("incomplete"), InlineData("async"), InlineData("async-tree"), InlineData("hostile-async")]
    public void Samples(string name)
    {
        Golden.Verify(Render.With(SampleDumps.Get(name), DumpFormat.Folded), $"{name}.folded");
        Golden.Verify(Render.With(SampleDumps.Get(name), DumpFormat.Speedscope), $"{name}.speedscope", "json");
        Golden.Verify(Render.With(SampleDumps.Get(name), DumpFormat.Svg), name, "svg");
    }

    [Theory, InlineData("ordinary"), InlineData("no-symbols"), InlineData("async-tree")]
    public void Firefox(string name) => Golden.Verify(Render.With(SampleDumps.Get(name), DumpFormat.Firefox), $"{name}.firefox", "json");

    /// <summary>Without the style sheet and the script, which are the same in all pages.</summary>
    [Theory, InlineData("ordinary"), InlineData("hostile"), InlineData("deadlock"), InlineData("async-tree"), InlineData("third-of-series")]
    public void Html(string name) => Golden.Verify(Regex.Replace(Render.With(SampleDumps.Get(name), DumpFormat.Html), "(?s)(<style>|<script>).*?(?=</)|(?<=sha256-)[^']+", "$1"), name, "html");

    [Theory, InlineData("deadlock"), InlineData("hostile")]
    public void Actuator(string name) => Golden.Verify(Render.With(SampleDumps.Get(name), DumpFormat.Actuator), $"{name}.actuator", "json");

    [Fact]
    public void EverythingOfSamples()
    {
        Golden.Verify(Render.With(SampleDumps.Get("incomplete"), DumpFormat.Folded, Render.All), "incomplete.all.folded");
        Golden.Verify(Render.With(SampleDumps.Get("hostile"), DumpFormat.Folded, Render.All), "hostile.all.folded");
    }

    [Fact]
    public void SeveralSamples()
    {
        var samples = SampleDumps.Series();
        Golden.Verify(Render.With(samples, DumpFormat.Folded), "series.folded");
        Golden.Verify(Render.With(samples, DumpFormat.Speedscope), "series.speedscope", "json");
        Golden.Verify(Render.With(samples, DumpFormat.Svg), "series", "svg");
        Golden.Verify(Render.With(samples, DumpFormat.Firefox), "series.firefox", "json");
    }

    [Theory, InlineData("hung-server"), InlineData("incomplete"), InlineData("async"), InlineData("async-requests"), InlineData("third-of-series")]
    public void Everything(string name)
    {
        Golden.Verify(Render.Text(SampleDumps.Get(name), Render.All), $"{name}.all.text");
        Golden.Verify(Render.Traceback(SampleDumps.Get(name), Render.All), $"{name}.all.traceback");
        Golden.Verify(Render.With(SampleDumps.Get(name), DumpFormat.Tree, Render.All), $"{name}.all.tree");
    }

    [Fact]
    public void NeitherGroupedNorFolded()
    {
        var options = new RenderOptions { FoldRecursion = false, GroupIdenticalStacks = false };
        Golden.Verify(Render.Text(SampleDumps.Get("ordinary"), options), "ordinary.text");
        string text = Render.Text(SampleDumps.Get("hung-server"), options);
        Assert.DoesNotContain("repeated", text, StringComparison.Ordinal);
        Assert.DoesNotContain("with this stack", text, StringComparison.Ordinal);
    }
}
