namespace Stackflare;

/// <summary>What <see cref="Flare.OnSignal"/> does. Immutable.</summary>
public sealed record SignalOptions
{
    /// <summary>The signal; SIGUSR1 by default.</summary>
    public Signal Signal { get; init; } = Signal.Usr1;

    /// <summary>Where dumps go; standard error by default.</summary>
    public DumpOutput Output { get; init; } = DumpOutput.StandardError;

    /// <summary>How dumps are written; <see cref="DumpFormat.Text"/> by default.</summary>
    public DumpFormat Format { get; init; } = DumpFormat.Text;

    /// <summary>Whether the handler that was there before is called as well; false by default. A default action is never taken.</summary>
    public bool Chain { get; init; }

    /// <summary>What a capture looks for, and its limits.</summary>
    public CaptureOptions Capture { get; init; } = CaptureOptions.Default;

    /// <summary>How much of a dump is shown.</summary>
    public RenderOptions Render { get; init; } = RenderOptions.Default;
}
