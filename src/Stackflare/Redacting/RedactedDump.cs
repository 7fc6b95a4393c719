using Stackflare.Redacting;

namespace Stackflare;

public sealed partial record ThreadDump
{
    /// <summary>Whether names of the program were replaced, see <see cref="Redact"/>.</summary>
    public bool IsRedacted { get; internal init; }

    /// <summary>
    /// A copy in which names of the program, of its libraries and of its users are replaced, without paths and source text. Names of the framework, line numbers, addresses, times and counts
    /// are kept; docs/redaction.md has the list. The findings are made again from the copy.
    /// </summary>
    /// <param name="redaction">How names are replaced.</param>
    /// <returns>The copy; this dump if it is redacted already.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="redaction"/> is null.</exception>
    public ThreadDump Redact(Redaction redaction)
    {
        ArgumentNullException.ThrowIfNull(redaction);
        return IsRedacted ? this : Redactor.Redact(this, redaction);
    }

    /// <summary>What may be shown with these options.</summary>
    internal ThreadDump For(RenderOptions options) => options.Redaction is { } redaction ? Redact(redaction) : this;
}
