using System.Globalization;

namespace Stackflare;

/// <summary>The kernel's id of a thread (<c>gettid</c>), as the dumped process itself sees it.</summary>
/// <param name="Value">The id; what <c>top -H</c> and <c>/proc/{pid}/task</c> show.</param>
public readonly record struct OsThreadId(int Value)
{
    /// <inheritdoc/>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}
