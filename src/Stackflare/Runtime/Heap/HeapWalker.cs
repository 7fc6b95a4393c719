using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Stackflare.Runtime.Heap;

/// <summary>Sees an object that can matter. False to end the walk.</summary>
/// <param name="address">Its address.</param>
/// <param name="type">Its type.</param>
/// <param name="bytes">Its bytes, from its address; of a large one, the first.</param>
internal delegate bool ObjectVisitor(ulong address, HeapType type, ReadOnlySpan<byte> bytes);

/// <summary>
/// Walks the heap from object to object, through one window of its memory. Each object of most types costs a look into a small table. A word that is no
/// type, or an object that is longer than its region, ends the walk of the region.
/// </summary>
internal sealed class HeapWalker(ProcessMemory memory, RuntimeLayout layout, HeapTypes types, TimeSpan limit)
{
    private const int WindowBytes = 256 << 10, PageBytes = 4096, Visible = 64 << 10, RecentBits = 12, Head = 16;
    private const ulong Hash = 0x9E3779B97F4A7C15;

    private readonly byte[] _window = new byte[WindowBytes];
    private readonly Recent[] _recent = new Recent[1 << RecentBits];
    private readonly ulong _typeMask = layout.Types!.ObjectMask;
    private readonly int _lengthAt = (int)Math.Min(layout.Heap.References!.ArrayLength, Head - sizeof(uint));
    private readonly long _begun = Stopwatch.GetTimestamp();
    private ulong _start, _end;

    /// <summary>How many objects were seen, of all types.</summary>
    public long Seen { get; private set; }

    /// <summary>Whether the walk ended because of the limit on time.</summary>
    public bool IsLate { get; private set; }

    /// <summary>How many regions ended before their end.</summary>
    public int Damaged { get; private set; }

    /// <summary>Walks all regions, or until the visitor has enough.</summary>
    public void Walk(HeapRegions regions, ObjectVisitor visitor)
    {
        int context = 0;
        foreach (AddressRange region in regions.All)
        {
            while (context < regions.Contexts.Count && regions.Contexts[context].End <= region.Start)
                context++;
            if (!Walk(region, regions.Contexts, context, visitor))
                return;
        }
    }

    /// <summary>Whether so much of the time is over.</summary>
    public bool IsOver(double part) => Stopwatch.GetElapsedTime(_begun) > limit * part;

    private bool Walk(AddressRange region, IReadOnlyList<AddressRange> contexts, int context, ObjectVisitor visitor)
    {
        ulong at = region.Start;
        while (at < region.End)
        {
            while (context < contexts.Count && contexts[context].Start < at)
                context++;
            bool hasGap = context < contexts.Count && contexts[context].Start < region.End;
            AddressRange gap = hasGap ? contexts[context] : new AddressRange(region.End, region.End);
            End end = at < gap.Start ? Walk(ref at, gap.Start, region.End, visitor) : End.Stretch;
            if (end == End.Stopped)
                return false;
            // A thread can have got the memory of an object and not yet have written its type.
            if (end == End.Nothing && !(hasGap && Word(at) == 0))
            {
                Damaged++;
                return true;
            }
            // There, the allocation context was not yet set. Further on would be other objects.
            if (end == End.Nothing && gap.Start - at >= LargeObject)
                Damaged++;
            if (end == End.Nothing || at == gap.Start)
                at = gap.End;
        }
        return true;
    }

    private End Walk(ref ulong at, ulong stop, ulong regionEnd, ObjectVisitor visitor)
    {
        ulong here = at;
        long seen = 0;
        End end = End.Stretch;
        while (here < stop)
        {
            if (here < _start || here + Head > _end)
            {
                if (IsOver(WalkPart))
                {
                    IsLate = true;
                    end = End.Stopped;
                    break;
                }
                if (!Show(here, regionEnd))
                {
                    end = End.Nothing;
                    break;
                }
            }
            ref byte first = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_window), (nint)(here - _start));
            ulong type = Unsafe.ReadUnaligned<ulong>(ref first) & _typeMask;
            ref Recent recent = ref _recent[(type * Hash) >> (64 - RecentBits)];
            if (recent.Type != type || type == 0)
                recent = new Recent(type, types.Of(type));
            ulong bytes = recent.Bytes;
            if (recent.ElementBytes != 0)
                bytes += (ulong)Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref first, _lengthAt)) * recent.ElementBytes;
            bytes = (bytes + (sizeof(ulong) - 1)) & ~(ulong)(sizeof(ulong) - 1);
            if (bytes < AllocationLayout.SmallestObject || bytes > regionEnd - here)
            {
                end = End.Nothing;
                break;
            }
            seen += recent.IsFree ? 0 : 1;
            if (recent.IsRecorded && !Visit(here, recent.Known!, bytes, regionEnd, visitor, ref end))
                break;
            here += bytes;
        }
        Seen += seen;
        at = here;
        return end;
    }

    private bool Visit(ulong at, HeapType type, ulong bytes, ulong regionEnd, ObjectVisitor visitor, ref End end)
    {
        int length = (int)Math.Min(bytes - ReferenceLayout.Header, Visible);
        if (at + (ulong)length > _end && !(Show(at, regionEnd) && at + (ulong)length <= _end))
            end = End.Nothing;
        else if (!visitor(at, type, _window.AsSpan((int)(at - _start), length)))
            end = End.Stopped;
        return end == End.Stretch;
    }

    /// <summary>The rest of the time is for following references, without which the objects are of little use.</summary>
    private const double WalkPart = 0.75;

    /// <summary>Objects of this size have regions of their own.</summary>
    private const uint LargeObject = 85_000;

    private bool Show(ulong at, ulong regionEnd)
    {
        // After a large object, what follows may be large as well, so that most of a window would be read for nothing.
        int wanted = at > _end ? PageBytes : WindowBytes;
        int length = memory.ReadOnce(at, _window.AsSpan(0, (int)Math.Min(regionEnd - at, (ulong)wanted)));
        (_start, _end) = (at, at + (ulong)length);
        return length >= Head;
    }

    private ulong Word(ulong at) => at >= _start && at + sizeof(ulong) <= _end ? BitConverter.ToUInt64(_window, (int)(at - _start)) : 1;

    private enum End
    {
        /// <summary>Of the region, or of the part before one without objects.</summary>
        Stretch,

        /// <summary>There is no object where one should be.</summary>
        Nothing,

        /// <summary>By the visitor, or by the limit on time.</summary>
        Stopped,
    }

    /// <summary>A type that was seen recently. All of it is 0 for a word that is no type.</summary>
    private readonly struct Recent(ulong type, HeapType? known)
    {
        public readonly ulong Type = type;
        public readonly HeapType? Known = known;
        public readonly uint Bytes = known?.Bytes ?? 0;
        public readonly uint ElementBytes = known?.ElementBytes ?? 0;
        public readonly bool IsFree = known?.IsFree ?? false;
        public readonly bool IsRecorded = known?.IsRecorded ?? false;
    }
}
