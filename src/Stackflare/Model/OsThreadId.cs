using System.Globalization;

namespace Stackflare;

/// <summary>The kernel's id of a thread (<c>gettid</c>), in the pid namespace of the dumped process.</summary>
/// <param name="Value">The id, as in <c>top -H</c> and <c>/proc/{pid}/task</c>.</param>
public readonly record struct OsThreadId(int Value)
{
    /// <inheritdoc/>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}
