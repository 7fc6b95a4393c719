namespace Stackflare.Building.Async;

/// <summary>What is waited for, one step inwards.</summary>
/// <param name="Kind">The kind of wait, unless it is another async method.</param>
/// <param name="Box">The number of the awaited async method; negative if it is not one.</param>
/// <param name="Object">Index of the most informative object; negative if there is none.</param>
/// <param name="Type">Full name of its type, or the simple name of the awaiter's type; null if neither is known.</param>
/// <param name="Operation">The operation, if known.</param>
/// <param name="RemoteEnd">The other end of a socket's connection, if known.</param>
/// <param name="DueIn">When the wait ends by itself; null if it does not.</param>
/// <param name="MayBeGivenUp">Whether the wait can end before the awaited object completes: by a time limit or by cancellation.</param>
internal readonly record struct Awaited(
    AsyncWaitKind Kind, int Box = -1, int Object = -1, string? Type = null, string? Operation = null, string? RemoteEnd = null, TimeSpan? DueIn = null, bool MayBeGivenUp = false);
