using System.Text;
using System.Text.RegularExpressions;
using Stackflare.Writers;
using Stackflare.Writers.Text;

namespace Stackflare.Tests.Writers;

/// <summary>On a terminal, names and paths are as long as it is wide.</summary>
public sealed partial class TerminalWidthTests
{
    [Theory]
    // What fits stays.
    [InlineData(80, "   at MyApp.Program.Main(String[] args) in /src/Program.cs:line 19", "   at MyApp.Program.Main(String[] args) in /src/Program.cs:line 19")]
    // First directories, then namespaces, then parameters, and no more than it takes.
    [InlineData(80, "   at MyApp.Program.Main(String[] args) in /code/build/steps/jobs/7/source/repository/Program.cs:line 19", "   at MyApp.Program.Main(String[] args) in /code/…/repository/Program.cs:line 19")]
    [InlineData(80, "   at Microsoft.AspNetCore.Server.Kestrel.Core.Internal.Infrastructure.Heartbeat.TimerLoop()", "   at Microsoft…Kestrel.Core.Internal.Infrastructure.Heartbeat.TimerLoop()")]
    [InlineData(60, "   at A.Very.Long.Space.Of.Names.Handler.Handle(System.Collections.Generic.IEnumerable`1 items, String name) in /s/a/b/H.cs:line 1", "   at A…Handler.Handle(…) in /s/a/b/H.cs:line 1")]
    // A directory whose name is no longer than the mark goes with the next one.
    [InlineData(62, "   at Shop.Program.Main() in /home/u/projects/tests/Program.cs:line 19", "   at Shop.Program.Main() in /home/…/tests/Program.cs:line 19")]
    // Types within types.
    [InlineData(100, "   - waiting for <0x7f6f40968340> (System.Runtime.CompilerServices.AsyncTaskMethodBuilder`1[System.Threading.Tasks.VoidTaskResult])", "   - waiting for <0x7f6f40968340> (…AsyncTaskMethodBuilder`1[System…Tasks.VoidTaskResult])")]
    // A frame that is still too long keeps its end; a sentence stays as it is, and the terminal wraps it.
    [InlineData(40, "   at VeryLongNameOfATypeWithoutNamespace.VeryLongNameOfAMethod() in Program.cs:line 19", "   at VeryLongNameOf… Program.cs:line 19")]
    [InlineData(40, "- 12 threads wait for each other, and nothing will ever end that", "- 12 threads wait for each other, and nothing will ever end that")]
    // A thread's name is no path.
    [InlineData(40, "\"http://a.b/c/d/e/f/g/h/i/j/k/l/m/n\" #1 waits", "\"http://a.b/c/d/e/f/g/h/i/j/k/l/m/n\" #1 waits")]
    public void Shortens(int width, string line, string expected)
    {
        Assert.Equal(expected, TerminalWidth.Fit(line, width));
        if (expected != line)
            AssertAbbreviates(line, expected, width);
    }

    /// <summary>Every frame and every source line of every sample fits, and what is left is of the original.</summary>
    [Theory, InlineData(40), InlineData(80), InlineData(120)]
    public void FramesAndSourcesOfAllSamplesFit(int width)
    {
        foreach (string name in SampleDumps.Names)
        {
            ThreadDump dump = SampleDumps.Get(name);
            foreach (DumpFormat format in (DumpFormat[])[DumpFormat.Text, DumpFormat.Traceback, DumpFormat.Tree])
            {
                string[] full = Render.With(dump, format).Split('\n'), fitted = Fitted(dump, format, new TextStyle { Width = width }).Split('\n');
                Assert.Equal(full.Length, fitted.Length);
                for (int i = 0; i < full.Length; i++)
                {
                    if (TerminalWidth.WidthOf(full[i]) <= width)
                        Assert.Equal(full[i], fitted[i]);
                    else if (FrameOrSource().IsMatch(full[i]))
                        AssertAbbreviates(full[i], fitted[i], width);
                }
            }
        }
    }

    /// <summary>Escape sequences have no width, are not cut, and the link leads to the whole path.</summary>
    [Fact]
    public void EscapesStay()
    {
        const string Path = "/code/build/steps/jobs/7/source/repository/Program.cs";
        ThreadDump dump = Build.Dump(Build.Thread(1, "a", ThreadActivity.Running, [Build.Frame("Run", 7, "x", path: Path)]));
        var theme = new TextTheme(colours: true, linkHost: "host");
        string themed = Fitted(dump, DumpFormat.Text, new TextStyle { Theme = theme, Width = 70 });
        Assert.Contains($"\e]8;;file://host{Path}\e\\/code/…/repository/Program.cs:line 7\e]8;;\e\\", themed, StringComparison.Ordinal);
        Assert.Equal(Fitted(dump, DumpFormat.Text, new TextStyle { Width = 70 }), Escape().Replace(themed, ""));
    }

    [Fact]
    public void SourceTextIsOnlyCut()
    {
        ThreadDump dump = Build.Dump(Build.Thread(1, "a", ThreadActivity.Running, [Build.Frame("Run", 7, "var x = new System.Collections.Generic.List<System.Collections.Generic.List<string>>();")]));
        Assert.Contains("\n      var x = new System.Collections.Ge…\n", Fitted(dump, DumpFormat.Text, new TextStyle { Width = 40 }), StringComparison.Ordinal);
        Assert.Contains("\n    var x = new System.Collections.Gene…\n", Fitted(dump, DumpFormat.Traceback, new TextStyle { Width = 40 }), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("abc", 3)]
    [InlineData("é\u0301", 1)]
    [InlineData("日本", 4)]
    [InlineData("😀", 2)]
    public void CharactersHaveTheWidthOfATerminal(string text, int width) => Assert.Equal(width, TerminalWidth.WidthOf(text));

    private static void AssertAbbreviates(string full, string actual, int width)
    {
        Assert.InRange(TerminalWidth.WidthOf(actual), 1, width);
        Assert.Contains('…', actual);
        // What is left is of the original, in its order.
        int at = 0;
        foreach (string piece in actual.Split('…').Select(static p => p.Trim('.', '/')))
        {
            at = full.IndexOf(piece, at, StringComparison.Ordinal);
            Assert.True(at >= 0, $"{actual}\nis not of\n{full}");
            at += piece.Length;
        }
    }

    private static string Fitted(ThreadDump dump, DumpFormat format, TextStyle style)
    {
        using var bytes = new PooledBytes();
        DumpRenderer.Write(dump, format, RenderOptions.Default, bytes, style);
        return Encoding.UTF8.GetString(bytes.Written);
    }

    [GeneratedRegex(@"^[ |]*   at |^  File ""|^      \S")]
    private static partial Regex FrameOrSource();

    [GeneratedRegex(@"\e\[\d*m|\e\]8;;[^\e]*\e\\")]
    private static partial Regex Escape();
}
