using Stackflare.Interop;
using Stackflare.Writers.Text;

namespace Stackflare.Cli.Terminal;

/// <summary>What the terminal at standard output can show, judged by environment variables.</summary>
internal static class TerminalCapabilities
{
    private const int StandardOutput = 1;

    // https://no-color.org
    private static bool NoColour => Environment.GetEnvironmentVariable("NO_COLOR") is { Length: > 0 };

    private static string Term => Environment.GetEnvironmentVariable("TERM") ?? "";

    /// <summary>Colours and links; null if it shows neither.</summary>
    public static TextTheme? Theme => Colours || Links ? new TextTheme(Colours, Links ? Environment.MachineName : null) : null;

    /// <summary>Colours without links, whose text must not be cut; null if it shows none.</summary>
    public static TextTheme? ThemeWithoutLinks => Colours ? new TextTheme(colours: true, linkHost: null) : null;

    /// <summary>The width of the terminal; null if it is not known, or if standard output is no terminal.</summary>
    public static int? Width => Posix.TerminalSize(StandardOutput) is { Columns: > 0 and var columns } ? columns : null;

    /// <summary>Whether standard output is a terminal on which text can be replaced.</summary>
    public static bool CanRedraw => !Console.IsOutputRedirected && Term is not ("" or "dumb");

    /// <summary>Colours are only for terminals.</summary>
    private static bool Colours => CanRedraw && !NoColour;

    /// <summary>
    /// Terminals without links ignore the escape sequence, except very old ones. The kernel's console and other terminals that are known to print it
    /// are excluded.
    /// </summary>
    private static bool Links =>
        !Console.IsOutputRedirected && Term is not ("" or "dumb" or "linux" or "screen" or "vt100")
        && Environment.GetEnvironmentVariable("STACKFLARE_NO_LINKS") is null or "";
}
