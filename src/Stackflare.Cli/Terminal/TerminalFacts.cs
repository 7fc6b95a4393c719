using Stackflare.Writers.Text;

namespace Stackflare.Cli.Terminal;

/// <summary>What the terminal that we write to can show, by the environment.</summary>
internal static class TerminalFacts
{
    // https://no-color.org
    private static bool NoColour => Environment.GetEnvironmentVariable("NO_COLOR") is { Length: > 0 };

    private static string Term => Environment.GetEnvironmentVariable("TERM") ?? "";

    /// <summary>Colours and links; null where it shows neither.</summary>
    public static TextTheme? Theme => Colours || Links ? new TextTheme(Colours, Links ? Environment.MachineName : null) : null;

    /// <summary>Colours go to a terminal only.</summary>
    private static bool Colours => !Console.IsOutputRedirected && !NoColour && Term is not ("" or "dumb");

    /// <summary>
    /// Terminals that know links ignore nothing else about them; those that do not show garbage only if they are very old. The
    /// kernel's own console and the ones known to print the escape are left out.
    /// </summary>
    private static bool Links =>
        !Console.IsOutputRedirected && Term is not ("" or "dumb" or "linux" or "screen" or "vt100")
        && Environment.GetEnvironmentVariable("STACKFLARE_NO_LINKS") is null or "";
}
