using System.Globalization;

namespace Stackflare;

/// <summary>The runtime's id of a thread, as <see cref="Environment.CurrentManagedThreadId"/> gives it.</summary>
/// <param name="Value">The id; the runtime uses ids again once a thread has ended.</param>
public readonly record struct ManagedThreadId(int Value)
{
    /// <inheritdoc/>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}
