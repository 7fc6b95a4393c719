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

    /// <summary>
    /// How much of a dump is shown if the request does not say otherwise. With a <see cref="RenderOptions.Redaction"/>, all dumps are redacted: also those of triggers that have none of their own.
    /// </summary>
    public RenderOptions Render { get; set; } = RenderOptions.Default;

    /// <summary>
    /// Where the dumps of triggers go; standard error by default. A trigger with an output of its own uses that. The log follows, see <see cref="LogDumps"/>.
    /// </summary>
    public DumpOutput Output { get; set; } = DumpOutput.StandardError;

    /// <summary>
    /// Whether each dump of a trigger is also an event of the log (<c>ILogger</c>), after it was written to its output; true by default. The event has the
    /// reason, the findings with their places, and counts as properties, and the text of the dump as the property <c>Text</c>. A thread of its own writes
    /// it, because a logger can block.
    /// </summary>
    public bool LogDumps { get; set; } = true;

    /// <summary>The signal that causes a dump; SIGUSR1 by default, null for none.</summary>
    public SignalOptions? OnSignal { get; set; } = new();

    /// <summary>Dumps while the thread pool is starved; on by default, null for none.</summary>
    public ThreadPoolWatchOptions? WatchThreadPool { get; set; } = new();

    /// <summary>
    /// A dump if the service does not stop in time; on by default, null for none. Unless a timeout is set here, it is that of the host
    /// (<c>HostOptions.ShutdownTimeout</c>).
    /// </summary>
    public SlowShutdownOptions? OnSlowShutdown { get; set; } = new();

    /// <summary>A dump when an unhandled exception ends the process; on by default, null for none.</summary>
    public UnhandledExceptionOptions? OnUnhandledException { get; set; } = new();

    /// <summary>Dumps of deadlocks; null, the default, for none, because each look pauses the service.</summary>
    public DeadlockWatchOptions? OnDeadlock { get; set; }
}
