namespace Stackflare;

/// <summary>
/// An exception that a thread was handling during the pause. Source: the exception's own fields. Its messages are the program's: they can contain anything.
/// Immutable.
/// </summary>
public sealed class DumpException
{
    /// <summary>Full name of the type.</summary>
    public required string Type { get; init; }

    /// <summary>
    /// The message that the exception was created with. The property <see cref="Exception.Message"/> of some types adds to it. A message with more than 512
    /// characters is cut. Null before .NET 9, if the exception was created without a message, or if it could not be read.
    /// </summary>
    public string? Message { get; init; }

    /// <summary>
    /// The inner exception; for an <see cref="AggregateException"/>, the first one. Null if there is none or it is not known; at most seven follow each other.
    /// </summary>
    public DumpException? Inner { get; init; }
}
