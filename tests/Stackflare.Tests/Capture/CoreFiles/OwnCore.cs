using Stackflare.Runtime;
using Stackflare.Snapshots;
using Stackflare.Tests.Runtime;
using Stackflare.Tests.Symbols;

namespace Stackflare.Tests.Capture.CoreFiles;

/// <summary>A small core of the process of the tests: the pages that a reader of its threads needs, and no others.</summary>
internal sealed class OwnCore : IMemoryReader, IDisposable
{
    private const int PageBytes = 4096;
    private readonly OwnProcess _own = new();
    private readonly SortedDictionary<ulong, byte[]> _pages = [];

    /// <summary>The pages, by address.</summary>
    public IReadOnlyDictionary<ulong, byte[]> Pages => _pages;

    /// <summary>Reads the process until a thread has its name and its whole stack: objects move, and a thread has no frame object before it waits.</summary>
    public static OwnCore With(string thread)
    {
        for (int i = 0; ; i++)
        {
            var core = new OwnCore();
            var memory = new ProcessMemory(core);
            ContractDescriptor descriptor = core._own.Descriptor(memory);
            Snapshot snapshot = RuntimeReader.Open(memory, descriptor, core._own.Runtime.Path, core._own.Images)
                .Read(CodeSnapshot.Host, new Dictionary<int, StoppedThread>(), default, DumpLimits.Default, static () => ([], []));
            if (snapshot.Threads.Any(t => t.Name == thread && t.Completeness == StackCompleteness.Complete))
                return core;
            core.Dispose();
            Assert.InRange(i, 0, 1000);
        }
    }

    /// <summary>The bytes of the core, less one page.</summary>
    public byte[] Build(ulong? without = null, bool hasDamagedNote = false)
    {
        // The path says the version. No such file exists.
        var builder = new CoreBuilder().Process(Environment.ProcessId, "tests").Thread(1).Thread(Environment.ProcessId, signal: 6)
            .File(_own.Runtime.Start, _own.Runtime.End, $"/nowhere/Microsoft.NETCore.App/{Environment.Version.ToString(3)}/libcoreclr.so");
        if (hasDamagedNote)
            builder.Note(0x46494C45, []);
        foreach ((ulong address, byte[] bytes) in _pages.Where(p => p.Key != without))
            builder.Memory(address, bytes);
        return builder.Build();
    }

    public int Read(ulong address, Span<byte> buffer)
    {
        int done = 0;
        while (done < buffer.Length)
        {
            ulong at = address + (ulong)done, page = at & ~(ulong)(PageBytes - 1);
            if (!_pages.TryGetValue(page, out byte[]? bytes))
            {
                bytes = new byte[PageBytes];
                bytes = bytes[.._own.Read(page, bytes)];
                if (bytes.Length < PageBytes)
                    break;
                _pages[page] = bytes;
            }
            int offset = (int)(at - page), count = Math.Min(PageBytes - offset, buffer.Length - done);
            bytes.AsSpan(offset, count).CopyTo(buffer[done..]);
            done += count;
        }
        return done;
    }

    public void Dispose() => _own.Dispose();
}
