using System.Globalization;

namespace Stackflare.Writers;

/// <summary>Durations that are easy to read: two units at most.</summary>
internal static class Durations
{
    /// <summary>How long something has lasted: <c>0.4s</c>, <c>45s</c>, <c>12m5s</c>, <c>3h12m</c>, <c>2d5h</c>.</summary>
    public static string Long(TimeSpan time)
    {
        var t = AtLeastZero(time);
        return t.TotalSeconds < 1 ? Invariant($"{Math.Floor(t.TotalMilliseconds / 100) / 10:0.0}s")
            : t.TotalMinutes < 1 ? Invariant($"{t.Seconds}s")
            : t.TotalHours < 1 ? Invariant($"{t.Minutes}m{t.Seconds}s")
            : t.TotalDays < 1 ? Invariant($"{t.Hours}h{t.Minutes}m")
            : Invariant($"{t.Days}d{t.Hours}h");
    }

    /// <summary>Processor time: <c>120ms</c> up to ten seconds, then as <see cref="Long"/>.</summary>
    public static string Cpu(TimeSpan time)
    {
        var t = AtLeastZero(time);
        return t.TotalSeconds < 10 ? Invariant($"{(long)t.TotalMilliseconds}ms") : Long(t);
    }

    /// <summary>Time until or since something: <c>120ms</c> up to one second, <c>1.2s</c> up to ten, then as <see cref="Long"/>.</summary>
    public static string Until(TimeSpan time)
    {
        var t = AtLeastZero(time);
        return t.TotalSeconds < 1 ? Cpu(t)
            : t.TotalSeconds < 10 ? Invariant($"{Math.Floor(t.TotalMilliseconds / 100) / 10:0.0}s")
            : Long(t);
    }

    /// <summary>A limit, rounded up to the shown unit: <c>50ms</c>, <c>1500ms</c>, <c>30s</c>, <c>2m</c>, <c>1h30m</c>.</summary>
    public static string AtMost(TimeSpan time)
    {
        var t = AtLeastZero(time);
        if (t.TotalSeconds < 10 && (t.Ticks % TimeSpan.TicksPerSecond != 0 || t == TimeSpan.Zero))
            return Invariant($"{Math.Ceiling(t.TotalMilliseconds)}ms");
        string text = Long(Up(t, t.TotalHours < 1 ? TimeSpan.TicksPerSecond : t.TotalDays < 1 ? TimeSpan.TicksPerMinute : TimeSpan.TicksPerHour));
        // Shows a round number as the program most likely specifies it.
        return text.Replace("m0s", "m", StringComparison.Ordinal).Replace("h0m", "h", StringComparison.Ordinal).Replace("d0h", "d", StringComparison.Ordinal);
    }

    private static TimeSpan Up(TimeSpan time, long unit) =>
        time.Ticks > long.MaxValue - unit ? time : TimeSpan.FromTicks((time.Ticks + unit - 1) / unit * unit);

    /// <summary>A pause in milliseconds, with two significant digits: <c>0.04 ms</c>, <c>0.4 ms</c>, <c>12.3 ms</c>.</summary>
    public static string Pause(TimeSpan time)
    {
        double ms = AtLeastZero(time).TotalMilliseconds;
        return ms is > 0 and < 0.095 ? Invariant($"{ms:0.00} ms") : Invariant($"{ms:0.0} ms");
    }

    private static TimeSpan AtLeastZero(TimeSpan time) => time < TimeSpan.Zero ? TimeSpan.Zero : time;

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
