namespace Stackflare;

/// <summary>Options of <see cref="Flare.Listen"/>. Immutable.</summary>
public sealed record ListenOptions
{
    /// <summary>
    /// Where the listener is: <c>unix:/run/app/stackflare.sock</c> for a Unix socket, or a loopback port, for example <c>http://127.0.0.1:9123</c>. In the path
    /// of a socket, <c>{pid}</c> is replaced by the process id. Only the process's own user and root can connect to a socket. Any user of the machine can
    /// connect to a port, and any container of the same pod. For port 0, the system chooses one.
    /// </summary>
    public required string Address { get; init => field = OptionValue.NotNull(value, nameof(Address)); }

    /// <summary>The format of an answer if the request names none; <see cref="DumpFormat.Text"/> by default.</summary>
    public DumpFormat Format { get; init; } = DumpFormat.Text;

    /// <summary>What a capture collects, and its limits, if the request does not say otherwise.</summary>
    public CaptureOptions Capture { get; init => field = OptionValue.NotNull(value, nameof(Capture)); } = CaptureOptions.Default;

    /// <summary>How much of a dump is shown if the request does not say otherwise.</summary>
    public RenderOptions Render { get; init => field = OptionValue.NotNull(value, nameof(Render)); } = RenderOptions.Default;

    /// <summary>
    /// Whether a dump is taken and discarded at first, so that later ones are fast; true by default. It needs about 0.3 seconds of processor time, on the
    /// listener's thread.
    /// </summary>
    public bool WarmUp { get; init; } = true;
}
