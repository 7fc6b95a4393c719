using Microsoft.Win32.SafeHandles;
using Stackflare.Interop;
using Stackflare.Runtime;

namespace Stackflare.Capture.CoreFiles;

/// <summary>Reads the small records of a file through one buffer, whatever the size of the file. Not thread-safe.</summary>
internal sealed class FileWindow(SafeFileHandle file) : IMemoryReader
{
    private readonly byte[] _buffer = new byte[64 << 10];
    private ulong _start;
    private int _length;

    public int Read(ulong address, Span<byte> buffer) => address > long.MaxValue ? 0 : FileRead.TryFill(file, buffer, (long)address);

    /// <summary>Whether the file is long enough.</summary>
    public bool Has(ulong position, ulong length) => position <= long.MaxValue - length && position + length <= (ulong)RandomAccess.GetLength(file);

    /// <summary>Fills a buffer from a position on. False if the file ends before.</summary>
    public bool TryRead(ulong position, Span<byte> to)
    {
        if (position > long.MaxValue - (ulong)to.Length)
            return false;
        if (to.Length > _buffer.Length)
            return FileRead.TryFill(file, to, (long)position) == to.Length;
        if (position < _start || position + (ulong)to.Length > _start + (ulong)_length)
        {
            _start = position;
            _length = FileRead.TryFill(file, _buffer, (long)position);
        }
        int offset = (int)(position - _start);
        if (_length - offset < to.Length)
            return false;
        _buffer.AsSpan(offset, to.Length).CopyTo(to);
        return true;
    }
}
