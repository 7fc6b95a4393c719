using Stackflare.Writers.Profiles;
using Stackflare.Writers.Text;

namespace Stackflare.Writers;

/// <summary>Formats dumps: each one immediately, or all together at the end in formats that add up. Not thread-safe.</summary>
internal sealed class DumpFormatter(DumpFormat format, RenderOptions options, TextStyle style, TimeSpan? interval) : IDisposable
{
    private readonly StackSamples? _samples = DumpFormats.Row(format) is { AddsUp: true } row ? row.NewSamples(options, interval) : null;
    private PooledBytes _bytes = new();

    /// <summary>Adds a dump.</summary>
    /// <returns>What can be written now, valid until the next call; empty in a format that adds up.</returns>
    public ReadOnlyMemory<byte> Add(ThreadDump dump)
    {
        if (_samples is not null)
        {
            _samples.Add(dump.For(options));
            return default;
        }
        Renew();
        DumpRenderer.Write(dump, format, options, _bytes, style);
        return _bytes.WrittenMemory;
    }

    /// <returns>The remaining output, valid until the next call.</returns>
    public ReadOnlyMemory<byte> End()
    {
        Renew();
        if (_samples is { Count: > 0 })
            DumpRenderer.Write(_samples, format, _bytes);
        return _bytes.WrittenMemory;
    }

    public void Dispose()
    {
        _bytes.Dispose();
        _samples?.Dispose();
    }

    private void Renew()
    {
        _bytes.Dispose();
        _bytes = new PooledBytes();
    }
}
