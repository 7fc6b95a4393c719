namespace Stackflare.Views.Live;

/// <summary>Where a thread or an async stack is.</summary>
/// <param name="Owner">Whose code its stack is.</param>
/// <param name="Frame">The innermost frame of the program's own code; without one, the innermost visible frame; null if no frame is visible.</param>
internal readonly record struct Place(StackOwner Owner, DumpFrame? Frame);
