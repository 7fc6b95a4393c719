namespace Stackflare.Building.Async;

/// <summary>An async method that has started and has not completed, as found on the heap.</summary>
/// <param name="Object">Index of its box (the object with its state machine), or of its continuation if the runtime suspends the method.</param>
/// <param name="Machine">Type index of the state machine, one for each method; null for a method without a state machine.</param>
/// <param name="State">The number of the <c>await</c> where it waits, from 0; <see cref="Running"/> if it does not wait.</param>
/// <param name="Awaited">Address of the awaited object; 0 if there is none.</param>
/// <param name="Awaiter">Simple name of the awaiter's type; null if not known.</param>
internal readonly record struct AsyncBox(int Object, int? Machine, int State, ulong Awaited, string? Awaiter)
{
    /// <summary>The state of a method that a thread runs.</summary>
    public const int Running = -1;

    /// <summary>For a suspended method that the runtime suspends, the index of its frame. Null otherwise.</summary>
    public int? Frame { get; init; }

    /// <summary>The number of the method that it awaits, if its continuation is known to be that method's next one; otherwise negative.</summary>
    public int Inner { get; init; } = -1;
}
