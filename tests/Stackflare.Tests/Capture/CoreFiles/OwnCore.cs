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

    /// <summary>The kernel's ids of the threads that stood still while it was read. The stacks of others can be of several moments.</summary>
    public IReadOnlySet<int> Still { get; private set; } = new HashSet<int>();

    /// <summary>Reads the process until a thread has its name and its whole stack: objects move, and a thread has no frame object before it waits.</summary>
    public static OwnCore With(string thread)
    {
        for (int i = 0; ; i++)
        {
            var core = new OwnCore();
            Snapshot snapshot = core.Take(core);
            if (snapshot.Threads.Any(t => t.Name == thread && t.Completeness == StackCompleteness.Complete))
            {
                HashSet<string> later = [.. PlacesOf(core.Take(core._own)).Select(static t => t.Places)];
                core.Still = PlacesOf(snapshot).Where(t => later.Contains(t.Places)).Select(static t => t.Id).ToHashSet();
                return core;
            }
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

    private static IEnumerable<(int Id, string Places)> PlacesOf(Snapshot snapshot) =>
        snapshot.Threads.Select(t => (t.OsId, string.Join(' ', [t.OsId, .. t.Stack.ToArray().Select(f => (object)snapshot.Frames[f].Address)])));

    private Snapshot Take(IMemoryReader reader)
    {
        var memory = new ProcessMemory(reader);
        return RuntimeReader.Open(memory, _own.Descriptor(memory), _own.Runtime.Path, _own.Images).Read(CodeSnapshot.Outside, DumpLimits.Default, static () => ([], []));
    }
}
