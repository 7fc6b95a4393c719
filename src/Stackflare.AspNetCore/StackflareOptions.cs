namespace Stackflare.AspNetCore;

/// <summary>Options of Stackflare in a service. Read when the service starts.</summary>
public sealed class StackflareOptions
{
    /// <summary>
    /// Where a listener of its own serves dumps, as <see cref="ListenOptions.Address"/>: for example <c>unix:/run/app/stackflare.sock</c> or
    /// <c>http://127.0.0.1:9123</c>. It answers while the thread pool and the server do not. Null, the default, for none. If it cannot listen there, an
    /// error is logged, and the service starts without it.
    /// </summary>
    public string? Listen { get; set; }

    /// <summary>The format of an answer if the request names none; <see cref="DumpFormat.Text"/> by default.</summary>
    public DumpFormat Format { get; set; } = DumpFormat.Text;

    /// <summary>What a capture collects, and its limits, if the request does not say otherwise.</summary>
    public CaptureOptions Capture { get; set; } = CaptureOptions.Default;

    /// <summary>
    /// Whether a dump is taken and discarded when the service starts, so that later ones are fast; true by default. It needs about 0.3 seconds of
    /// processor time, on a thread of its own.
    /// </summary>
    public bool WarmUp { get; set; } = true;

    /// <summary>How much of a dump is shown if the request does not say otherwise.</summary>
    public RenderOptions Render { get; set; } = RenderOptions.Default;
}
