using System.Text;
using Stackflare.Snapshots;
using Stackflare.Symbols.Modules;

namespace Stackflare.Symbols.Names;

/// <summary>
/// Spells the types of a snapshot's type table: <c>System.Collections.Generic.List`1[System.Int32]</c>. The table of a hostile process can
/// have cycles, or nest types so that a short table means an exponentially long name. So depth, length and total length are limited,
/// and what is left out is shown as <c>…</c>.
/// </summary>
internal sealed class SnapshotTypes(Snapshot snapshot, Func<int?, ModuleSymbols?> module)
{
    private const char Unknown = '?', LeftOut = '…';
    private const string UnknownName = "?", LeftOutName = "…";

    private readonly string?[] _names = new string?[snapshot.Types.Length];
    private readonly StringBuilder _text = new();
    private int _characters;

    public string Name(int? type)
    {
        if (type is not { } index)
            return UnknownName;
        if (_names[index] is { } known)
            return known;
        if (_characters > SymbolLimits.TypeNameCharactersAtOnce)
            return LeftOutName;
        _text.Clear();
        Append(index, 0);
        _characters += _text.Length;
        return _names[index] = _text.ToString();
    }

    /// <summary>The type arguments of a function's declaring type, then its own.</summary>
    public string[] Arguments(SnapshotMethod method)
    {
        ReadOnlySpan<int?> ofType = default;
        // The only argument of an array is its element type.
        if (method.DeclaringType is { } declaring && snapshot.Types[declaring] is { IsArray: false } type)
            ofType = Cut(type.Arguments);
        ReadOnlySpan<int?> own = Cut(method.TypeArguments);
        if (ofType.Length + own.Length == 0)
            return [];
        string[] names = new string[ofType.Length + own.Length];
        for (int i = 0; i < names.Length; i++)
            names[i] = Name(i < ofType.Length ? ofType[i] : own[i - ofType.Length]);
        return names;
    }

    /// <summary>The type arguments of a type.</summary>
    public string[] Arguments(SnapshotType type)
    {
        ReadOnlySpan<int?> indexes = Cut(type.Arguments);
        string[] names = new string[indexes.Length];
        for (int i = 0; i < names.Length; i++)
            names[i] = Name(indexes[i]);
        return names;
    }

    private static ReadOnlySpan<int?> Cut(ReadOnlyMemory<int?> types) => types.Span[..Math.Min(types.Length, SymbolLimits.TypeArguments)];

    /// <summary>Whether objects of a type contain the state machine of an async method, which is its last type argument, and are its task.</summary>
    private static bool IsBox(string name) =>
        name.StartsWith("System.Runtime.CompilerServices.", StringComparison.Ordinal) && name.EndsWith("StateMachineBox`1", StringComparison.Ordinal);

    /// <summary>Each call appends something, so the limit on the length also limits the work.</summary>
    private void Append(int? index, int depth)
    {
        if (depth > SymbolLimits.TypeNameDepth || _text.Length > SymbolLimits.TypeNameCharacters)
        {
            _text.Append(LeftOut);
            return;
        }
        if (index is not { } at)
        {
            _text.Append(Unknown);
            return;
        }
        SnapshotType type = snapshot.Types[at];
        ReadOnlySpan<int?> arguments = Cut(type.Arguments);
        if (type.IsArray)
        {
            Append(arguments.IsEmpty ? null : arguments[0], depth + 1);
            _text.Append('[').Append(',', (int)Math.Clamp(type.Rank, 1, 32) - 1).Append(']');
            return;
        }
        string name = module(type.Module)?.Symbols.TypeName(type.Token) ?? UnknownName;
        if (arguments.Length > 0 && arguments[^1] is not null && IsBox(name))
        {
            _text.Append("async method ");
            Append(arguments[^1], depth + 1);
            return;
        }
        _text.Append(name);
        for (int i = 0; i < arguments.Length; i++)
        {
            _text.Append(i == 0 ? '[' : ',');
            if (_text.Length > SymbolLimits.TypeNameCharacters)
            {
                _text.Append(LeftOut);
                break;
            }
            Append(arguments[i], depth + 1);
        }
        if (!arguments.IsEmpty)
            _text.Append(']');
    }
}
