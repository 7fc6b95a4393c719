using System.Globalization;

namespace Stackflare;

/// <summary>A signal that can trigger a dump: SIGUSR1, SIGUSR2, SIGQUIT, SIGTERM or a real-time signal.</summary>
public readonly record struct Signal
{
    // Numbers from signal(7), the same on x64 and arm64. glibc and musl reserve the first real-time signals, and the runtime
    // uses SIGRTMIN to suspend its threads.
    private const int SigQuit = 3, SigUsr1 = 10, SigUsr2 = 12, SigTerm = 15, SigRtMin = 34, SigRtMax = 64;

    // Relative to SIGUSR1, so that the default value is equal to SIGUSR1.
    private readonly int _offset;

    private Signal(int number) => _offset = number - SigUsr1;

    /// <summary>SIGUSR1.</summary>
    public static Signal Usr1 => new(SigUsr1);

    /// <summary>SIGUSR2.</summary>
    public static Signal Usr2 => new(SigUsr2);

    /// <summary>SIGQUIT, which Ctrl+\ sends. The program continues, as a JVM does.</summary>
    public static Signal Quit => new(SigQuit);

    /// <summary>
    /// SIGTERM. A dump is taken, and then the program handles the signal as without Stackflare: by default, it ends. The runtime calls handlers that were
    /// registered earlier before the dump is taken.
    /// </summary>
    public static Signal Term => new(SigTerm);

    /// <summary>The signal's number. The default value is <see cref="Usr1"/>.</summary>
    public int Number => SigUsr1 + _offset;

    /// <summary>The real-time signal SIGRTMIN+<paramref name="offset"/>.</summary>
    /// <param name="offset">From 1 to 30; the runtime itself uses SIGRTMIN.</param>
    /// <exception cref="StackflareException">The offset is out of range.</exception>
    public static Signal RealTime(int offset) => FromNumber(offset is >= 0 and <= 64 ? SigRtMin + offset : offset);

    /// <summary>Returns the signal with this number.</summary>
    /// <exception cref="StackflareException">No signal has this number, or it cannot trigger a dump.</exception>
    public static Signal FromNumber(int number) => number switch
    {
        SigUsr1 or SigUsr2 or SigQuit or SigTerm or (> SigRtMin and <= SigRtMax) => new(number),
        SigRtMin => throw Invalid($"Signal {number} (SIGRTMIN) cannot be used: the runtime stops its threads with it."),
        9 or 19 => throw Invalid($"Signal {number} cannot be used: no program can handle it."),
        >= 1 and <= SigRtMax => throw Invalid(
            $"Signal {number} cannot be used: it already has another meaning."),
        _ => throw Invalid($"There is no signal {number}."),
    };

    /// <summary>Parses a name or a number: <c>SIGUSR1</c>, <c>usr1</c>, <c>SIGRTMIN+3</c>, <c>10</c>.</summary>
    /// <exception cref="StackflareException">The text is not a signal that can trigger a dump.</exception>
    public static Signal Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string name = text.Trim().ToUpperInvariant();
        if (int.TryParse(name, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number))
            return FromNumber(number);
        if (name.StartsWith("SIG", StringComparison.Ordinal))
            name = name[3..];
        return name switch
        {
            "USR1" => Usr1,
            "USR2" => Usr2,
            "QUIT" => Quit,
            "TERM" => Term,
            "RTMIN" => RealTime(0),
            "RTMAX" => FromNumber(SigRtMax),
            "KILL" => FromNumber(9),
            "STOP" => FromNumber(19),
            _ when Offset(name, "RTMIN+") is { } up => RealTime(up),
            _ when Offset(name, "RTMAX-") is { } down => FromNumber(SigRtMax - down),
            _ => throw Invalid($"'{text}' is not a signal that can trigger a dump."),
        };
    }

    /// <summary>The signal's name, for example <c>SIGUSR1</c> or <c>SIGRTMIN+3</c>.</summary>
    public override string ToString() => Number switch
    {
        SigUsr1 => "SIGUSR1",
        SigUsr2 => "SIGUSR2",
        SigQuit => "SIGQUIT",
        SigTerm => "SIGTERM",
        int number => $"SIGRTMIN+{number - SigRtMin}",
    };

    /// <summary>The error for a signal that cannot trigger a dump, or not in this process.</summary>
    internal static StackflareException Invalid(string problem) =>
        new(StackflareError.InvalidSignal, problem, "Use SIGUSR1, SIGUSR2, SIGQUIT, SIGTERM or a real-time signal from SIGRTMIN+1 to SIGRTMAX.");

    private static int? Offset(string name, string prefix) =>
        name.StartsWith(prefix, StringComparison.Ordinal)
        && int.TryParse(name.AsSpan(prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int offset)
            ? offset
            : null;
}
