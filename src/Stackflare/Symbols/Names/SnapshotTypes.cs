using System.Text;
using Stackflare.Snapshots;
using Stackflare.Snapshots.Format;
using Stackflare.Symbols.Modules;

namespace Stackflare.Symbols.Names;

/// <summary>
/// Spells the types of a snapshot's type table: <c>System.Collections.Generic.List`1[System.Int32]</c>. The table of a hostile process can
/// be cyclic, or nest types so that a short table means an exponentially long name: depth, length and their sum are bounded,
/// and what is left out shows as <c>…</c>.
/// </summary>
internal sealed class SnapshotTypes(RawSnapshot snapshot, Func<uint, SnapshotModule> module)
{
    private const char Unknown = '?', LeftOut = '…';
    private const string UnknownName = "?", LeftOutName = "…";

    private readonly string?[] _names = new string?[snapshot.Types.Length];
    private readonly StringBuilder _text = new();
    private int _characters;

    public string Name(uint index)
    {
        if (index >= (uint)_names.Length)
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
    public string[] Arguments(in FunctionRecord function)
    {
        ReadOnlySpan<uint> ofType = default;
        if (function.DeclaringType != SnapshotLayout.None)
        {
            ref readonly TypeRecord type = ref snapshot.Types[function.DeclaringType];
            // The one argument of an array is its element.
            if ((type.Flags & TypeFlags.Array) == 0)
                ofType = Indexes(type.ArgStart, type.ArgCount);
        }
        ReadOnlySpan<uint> own = Indexes(function.TypeArgStart, function.TypeArgCount);
        if (ofType.Length + own.Length == 0)
            return [];
        string[] names = new string[ofType.Length + own.Length];
        for (int i = 0; i < names.Length; i++)
            names[i] = Name(i < ofType.Length ? ofType[i] : own[i - ofType.Length]);
        return names;
    }

    /// <summary>The type arguments of a type.</summary>
    public string[] Arguments(in TypeRecord type)
    {
        ReadOnlySpan<uint> indexes = Indexes(type.ArgStart, type.ArgCount);
        string[] names = new string[indexes.Length];
        for (int i = 0; i < names.Length; i++)
            names[i] = Name(indexes[i]);
        return names;
    }

    private ReadOnlySpan<uint> Indexes(uint start, uint count) => count == 0
        ? default
        : snapshot.TypeArgs.AsSpan((int)start, (int)Math.Min(count, SymbolLimits.TypeArguments));

    /// <summary>Each call appends something, so that the length bounds the work as well.</summary>
    private void Append(uint index, int depth)
    {
        if (depth > SymbolLimits.TypeNameDepth || _text.Length > SymbolLimits.TypeNameCharacters)
        {
            _text.Append(LeftOut);
            return;
        }
        if (index >= (uint)snapshot.Types.Length)
        {
            _text.Append(Unknown);
            return;
        }
        ref readonly TypeRecord type = ref snapshot.Types[index];
        ReadOnlySpan<uint> arguments = Indexes(type.ArgStart, type.ArgCount);
        if ((type.Flags & TypeFlags.Array) != 0)
        {
            Append(arguments.IsEmpty ? SnapshotLayout.None : arguments[0], depth + 1);
            _text.Append('[').Append(',', (int)Math.Clamp(type.Rank, 1, 32) - 1).Append(']');
            return;
        }
        string? name = (type.Flags & TypeFlags.Unknown) != 0 || type.Module == SnapshotLayout.None ? null : module(type.Module).TypeName(type.Token);
        _text.Append(name ?? UnknownName);
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
