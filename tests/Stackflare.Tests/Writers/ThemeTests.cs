using System.Text;
using Stackflare.Cli.Terminal;
using Stackflare.Writers;
using Stackflare.Writers.Text;

namespace Stackflare.Tests.Writers;

public sealed class ThemeTests
{
    public static TheoryData<string> Names => [.. SampleDumps.Names];

    /// <summary>
    /// The bytes that came of parsing the plain text; but for a blocked thread whose line ends there, as its processor time is not known: that the word is red did not depend on it.
    /// </summary>
    [Theory, MemberData(nameof(Names))]
    public void IsWhatTheTextWasWhenItWasColouredAfterwards(string name)
    {
        ThreadDump dump = SampleDumps.Get(name);
        foreach (RenderOptions options in (RenderOptions[])[RenderOptions.Default, Render.All, Render.Flat])
        {
            foreach (var (colours, links) in ((bool, bool)[])[(true, false), (false, true), (true, true)])
            {
                string before = Encoding.UTF8.GetString(TerminalStyle.Apply(Encoding.UTF8.GetBytes(Render.Text(dump, options)), colours, links)) + "\n";
                if (colours)
                    before = before.Replace(" blocked\n", " \e[31mblocked\e[0m\n", StringComparison.Ordinal);
                Assert.Equal(before, Themed(dump, new TextTheme(colours, links ? Environment.MachineName : null), options));
            }
        }
    }

    private static string Themed(ThreadDump dump, TextTheme theme, RenderOptions? options = null, DumpFormat format = DumpFormat.Text)
    {
        using var bytes = new PooledBytes();
        DumpRenderer.Write(dump, format, options ?? RenderOptions.Default, bytes, new TextStyle { Theme = theme });
        return Encoding.UTF8.GetString(bytes.Written);
    }
}
