namespace Stackflare;

/// <summary>Options of <see cref="Flare.OnSignal"/>. Immutable.</summary>
public sealed record SignalOptions
{
    /// <summary>The signal; SIGUSR1 by default.</summary>
    public Signal Signal { get; init; } = Signal.Usr1;

    /// <summary>The output; standard error by default.</summary>
    public DumpOutput Output { get; init => field = NotNull(value, nameof(Output)); } = DumpOutput.StandardError;

    /// <summary>The format; <see cref="DumpFormat.Text"/> by default.</summary>
    public DumpFormat Format { get; init; } = DumpFormat.Text;

    /// <summary>Whether the previous signal handler is called as well; false by default. A default action of the system is never executed.</summary>
    public bool Chain { get; init; }

    /// <summary>What a capture collects, and its limits.</summary>
    public CaptureOptions Capture { get; init => field = NotNull(value, nameof(Capture)); } = CaptureOptions.Default;

    /// <summary>How much of a dump is shown.</summary>
    public RenderOptions Render { get; init => field = NotNull(value, nameof(Render)); } = RenderOptions.Default;

    /// <summary>
    /// Called when a signal caused no dump, with the reason: usually a <see cref="StackflareException"/>; any other exception is a bug in Stackflare.
    /// Null, the default, writes a line to standard error instead. Called on the thread that takes the dumps, which takes no other dump until the
    /// callback returns. That thread uses neither the thread pool nor the console, and the callback should not use them either. If the callback
    /// throws, the exception is ignored and the line is written. Errors of <see cref="Flare.OnSignal"/> itself are thrown to its caller.
    /// </summary>
    public Action<Exception>? OnError { get; init; }

    private static T NotNull<T>(T value, string name)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(value, name);
        return value;
    }
}
