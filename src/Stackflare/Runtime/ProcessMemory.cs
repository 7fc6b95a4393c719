using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace Stackflare.Runtime;

/// <summary>
/// Typed reads of a process's memory. The pages that were read last are kept, because the runtime's structures are small and close to each other. Its
/// own memory does not depend on the size of the process. Not thread-safe.
/// </summary>
/// <param name="reader">Reads the memory.</param>
/// <param name="maxReads">
/// How many reads are done. Then all memory is missing. Loops over structures of a process end if its memory is as the runtime leaves it; this bounds the
/// time if it is not.
/// </param>
internal sealed class ProcessMemory(IMemoryReader reader, long maxReads = ProcessMemory.MaxReads)
{
    private const int PageBytes = 4096, MaxPages = 2048, MaxText = 4096;

    /// <summary>A million frames take some hundred million. A page that must be fetched takes as long as several.</summary>
    private const int MaxReads = 1 << 28, PageReads = 64;

    private readonly Dictionary<ulong, byte[]> _pages = [];
    private long _readsLeft = maxReads;

    /// <summary>The memory of a page that was not there.</summary>
    private byte[]? _spare;

    /// <summary>Whether memory is missing because of the limit on reads.</summary>
    public bool IsExhausted => _readsLeft <= 0;

    /// <summary>Whether the process runs, so that its memory changes.</summary>
    public bool IsLive { get; init; }

    /// <summary>Forgets the kept pages: the process runs, or has run since they were read.</summary>
    public void Forget() => _pages.Clear();

    /// <exception cref="MissingMemoryException">It is not there.</exception>
    public T Read<T>(ulong address)
        where T : unmanaged => TryRead(address, out T value) ? value : throw new MissingMemoryException(address);

    /// <exception cref="MissingMemoryException">It is not there.</exception>
    public ulong Pointer(ulong address) => Read<ulong>(address);

    public bool TryRead<T>(ulong address, out T value)
        where T : unmanaged
    {
        Unsafe.SkipInit(out value);
        return TryRead(address, MemoryMarshal.AsBytes(MemoryMarshal.CreateSpan(ref value, 1)));
    }

    public bool TryRead(ulong address, Span<byte> buffer)
    {
        if (!Count(1))
            return false;
        for (int done = 0; done < buffer.Length;)
        {
            ulong at = address + (ulong)done, page = at & ~(ulong)(PageBytes - 1);
            int offset = (int)(at - page), count = Math.Min(PageBytes - offset, buffer.Length - done);
            byte[] bytes = Page(page);
            if (bytes.Length < offset + count)
                return false;
            bytes.AsSpan(offset, count).CopyTo(buffer[done..]);
            done += count;
        }
        return true;
    }

    /// <summary>Reads past the kept pages, for what is read once: up to the end of the buffer, or up to the first byte that is missing.</summary>
    public int ReadOnce(ulong address, Span<byte> buffer) => reader.Read(address, buffer);

    /// <summary>Reads past the kept pages, for what is read once.</summary>
    /// <exception cref="MissingMemoryException">A part is not there.</exception>
    public byte[] Bytes(ulong address, int length)
    {
        // Memory for what is not there is not allocated.
        Span<byte> last = stackalloc byte[1];
        if (!Count(((length / PageBytes) + 1L) * PageReads) || (length > 0 && reader.Read(address + (ulong)length - 1, last) == 0))
            throw new MissingMemoryException(address);
        byte[] bytes = new byte[length];
        return reader.Read(address, bytes) == length ? bytes : throw new MissingMemoryException(address);
    }

    /// <summary>UTF-8 text that ends with a zero byte. A long one is cut.</summary>
    /// <exception cref="MissingMemoryException">It is not there.</exception>
    public string Utf8Text(ulong address)
    {
        var bytes = new List<byte>();
        for (byte next; bytes.Count < MaxText && (next = Read<byte>(address + (ulong)bytes.Count)) != 0;)
            bytes.Add(next);
        return Encoding.UTF8.GetString(CollectionsMarshal.AsSpan(bytes));
    }

    /// <summary>UTF-16 text that ends with a zero. A long one is cut.</summary>
    /// <exception cref="MissingMemoryException">It is not there.</exception>
    public string Utf16Text(ulong address)
    {
        var text = new StringBuilder();
        for (ushort next; text.Length < MaxText && (next = Read<ushort>(address + ((ulong)text.Length * 2))) != 0;)
            text.Append((char)next);
        return text.ToString();
    }

    /// <summary>UTF-16 text of a known length.</summary>
    /// <exception cref="MissingMemoryException">It is not there.</exception>
    public string Utf16Text(ulong address, int length)
    {
        byte[] bytes = Bytes(address, Math.Clamp(length, 0, MaxText) * 2);
        return string.Create(bytes.Length / 2, bytes, static (text, from) =>
        {
            for (int i = 0; i < text.Length; i++)
                text[i] = (char)BinaryPrimitives.ReadUInt16LittleEndian(from.AsSpan(i * 2));
        });
    }

    private bool Count(long reads)
    {
        _readsLeft = Math.Max(_readsLeft - reads, 0);
        return _readsLeft > 0;
    }

    /// <summary>What there is of a page, from its start on.</summary>
    private byte[] Page(ulong address)
    {
        if (_pages.TryGetValue(address, out byte[]? page))
            return page;
        Count(PageReads);
        if (_pages.Count >= MaxPages)
            _pages.Clear();
        page = _spare ?? new byte[PageBytes];
        int read = reader.Read(address, page);
        _spare = read == PageBytes ? null : page;
        return _pages[address] = read == PageBytes ? page : page[..read];
    }
}
