namespace Stackflare.Building.Async;

/// <summary>Where in a box what is kept of its method.</summary>
/// <param name="Type">The index of the state machine's type.</param>
/// <param name="At">The offset of the state machine in the box; of a reference to it where it is an object of its own.</param>
/// <param name="IsObject">Whether it is.</param>
/// <param name="State">The offset of the state in the state machine; null when it is not known.</param>
/// <param name="Awaiters">The awaiters in the state machine.</param>
internal sealed record MachineLayout(int Type, ulong At, bool IsObject, ulong? State, AwaiterField[] Awaiters);

/// <summary>A field in which a state machine keeps the awaiter of an <c>await</c> that it waits at.</summary>
/// <param name="From">Where in the state machine it begins.</param>
/// <param name="To">Where the next field begins.</param>
/// <param name="Type">The simple name of its type; null when it is not known.</param>
internal readonly record struct AwaiterField(ulong From, ulong To, string? Type);
