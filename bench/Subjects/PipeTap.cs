using System.Diagnostics;
using System.Text;

namespace Stackflare.Bench.Subjects;

/// <summary>
/// Reads a pipe as fast as it fills, on a thread of its own, and knows when the last byte came. The time is taken by the thread
/// that reads, so that it does not matter how lazily anyone looks at it.
/// </summary>
internal sealed class PipeTap
{
    private readonly Lock _lock = new();
    private byte[] _bytes = new byte[1 << 20];
    private int _length;
    private int _lines;
    private long _lastByteAt;
    private bool _ended;

    internal PipeTap(Stream pipe)
    {
        new Thread(() => Read(pipe)) { Name = "pipe tap", IsBackground = true }.Start();
    }

    /// <summary>Forgets what came until now.</summary>
    internal void Clear()
    {
        lock (_lock)
        {
            _length = 0;
            _lines = 0;
        }
    }

    /// <summary>How much came since <see cref="Clear"/>, and the clock's reading when the last of it did.</summary>
    internal (int Lines, int Bytes, long LastByteAt, bool Ended) Look()
    {
        lock (_lock)
            return (_lines, _length, _lastByteAt, _ended);
    }

    /// <summary>What came since <see cref="Clear"/>.</summary>
    internal string Text() => Text(0, int.MaxValue);

    /// <summary>The first bytes of it.</summary>
    internal string Head(int length) => Text(0, length);

    /// <summary>The last bytes of it.</summary>
    internal string Tail(int length) => Text(int.MaxValue, length);

    private string Text(int from, int length)
    {
        lock (_lock)
        {
            int count = Math.Min(length, _length);
            return Encoding.UTF8.GetString(_bytes, Math.Min(from, _length - count), count);
        }
    }

    private void Read(Stream pipe)
    {
        byte[] buffer = new byte[1 << 18];
        while (pipe.Read(buffer) is > 0 and int count)
        {
            long now = Stopwatch.GetTimestamp();
            lock (_lock)
            {
                if (_length + count > _bytes.Length)
                    Array.Resize(ref _bytes, _bytes.Length * 2);
                buffer.AsSpan(0, count).CopyTo(_bytes.AsSpan(_length));
                _length += count;
                _lines += buffer.AsSpan(0, count).Count((byte)'\n');
                _lastByteAt = now;
            }
        }

        lock (_lock)
            _ended = true;
    }
}
