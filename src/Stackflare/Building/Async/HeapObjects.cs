using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Stackflare.Snapshots;
using Stackflare.Symbols;
using Stackflare.Symbols.Names;

namespace Stackflare.Building.Async;

/// <summary>
/// The objects that were copied from the heap, accessed by names of types and fields. A field that does not exist or was not
/// copied reads as null.
/// </summary>
internal sealed class HeapObjects(Snapshot snapshot, SymbolSession session)
{
    /// <summary>Maximum depth of inheritance that is followed.</summary>
    private const int MaxParents = 64;

    private const uint ArrayLength = 8, ArrayBegin = 16, StringBegin = 12;

    private readonly string?[] _definitions = new string?[snapshot.Types.Length];
    private readonly Dictionary<(int Type, string Name), ulong?> _offsets = [], _own = [];
    private readonly Dictionary<(int Type, string OfType), bool> _fieldTypes = [];

    public SnapshotHeap Heap { get; } = snapshot.Heap!;

    public int Count => Heap.Objects.Length;

    public ref readonly HeapObject this[int index] => ref Heap.Objects[index];

    public bool Is(int index, HeapObjectTraits traits) => (Heap.Objects[index].Traits & traits) != 0;

    /// <summary>The index of the object at an address; negative if it was not copied.</summary>
    public int Find(ulong? address) => address is { } at and not 0 ? Heap.Find(at) : -1;

    /// <summary>Full name of an object's type, without type arguments; empty if not known.</summary>
    public string Definition(int index) => DefinitionOf(Heap.Objects[index].Type);

    /// <summary>Full name of an object's type.</summary>
    public string Type(int index) => session.Types.Name(Heap.Objects[index].Type);

    /// <summary>Whether an object's type has this name or is derived from a type with this name.</summary>
    public bool IsA(int index, string definition)
    {
        int? type = Heap.Objects[index].Type;
        for (int depth = 0; depth < MaxParents && type is not null; depth++)
        {
            if (DefinitionOf(type) == definition)
                return true;
            type = Heap.LayoutOf(type)?.Parent;
        }
        return false;
    }

    /// <summary>A 64-bit field; for a reference, an address.</summary>
    public ulong? Word(int index, string field)
    {
        ref readonly HeapObject entry = ref Heap.Objects[index];
        return Offset(entry.Type, field) is { } offset && Has(entry, offset, sizeof(ulong)) ? SnapshotHeap.Word(entry, offset) : null;
    }

    /// <summary>A 32-bit field.</summary>
    public int? Number(int index, string field)
    {
        ref readonly HeapObject entry = ref Heap.Objects[index];
        return Offset(entry.Type, field) is { } offset ? Number(entry, offset) : null;
    }

    /// <summary>Whether a Boolean is set.</summary>
    public bool IsSet(int index, string field)
    {
        ref readonly HeapObject entry = ref Heap.Objects[index];
        return Offset(entry.Type, field) is { } offset && Has(entry, offset, sizeof(bool)) && entry.Bytes.Span[(int)offset] != 0;
    }

    /// <summary>32 bits at an offset of an object.</summary>
    public static int? Number(in HeapObject entry, ulong offset) =>
        Has(entry, offset, sizeof(int)) ? BinaryPrimitives.ReadInt32LittleEndian(entry.Bytes.Span[(int)offset..]) : null;

    /// <summary>The object that a field refers to; negative if the field is null or the object was not copied.</summary>
    public int Reference(int index, string field) => Find(Word(index, field));

    /// <summary>The length of an array.</summary>
    public int Length(int index) => Math.Max(0, Number(Heap.Objects[index], ArrayLength) ?? 0);

    /// <summary>The references in an array, as far as it was copied.</summary>
    public IEnumerable<ulong> Elements(int index)
    {
        HeapObject entry = Heap.Objects[index];
        int count = Math.Min(Length(index), (entry.Bytes.Length - (int)ArrayBegin) / sizeof(ulong));
        for (int i = 0; i < count; i++)
            yield return SnapshotHeap.Word(entry, ArrayBegin + ((ulong)i * sizeof(ulong)));
    }

