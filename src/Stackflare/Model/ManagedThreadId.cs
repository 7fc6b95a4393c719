using System.Globalization;

namespace Stackflare;

/// <summary>The runtime's id of a thread, as in <see cref="Environment.CurrentManagedThreadId"/>.</summary>
/// <param name="Value">The id. The runtime reuses the ids of threads that have ended.</param>
public readonly record struct ManagedThreadId(int Value)
{
    /// <summary>The id of the thread that runs the finalizers: it is the runtime's second thread.</summary>
    internal const int Finalizer = 2;

    /// <inheritdoc/>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}
