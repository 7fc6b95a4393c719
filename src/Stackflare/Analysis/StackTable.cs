using System.Runtime.InteropServices;

namespace Stackflare.Writers.Profiles;

/// <summary>Numbers distinct rows of frame numbers from 0 in the order they come, and keeps each once.</summary>
/// <param name="limit">How many frame numbers are kept in all.</param>
internal sealed class StackTable(int limit)
{
    private readonly Dictionary<Key, int> _ids = [];
    private readonly List<int[]> _stacks = [];
    private int _kept;

    public int Count => _stacks.Count;

    public ReadOnlySpan<int> this[int id] => _stacks[id];

    /// <summary>The number of a stack; false for a new one that there is no room for.</summary>
    public bool TryGetId(ReadOnlyMemory<int> stack, out int id)
    {
        var key = new Key(stack);
        return _ids.TryGetValue(key, out id) || (stack.Length <= limit - _kept && Keep(key, out id));
    }

    /// <summary>The number of a stack, which is kept whether there is room or not.</summary>
    public int IdOf(ReadOnlyMemory<int> stack)
    {
        var key = new Key(stack);
        if (!_ids.TryGetValue(key, out int id))
            Keep(key, out id);
        return id;
    }

    private bool Keep(Key key, out int id)
    {
        int[] copy = key.Stack.ToArray();
        _kept += copy.Length;
        id = _stacks.Count;
        _stacks.Add(copy);
        _ids.Add(key with { Stack = copy }, id);
        return true;
    }

    private readonly record struct Key
    {
        private readonly int _hash;

        public Key(ReadOnlyMemory<int> stack)
        {
            Stack = stack;
            var hash = new HashCode();
            hash.AddBytes(MemoryMarshal.AsBytes(stack.Span));
            _hash = hash.ToHashCode();
        }

        public ReadOnlyMemory<int> Stack { get; init; }

        public bool Equals(Key other) => _hash == other._hash && Stack.Span.SequenceEqual(other.Stack.Span);

        public override int GetHashCode() => _hash;
    }
}
