using Stackflare.Snapshots.Format;

namespace Stackflare.EndToEnd.Async;

/// <summary>An async method that has not completed, as its box says.</summary>
/// <param name="Record">The box.</param>
/// <param name="Name">The method's name.</param>
/// <param name="State">Which await it is at, from zero; or the compiler's other numbers.</param>
/// <param name="Machine">Where the state machine is an object of its own, its address; else zero.</param>
/// <param name="Awaited">What its awaiters refer to.</param>
internal sealed record AsyncMethod(HeapObjectRecord Record, string Name, int State, ulong Machine, IReadOnlyList<ulong> Awaited);
