using System.Text;
using System.Text.RegularExpressions;
using Stackflare.Writers;
using Stackflare.Writers.Text;

namespace Stackflare.Tests.Writers;

/// <summary>Colours and links for a terminal.</summary>
public sealed partial class ThemeTests
{
    private static readonly TextTheme Theme = new(colours: true, linkHost: "host");

    public static TheoryData<string> Names => [.. SampleDumps.Names];

    [Theory, InlineData("hung-server"), InlineData("deadlock"), InlineData("async"), InlineData("async-tree"), InlineData("reader-writer"), InlineData("hostile"), InlineData("no-answer")]
    public void Coloured(string name) => Golden.Verify(Themed(SampleDumps.Get(name), Theme), $"{name}.coloured.text");

    [Fact]
    public void LinksAlone() => Golden.Verify(Themed(SampleDumps.Get("deadlock"), new TextTheme(colours: false, linkHost: "host")), "deadlock.links.text");

    /// <summary>Every escape is one of ours, closed in its line; without them it is the plain text. So none comes out of the dumped program.</summary>
    [Theory, MemberData(nameof(Names))]
    public void WithoutItsCodesItIsThePlainText(string name)
    {
        ThreadDump dump = SampleDumps.Get(name);
        foreach (RenderOptions options in (RenderOptions[])[RenderOptions.Default, Render.All])
        {
            string themed = Themed(dump, Theme, options);
            Assert.Equal(Render.Text(dump, options), Code().Replace(themed, ""));
            foreach (string line in themed.Split('\n').Where(l => l.Contains('\e', StringComparison.Ordinal)))
            {
                Assert.Equal("\e[0m", Code().Matches(line)[^1].Value);
                Assert.Equal(Regex.Count(line, @"\e\]8;;f"), Regex.Count(line, @"\e\]8;;\e"));
            }
        }
    }

    [Fact]
    public void OtherFormatsHaveNoCodes()
    {
        ThreadDump dump = SampleDumps.Get("async");
        foreach (DumpFormat format in Enum.GetValues<DumpFormat>().Where(f => f is not (DumpFormat.Text or DumpFormat.Tree)))
            Assert.Equal(Render.With(dump, format), Themed(dump, Theme, format: format));
    }

    /// <summary>Names that look like what is coloured, or like a place to go to, are names.</summary>
    [Fact]
    public void NamesThatLookLikeMoreAreNames()
    {
        DumpFrame frame = Build.Dynamic;
        var faked = new DumpFrame { Kind = frame.Kind, Method = new MethodName("", "Foo() in /etc/passwd:line 5", "", ""), Symbols = frame.Symbols };
        string text = Themed(Build.Dump(Build.Thread(1, "a\" blocked \e[31m", ThreadActivity.Waiting, [faked])), Theme);
        Assert.DoesNotContain("file://", text, StringComparison.Ordinal);
        Assert.DoesNotContain("\e[31m", text, StringComparison.Ordinal);
        Assert.Contains("\e[1m\"a\\\" blocked \\u001B[31m\"\e[0m ", text, StringComparison.Ordinal);
    }

    [Fact]
    public void ALinkLeadsToTheWholePath()
    {
        DumpFrame frame = Build.Frame("Work", 3, null, path: "/src/in /a b.cs");
        string text = Themed(Build.Dump(Build.Thread(1, "t", ThreadActivity.Running, [frame])), Theme);
        Assert.Contains("\e[36m\e]8;;file://host/src/in%20/a%20b.cs\e\\/src/in /a b.cs:line 3\e]8;;\e\\\e[0m\n", text, StringComparison.Ordinal);
    }

    /// <summary>A build that hides its directory writes a path that no machine has.</summary>
    [Fact]
    public void ANormalizedPathIsNoLink()
    {
        string text = Themed(Build.Dump(Build.Thread(1, "t", ThreadActivity.Running, [Build.Frame("Work", 3, null, path: "/_/src/a.cs")])), Theme);
        Assert.Contains("\e[36m/_/src/a.cs:line 3\e[0m\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void EveryRoleHasACode()
    {
        Assert.All(Enum.GetValues<TextRole>(), role => Assert.Matches(@"^(\e\[\d+m)+$", Theme.Begin(role)));
        Assert.All(Enum.GetValues<TextRole>(), role => Assert.Empty(new TextTheme(colours: false, "host").Begin(role)));
    }

    /// <summary>The tool's reader has another name for the option; nothing else of the text depends on who shows it.</summary>
    [Theory, InlineData("hung-server", DumpFormat.Text), InlineData("hung-server", DumpFormat.Traceback), InlineData("async", DumpFormat.Text), InlineData("cycles", DumpFormat.Text)]
    public void WhatShowsEverythingHasTheNameThatItsReaderKnows(string name, DumpFormat format)
    {
        using var bytes = new PooledBytes();
        DumpRenderer.Write(SampleDumps.Get(name), format, RenderOptions.Default, bytes, new TextStyle { ShowsAll = "--all" });
        string plain = Render.With(SampleDumps.Get(name), format);
        Assert.Contains(". The option ShowHidden shows ", plain, StringComparison.Ordinal);
        Assert.Equal(plain.Replace("The option ShowHidden", "--all", StringComparison.Ordinal), Encoding.UTF8.GetString(bytes.Written));
    }

    private static string Themed(ThreadDump dump, TextTheme theme, RenderOptions? options = null, DumpFormat format = DumpFormat.Text)
    {
        using var bytes = new PooledBytes();
        DumpRenderer.Write(dump, format, options ?? RenderOptions.Default, bytes, new TextStyle { Theme = theme });
        return Encoding.UTF8.GetString(bytes.Written);
    }

    [GeneratedRegex(@"\e\[\d+m|\e\]8;;[^\e]*\e\\")]
    private static partial Regex Code();
}
