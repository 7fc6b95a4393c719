namespace Stackflare;

/// <summary>What <see cref="Flare.OnSignal"/> does. Immutable.</summary>
public sealed record SignalOptions
{
    /// <summary>The signal; SIGUSR1 by default.</summary>
    public Signal Signal { get; init; } = Signal.Usr1;

    /// <summary>Where dumps go; standard error by default.</summary>
    public DumpOutput Output { get; init => field = NotNull(value, nameof(Output)); } = DumpOutput.StandardError;

    /// <summary>How dumps are written; <see cref="DumpFormat.Text"/> by default.</summary>
    public DumpFormat Format { get; init; } = DumpFormat.Text;

    /// <summary>Whether the handler that was there before is called as well; false by default. A default action is never taken.</summary>
    public bool Chain { get; init; }

    /// <summary>What a capture looks for, and its limits.</summary>
    public CaptureOptions Capture { get; init => field = NotNull(value, nameof(Capture)); } = CaptureOptions.Default;

    /// <summary>How much of a dump is shown.</summary>
    public RenderOptions Render { get; init => field = NotNull(value, nameof(Render)); } = RenderOptions.Default;

    /// <summary>
    /// Is told why a signal brought no dump: a <see cref="StackflareException"/> as a rule; anything else is a defect of Stackflare's. Null, the default, writes a line to standard error
    /// instead. It is called on the thread that takes dumps, which takes no other until it returns; that thread needs neither the thread pool nor the console, and the callback should not
    /// either. What it throws is swallowed, and the line is written after all. Errors of <see cref="Flare.OnSignal"/> itself are thrown there.
    /// </summary>
    public Action<Exception>? OnError { get; init; }

    private static T NotNull<T>(T value, string name)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(value, name);
        return value;
    }
}
