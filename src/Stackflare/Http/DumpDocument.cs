using Stackflare.Analysis;
using Stackflare.Snapshots.Format;
using Stackflare.Views;
using Stackflare.Writers;
using Stackflare.Writers.Text;

namespace Stackflare.Http;

/// <summary>The body of an answer: one dump, or several that are compared as those of a series. Not thread-safe.</summary>
internal sealed class DumpDocument(DumpRequest request) : IDisposable
{
    /// <summary>A series is kept in memory until its end.</summary>
    private const long LargestSeries = 256 << 20;

    private static readonly DumpReason Reason = new() { Kind = DumpReasonKind.Request, Text = "requested by HTTP" };
    private static readonly TextStyle Style = TextStyle.Plain with { ShowsAll = "The parameter all=1" };

    private readonly DumpFormatter _formatter = new(request.Format, request.Render, Style, request.Count > 1 ? request.Interval : null);
    private readonly DumpComparison _comparison = new();
    private readonly List<byte[]> _parts = [];

    /// <summary>How many dumps it has.</summary>
    public int Count { get; private set; }

    public bool IsComplete => Count >= request.Count;

    /// <exception cref="OutputException">The document would be too large.</exception>
    public void Add(ThreadDump dump)
    {
        Count++;
        string[] threads = request.Threads.Split(',', StringSplitOptions.RemoveEmptyEntries);
        dump = _comparison.Add(dump);
        // What the program hides cannot be guessed, letter by letter, by selecting threads.
        dump = request.HidesNames ? ThreadFilter.Apply(dump.For(request.Render), threads) : ThreadFilter.Apply(dump, threads).For(request.Render);
        dump = dump with { Reason = Reason, Notes = [.. dump.Notes.Select(static n => n.Replace(CaptureNotes.AsyncHint, "The parameter async=always includes them anyway.", StringComparison.Ordinal))] };
        Append(_formatter.Add(dump).Span);
    }

    /// <summary>The whole document. Nothing can be added after that.</summary>
    public byte[] End()
    {
        Append(_formatter.End().Span);
        // A dump can be large, and usually there is only one.
        return _parts is [var only] ? only : Concatenate();
    }

    public void Dispose() => _formatter.Dispose();

    private byte[] Concatenate()
    {
        byte[] all = new byte[_parts.Sum(static p => p.Length)];
        int at = 0;
        foreach (byte[] part in _parts)
        {
            part.CopyTo(all, at);
            at += part.Length;
        }
        return all;
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        if (request.Count > 1 && _parts.Sum(static p => (long)p.Length) + bytes.Length > LargestSeries)
            throw new OutputException("The series is larger than 256 MiB.", "Take fewer dumps.");
        if (!bytes.IsEmpty)
            _parts.Add(bytes.ToArray());
    }
}
