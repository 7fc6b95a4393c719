using Stackflare.Runtime.Code;
using Stackflare.Runtime.Types;
using Stackflare.Snapshots;

namespace Stackflare.Runtime.Heap;

/// <summary>
/// Methods that the runtime suspends itself (.NET 11). Each has a continuation, which refers to that of its caller, and to a place in the method's code: only
/// this place shows which method it is, and at which await.
/// </summary>
internal sealed class Continuations(ProcessMemory memory, RuntimeLayout layout, CodeMap code, MethodReader methods, SnapshotBuilder snapshot)
{
    private const int MaxPlaces = 1 << 15, MaxNeighbours = 1024;

    private readonly ContinuationLayout? _layout = layout.Heap.Continuations;
    private readonly SortedDictionary<ulong, SuspensionPoint> _places = [];
    private readonly Dictionary<ulong, uint> _codes = [];
    private (ulong Start, DebugInfo? Info) _last;

    /// <summary>Whether the runtime describes them.</summary>
    public bool AreKnown => _layout is not null;

    /// <summary>Whether a limit was reached.</summary>
    public bool IsTruncated { get; private set; }

    /// <summary>The places of the continuations that were copied, and others of the same code.</summary>
    public SuspensionPoint[] Places => [.. _places.Values];

    /// <summary>Copies the continuations of a task, from the innermost method to the outermost.</summary>
    /// <param name="first">The first one's address.</param>
    /// <param name="search">Copies objects.</param>
    /// <param name="copies">What was copied.</param>
    /// <param name="isHead">Whether the first one may refer to what its method waits for.</param>
    public void Follow(ulong first, HeapSearch search, HeapCopies copies, bool isHead = true)
    {
        if (_layout is null)
            return;
        // One that was copied before was also followed to its end, so a circle ends here.
        for (ulong at = first; copies.Find(at) is >= 0 and var index && (copies.Candidates[index].Traits & HeapObjectTraits.Continuation) != 0; isHead = false)
        {
            if (search.IsOver() || !search.CopyAt(index, isHead))
                return;
            HeapCopy copy = copies.All[^1];
            AddPlace(copy.Word(_layout.ResumeInfo));
            at = copy.Word(_layout.Next);
        }
    }

    private void AddPlace(ulong resumeInfo)
    {
        // Continuations of the framework belong to no method and have no place.
        if (resumeInfo == 0 || _places.ContainsKey(resumeInfo) || BlockAt(resumeInfo, out ulong address) is not { } block)
            return;
        if (_places.Count >= MaxPlaces)
        {
            IsTruncated = true;
            return;
        }
        if (methods.IndexOf(block.Method) is not { } method)
            return;
        Add(resumeInfo, address, block, method);
        // In optimized code, an await can have several possible lines. The other places of the same code exclude some of them.
        for (int direction = -1; direction <= 1; direction += 2)
        {
            for (int i = 1; i <= MaxNeighbours && _places.Count < MaxPlaces; i++)
            {
                ulong other = resumeInfo + (ulong)(direction * i * ContinuationLayout.InfoBytes);
                if (BlockAt(other, out address) is not { } its || its.Start != block.Start)
                    break;
                Add(other, address, block, method);
            }
        }
    }

    private void Add(ulong resumeInfo, ulong address, CodeBlock block, int method)
    {
        if (_places.ContainsKey(resumeInfo))
            return;
        if (!_codes.TryGetValue(block.Start, out uint number))
            _codes[block.Start] = number = (uint)_codes.Count + 1;
        if (_last.Start != block.Start)
            _last = (block.Start, DebugInfo.Read(memory, layout.Code!, block));
        bool? isRewritten = block.IsAheadOfTime ? false : methods.IsRewritten(block.Method, block.Start);
        // The place itself has an entry in the compiler's map. Entries near it belong to the code that suspends the method.
        int? offset = isRewritten is not false ? null : _last.Info?.ILOffsetAt(block.OffsetOf(address));
        int frame = snapshot.Add(new SnapshotFrame { Method = method, Address = address, ILOffset = offset, IsExact = true, IsAwait = true, IsRewritten = isRewritten is true });
        _places[resumeInfo] = new SuspensionPoint(resumeInfo, frame, number);
    }

    private CodeBlock? BlockAt(ulong resumeInfo, out ulong address)
    {
        if (!memory.TryRead(resumeInfo + _layout!.Place, out address) || address == 0)
            return null;
        if (code.Find(address) is { } block)
            return block;
        // A core can leave out the pages of an image in which the loader has moved addresses. Their file has the addresses that it would move.
        if (code.ImageAt(resumeInfo) is not (var start and not 0) || PortableImage.Open(memory, start, isMapped: true) is not { } image || image.PreferredBase == start)
            return null;
        address += start - image.PreferredBase;
        return code.ImageAt(address) == start ? code.Find(address) : null;
    }
}
