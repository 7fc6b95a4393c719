using Microsoft.Win32.SafeHandles;

namespace Stackflare.Symbols.Modules;

/// <summary>
/// A part of an open file as a stream, read by position. Not a <see cref="FileStream"/>, because the PE and
/// metadata readers would map large parts of it (see <see cref="RegularFile"/> for the danger).
/// </summary>
internal sealed class WindowStream(SafeFileHandle handle, long start, long length, bool ownsHandle) : Stream
{
    private long _position;

    public override bool CanRead => true;
    public override bool CanSeek => true;
    public override bool CanWrite => false;
    public override long Length => length;

    public override long Position
    {
        get => _position;
        set => _position = value >= 0 ? value : throw new IOException("A negative position.");
    }

    public override int Read(Span<byte> buffer)
    {
        long left = length - _position;
        if (left <= 0)
            return 0;
        if (buffer.Length > left)
            buffer = buffer[..(int)left];
        int read = RandomAccess.Read(handle, buffer, start + _position);
        _position += read;
        return read;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override long Seek(long offset, SeekOrigin origin) => Position = origin switch
    {
        SeekOrigin.Begin => offset,
        SeekOrigin.Current => _position + offset,
        _ => length + offset,
    };

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing && ownsHandle)
            handle.Dispose();
        base.Dispose(disposing);
    }
}
