namespace Stackflare.Symbols.Async;

/// <summary>An async method that has begun and has not completed: what is on the heap of it.</summary>
/// <param name="Object">The index of its box, the object that has its state machine.</param>
/// <param name="Machine">The index of the state machine's type, which is one for each method.</param>
/// <param name="State">Which of its <c>await</c>s it waits at, from 0; <see cref="Running"/> while it waits at none.</param>
/// <param name="Awaited">The address of what it waits for; 0 where there is none.</param>
/// <param name="Awaiter">The simple name of the awaiter's type; null where it is not known.</param>
internal readonly record struct AsyncBox(int Object, uint Machine, int State, ulong Awaited, string? Awaiter)
{
    /// <summary>The state of a method that a thread runs.</summary>
    public const int Running = -1;
}
