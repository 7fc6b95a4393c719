namespace Stackflare.Building.Async;

/// <summary>What is waited for, one step on.</summary>
/// <param name="Kind">What sort of thing it is, unless it is another async method.</param>
/// <param name="Box">The number of the async method that it is; negative when it is none.</param>
/// <param name="Object">The index of the object that says most of it; negative when there is none.</param>
/// <param name="Type">The full name of its type, or the simple one of its awaiter's; null when neither is known.</param>
/// <param name="Operation">What is being done, where that is known.</param>
/// <param name="DueIn">When the wait ends by itself, where it does.</param>
/// <param name="MayBeGivenUp">Whether the wait can end before what is waited for: at a time, or because it is called off.</param>
internal readonly record struct Awaited(
    AsyncWaitKind Kind, int Box = -1, int Object = -1, string? Type = null, string? Operation = null, TimeSpan? DueIn = null, bool MayBeGivenUp = false);
