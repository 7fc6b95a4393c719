namespace Stackflare;

/// <summary>What all triggers have in common: where their dumps go, and what is in them. Immutable.</summary>
public abstract record TriggerOptions
{
    private protected TriggerOptions()
    {
    }

    /// <summary>The output; standard error by default.</summary>
    public DumpOutput Output { get; init => field = OptionValue.NotNull(value, nameof(Output)); } = DumpOutput.StandardError;

    /// <summary>The format; <see cref="DumpFormat.Text"/> by default.</summary>
    public DumpFormat Format { get; init; } = DumpFormat.Text;

    /// <summary>What a capture collects, and its limits.</summary>
    public CaptureOptions Capture { get; init => field = OptionValue.NotNull(value, nameof(Capture)); } = CaptureOptions.Default;

    /// <summary>How much of a dump is shown.</summary>
    public RenderOptions Render { get; init => field = OptionValue.NotNull(value, nameof(Render)); } = RenderOptions.Default;

    /// <summary>
    /// Whether a dump is taken and discarded at first, so that later ones are fast; true by default. It needs about 0.3 seconds of processor time, on a
    /// thread of its own.
    /// </summary>
    public bool WarmUp { get; init; } = true;

    /// <summary>
    /// Called when a trigger caused no dump, with the reason: usually a <see cref="StackflareException"/>; any other exception is a bug in Stackflare.
    /// Null, the default, writes a line to standard error instead. Called on the thread that takes the dumps, which takes no other dump until the
    /// callback returns. That thread uses neither the thread pool nor the console, and the callback should not use them either. If the callback
    /// throws, the exception is ignored and the line is written. Errors of the registration itself are thrown to its caller.
    /// </summary>
    public Action<Exception>? OnError { get; init; }
}
