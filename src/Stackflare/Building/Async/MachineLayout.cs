namespace Stackflare.Building.Async;

/// <summary>The offsets of a method's state in its box.</summary>
/// <param name="Type">Type index of the state machine.</param>
/// <param name="At">Offset of the state machine in the box; if it is a class, of the reference to it.</param>
/// <param name="IsObject">Whether the state machine is a class.</param>
/// <param name="State">Offset of the state in the state machine; null if not known.</param>
/// <param name="KeepsState">Whether the state of a running method is that of its last <c>await</c>, as in F#.</param>
/// <param name="Awaiters">The awaiters in the state machine.</param>
internal sealed record MachineLayout(int Type, ulong At, bool IsObject, ulong? State, bool KeepsState, AwaiterField[] Awaiters);

/// <summary>A field of a state machine that keeps the awaiter of the current <c>await</c>.</summary>
/// <param name="From">Offset in the state machine.</param>
/// <param name="To">Offset of the next field.</param>
/// <param name="Type">Simple name of its type; null if not known.</param>
internal readonly record struct AwaiterField(ulong From, ulong To, string? Type);
