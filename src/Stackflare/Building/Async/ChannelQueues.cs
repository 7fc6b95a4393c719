using Stackflare.Snapshots;

namespace Stackflare.Building.Async;

/// <summary>Finds the channel of an operation that waits for it. Each kind of operation is a ring in the channel. Before .NET 10, only channels with one reader have these fields.</summary>
internal sealed class ChannelQueues(HeapObjects objects)
{
    private const string Next = "<Next>k__BackingField", Previous = "<Previous>k__BackingField";

    private static readonly (string Field, bool Writes)[] Rings =
    [
        ("_blockedReadersHead", false), ("_waitingReadersHead", false), ("_blockedWritersHead", true), ("_waitingWritersHead", true),
        // A channel with one reader.
        ("_blockedReader", false), ("_waitingReader", false),
    ];

    private readonly Dictionary<int, (int? Readers, int? Writers)> _waiting = [];
    private Dictionary<int, int>? _channels;

    /// <summary>The index of the channel; negative if not known.</summary>
    public int ChannelOf(int operation) => (_channels ??= Read()).TryGetValue(operation, out int channel) ? channel : -1;

    /// <summary>The state of a channel; null if the object is not a channel for which operations wait.</summary>
    public ChannelState? StateOf(int channel)
    {
        _channels ??= Read();
        if (!_waiting.TryGetValue(channel, out (int? Readers, int? Writers) waiting))
            return null;
        int? capacity = objects.Number(channel, "_bufferedCapacity");
        int items = capacity is null ? -1 : objects.Reference(channel, "_items");
        // Nobody waits to read a channel that has items, and the other kinds have no limit.
        int? count = items >= 0 ? objects.Number(items, "_size") : waiting.Readers > 0 ? 0 : null;
        return new ChannelState(count is < 0 || count > capacity ? null : count, capacity, waiting.Readers, waiting.Writers);
    }

    private Dictionary<int, int> Read()
    {
        var channels = new Dictionary<int, int>();
        for (int i = 0; i < objects.Count; i++)
        {
            if (!objects.Is(i, HeapObjectTraits.Detail) || !objects.Definition(i).StartsWith("System.Threading.Channels.", StringComparison.Ordinal))
                continue;
            (int? Readers, int? Writers) waiting = (0, 0);
            foreach ((string field, bool writes) in Rings)
            {
                int? count = Follow(channels, i, field);
                waiting = writes ? (waiting.Readers, waiting.Writers + count) : (waiting.Readers + count, waiting.Writers);
            }
            _waiting[i] = waiting;
        }
        return channels;
    }

    /// <summary>The number of operations of a ring; null if one was not copied: then a thread may wait for it.</summary>
    private int? Follow(Dictionary<int, int> channels, int channel, string field)
    {
        int head = objects.Reference(channel, field), count = 0;
        if (objects.Word(channel, field) is null or 0)
            return 0;
        ulong? next = head < 0 ? null : objects[head].Address;
        for (int at = head; at >= 0 && channels.TryAdd(at, channel); at = objects.Find(next))
        {
            count++;
            next = objects.Word(at, Next);
        }
        bool isWhole = next is 0 || objects.Find(next) >= 0;
        // The rest is reachable from the other end.
        for (int at = head < 0 || isWhole ? -1 : objects.Reference(head, Previous); at >= 0 && channels.TryAdd(at, channel);)
            at = objects.Reference(at, Previous);
        return isWhole ? count : null;
    }
}

/// <summary>How full a channel is, and how many wait for it.</summary>
/// <param name="Items">Number of items; null if not known.</param>
/// <param name="Capacity">Maximum number of items; null if it has none, or it is not known.</param>
/// <param name="Readers">Number of operations that wait to read; null if not known.</param>
/// <param name="Writers">Number of operations that wait to write; null if not known.</param>
internal sealed record ChannelState(int? Items, int? Capacity, int? Readers, int? Writers);
