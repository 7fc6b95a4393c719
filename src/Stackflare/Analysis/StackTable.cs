using System.Buffers;
using System.Runtime.InteropServices;

namespace Stackflare.Analysis;

/// <summary>
/// Numbers distinct stacks (lists of frame numbers) from 0 in the order of appearance, and stores each once. It is the only definition of "same
/// stack" for groups of threads, profiles and findings. Uses pooled memory. Not thread-safe.
/// </summary>
/// <param name="limit">How many frame numbers are stored in total.</param>
internal sealed class StackTable(int limit = int.MaxValue) : IDisposable
{
    private readonly List<(int Start, int Length)> _stacks = [];
    private Dictionary<Row, int>? _ids;
    private int[] _frames = ArrayPool<int>.Shared.Rent(4096);
    private int _kept;

    public int Count => _stacks.Count;

    /// <summary>The frame numbers of a stack. Valid until another stack is added.</summary>
    public ReadOnlySpan<int> this[int id] => _frames.AsSpan(_stacks[id].Start, _stacks[id].Length);

    /// <summary>Finds or adds a stack. False if the stack is new and there is no room for it.</summary>
    public bool TryGetId(ReadOnlySpan<int> stack, out int id) => TryGetId(stack, limit, out id);

    /// <summary>Finds or adds a stack, even if there is no room for it.</summary>
    public int IdOf(ReadOnlySpan<int> stack)
    {
        _ = TryGetId(stack, int.MaxValue, out int id);
        return id;
    }

    public void Dispose()
    {
        ArrayPool<int>.Shared.Return(_frames);
        _frames = [];
    }

    private bool TryGetId(ReadOnlySpan<int> stack, int most, out int id)
    {
        Row row = Append(stack);
        _ids ??= new(new RowComparer(this));
        if (_ids.TryGetValue(row, out id))
            return true;
        if (stack.Length > most - _kept)
            return false;
        id = _stacks.Count;
        _stacks.Add((_kept, stack.Length));
        _ids.Add(row, id);
        _kept += stack.Length;
        return true;
    }

    /// <summary>Copies a stack to the end of the table. The next call overwrites it unless the caller keeps it.</summary>
    private Row Append(ReadOnlySpan<int> stack)
    {
        if (_frames.Length - _kept < stack.Length)
        {
            int[] larger = ArrayPool<int>.Shared.Rent(Math.Max(_frames.Length * 2, _kept + stack.Length));
            _frames.AsSpan(0, _kept).CopyTo(larger);
            ArrayPool<int>.Shared.Return(_frames);
            _frames = larger;
        }
        stack.CopyTo(_frames.AsSpan(_kept));
        var hash = new HashCode();
        hash.AddBytes(MemoryMarshal.AsBytes(stack));
        return new Row(_kept, stack.Length, hash.ToHashCode());
    }

    private readonly record struct Row(int Start, int Length, int Hash);

    private sealed class RowComparer(StackTable table) : IEqualityComparer<Row>
    {
        public bool Equals(Row x, Row y) =>
            x.Hash == y.Hash && table._frames.AsSpan(x.Start, x.Length).SequenceEqual(table._frames.AsSpan(y.Start, y.Length));

        public int GetHashCode(Row obj) => obj.Hash;
    }
}
