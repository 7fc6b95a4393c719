namespace Stackflare.Building.Async;

/// <summary>An async method that has begun and has not completed: what is on the heap of it.</summary>
/// <param name="Object">The index of its box, the object that has its state machine; or of its continuation, if the runtime suspends it itself.</param>
/// <param name="Machine">The index of the state machine's type, which is one for each method; none for a method without.</param>
/// <param name="State">Which of its <c>await</c>s it waits at, from 0; <see cref="Running"/> while it waits at none.</param>
/// <param name="Awaited">The address of what it waits for; 0 where there is none.</param>
/// <param name="Awaiter">The simple name of the awaiter's type; null where it is not known.</param>
internal readonly record struct AsyncBox(int Object, int? Machine, int State, ulong Awaited, string? Awaiter)
{
    /// <summary>The state of a method that a thread runs.</summary>
    public const int Running = -1;

    /// <summary>Of a method that the runtime suspends: the index of the frame where it stands. None for others, and while a thread runs it.</summary>
    public int? Frame { get; init; }

    /// <summary>The number of the method that it awaits, where its continuation is known to be what that one goes on with; negative when it is not.</summary>
    public int Inner { get; init; } = -1;
}
