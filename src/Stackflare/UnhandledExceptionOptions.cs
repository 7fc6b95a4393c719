namespace Stackflare;

/// <summary>Options of <see cref="Flare.OnUnhandledException"/>. Immutable.</summary>
public sealed record UnhandledExceptionOptions : TriggerOptions;
