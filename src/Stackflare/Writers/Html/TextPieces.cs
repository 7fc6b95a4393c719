using System.Text;
using Stackflare.Views;
using Stackflare.Writers.Text;

namespace Stackflare.Writers.Html;

/// <summary>The parts of the text formats, piece by piece.</summary>
internal sealed class TextPieces : IDisposable
{
    private readonly PooledBytes _written = new();
    private int _taken;

    public TextPieces(DumpView view) => Parts = new TextParts(view, PageResources.TextStyle, _written, outermostFirst: true);

    public TextParts Parts { get; }

    /// <summary>What was written since the last call.</summary>
    public string Take()
    {
        string text = Encoding.UTF8.GetString(_written.Written[_taken..]);
        _taken = _written.Written.Length;
        return text;
    }

    public void Dispose() => _written.Dispose();
}