    /// <summary>The string that a field refers to; null if the field is null or the string was not copied. A long one is cut, and ends in dots.</summary>
    public string? Text(int index, string field) => Reference(index, field) is >= 0 and var text && DefinitionOf(Heap.Objects[text].Type) == "System.String"
        ? string.Concat(Characters(text, StringBegin), Is(text, HeapObjectTraits.Truncated) ? "..." : "")
        : null;

    /// <summary>The array of 16-bit numbers that a field refers to; empty if the field is null or the array was not copied.</summary>
    public ReadOnlySpan<char> Characters(int index, string field) => Reference(index, field) is >= 0 and var array ? Characters(array, ArrayBegin) : default;

    private ReadOnlySpan<char> Characters(int index, uint from)
    {
        ref readonly HeapObject entry = ref Heap.Objects[index];
        if (!Is(index, HeapObjectTraits.Text) || entry.Bytes.Length < from)
            return default;
        ReadOnlySpan<char> characters = MemoryMarshal.Cast<byte, char>(entry.Bytes.Span[(int)from..]);
        return characters[..Math.Min(Length(index), characters.Length)];
    }

    /// <summary>The offset of a field that the type or a base type declares; null if not known.</summary>
    public ulong? Offset(int? of, string name)
    {
        if (of is not { } type)
            return null;
        if (_offsets.TryGetValue((type, name), out ulong? known))
            return known;
        ulong? offset = null;
        int? parent = type;
        for (int depth = 0; depth < MaxParents && offset is null && parent is { } at && Heap.LayoutOf(at) is { } layout; depth++)
        {
            // Once for each layout: many types can be derived from one that has many fields.
            if (!_own.TryGetValue((at, name), out offset))
                _own[(at, name)] = offset = Own(at, layout, name);
            parent = layout.Parent;
        }
        return _offsets[(type, name)] = offset;
    }

    /// <summary>Whether an object's type or a base type declares a field of a type, by its simple name.</summary>
    public bool HasField(int index, string ofType)
    {
        int? type = Heap.Objects[index].Type;
        for (int depth = 0; depth < MaxParents && type is { } at && Heap.LayoutOf(at) is { } layout; depth++)
        {
            if (!_fieldTypes.TryGetValue((at, ofType), out bool has))
                _fieldTypes[(at, ofType)] = has = layout.Fields.ToArray().Any(f => Field(at, f.Token)?.Type == ofType);
            if (has)
                return true;
            type = layout.Parent;
        }
        return false;
    }

    private ulong? Own(int type, in TypeLayout layout, string name)
    {
        foreach (FieldOffset field in layout.Fields.Span)
        {
            if (Field(type, field.Token)?.Name == name)
                return field.Offset;
        }
        return null;
    }

    /// <summary>A field that a type declares; null if not known.</summary>
    public FieldSymbol? Field(int type, uint token) => session.Module(snapshot.Types[type].Module)?.Symbols.Field(token);

    /// <summary>Simple name of the type of the awaiter at which a runtime-suspended method waits; null if not known.</summary>
    public string? AwaiterAt(in SnapshotFrame frame) => session.AwaiterAt(frame);

    private string DefinitionOf(int? index)
    {
        // Types have a limit, and an object can have a type beyond it.
        if (index is not { } type)
            return "";
        if (_definitions[type] is { } known)
            return known;
        SnapshotType record = snapshot.Types[type];
        return _definitions[type] = record.IsArray ? "" : session.Module(record.Module)?.Symbols.TypeName(record.Token) ?? "";
    }

    private static bool Has(in HeapObject entry, ulong offset, int size) => offset <= int.MaxValue && (long)offset + size <= entry.Bytes.Length;
}
