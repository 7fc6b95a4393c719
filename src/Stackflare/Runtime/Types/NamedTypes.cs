using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Runtime.InteropServices;
using Stackflare.Errors;

namespace Stackflare.Runtime.Types;

/// <summary>Finds the types of a module by their names in its metadata, as far as the program has used them.</summary>
internal sealed class NamedTypes : IDisposable
{
    private const int MaxFields = 1024, ValueType = 0x11;

    private readonly ProcessMemory _memory;
    private readonly TypeReader _types;
    private readonly RuntimeLayout _layout;
    private readonly TypeLayout _table;
    private readonly FieldLayout _fields;
    private readonly ModuleMap _map;
    private readonly StaticLayout _statics;
    private readonly MetadataReaderProvider _provider;
    private readonly MetadataReader _reader;

    private NamedTypes(ProcessMemory memory, RuntimeLayout layout, TypeReader types, ulong module, MetadataReaderProvider provider)
    {
        (_memory, _layout, _types, _provider, Module) = (memory, layout, types, provider, module);
        (_table, _fields, _statics) = (layout.Types!, layout.Fields!, layout.Locks.Statics!);
        _map = new ModuleMap(memory, layout.Locks.Maps!, module);
        _reader = provider.GetMetadataReader();
    }

    public ulong Module { get; }

    /// <summary>Opens a module; null if its metadata is missing, or if the layout of types is not known.</summary>
    public static NamedTypes? Open(ProcessMemory memory, RuntimeLayout layout, ModuleImages images, TypeReader types, ulong module)
    {
        if (module == 0 || layout is not { Types: not null, Fields: not null, Locks: { Maps: not null, Statics: not null } } || images.Metadata(module) is not { Length: > 0 } metadata)
            return null;
        var provider = MetadataReaderProvider.FromMetadataImage(ImmutableCollectionsMarshal.AsImmutableArray(metadata));
        try
        {
            return new NamedTypes(memory, layout, types, module, provider);
        }
        catch (Exception e) when (IsDamage(e))
        {
            provider.Dispose();
            return null;
        }
    }

    public void Dispose() => _provider.Dispose();

    /// <summary>The type of a name; null if the program has not used it.</summary>
    /// <param name="name">Its full name, with <c>+</c> before nested types.</param>
    /// <param name="exists">Whether the metadata has it.</param>
    public NamedType? Find(string name, out bool exists)
    {
        exists = false;
        try
        {
            if (FindDefinition(name) is not { IsNil: false } handle)
                return null;
            exists = true;
            return Loaded(handle) is var type and not 0 ? new NamedType(this, type, handle) : null;
        }
        catch (Exception e) when (IsDamage(e))
        {
            return null;
        }
    }

    /// <summary>A type of this module, for example an instance of a generic one; null if it is of another.</summary>
    public NamedType? Of(ulong type)
    {
        try
        {
            return DefinitionOf(type) is { IsNil: false } handle ? new NamedType(this, type, handle) : null;
        }
        catch (Exception e) when (IsDamage(e))
        {
            return null;
        }
    }

    /// <summary>Whether a type, or the generic type that it is an instance of, has a name.</summary>
    public bool Is(ulong type, string space, string name)
    {
        try
        {
            return DefinitionOf(type) is { IsNil: false } handle && _reader.GetTypeDefinition(handle) is var definition
                && _reader.StringComparer.Equals(definition.Name, name) && _reader.StringComparer.Equals(definition.Namespace, space);
        }
        catch (Exception e) when (IsDamage(e))
        {
            return false;
        }
    }

    /// <summary>The description of a field, and its type if that is a struct of this module.</summary>
    /// <exception cref="MissingMemoryException">Memory is missing.</exception>
    internal (ulong Description, NamedType? Struct)? Field(NamedType type, string name, bool isStatic)
    {
        try
        {
            foreach (FieldDefinitionHandle handle in _reader.GetTypeDefinition(type.Definition).GetFields().Take(MaxFields))
            {
                FieldDefinition field = _reader.GetFieldDefinition(handle);
                if (!_reader.StringComparer.Equals(field.Name, name))
                    continue;
                bool matches = ((field.Attributes & System.Reflection.FieldAttributes.Static) != 0) == isStatic;
                return matches && Description(type.Address, (uint)MetadataTokens.GetRowNumber(handle)) is var description and not 0 ? (description, StructOf(field)) : null;
            }
        }
        catch (Exception e) when (MalformedData.Is(e))
        {
        }
        return null;
    }

    internal uint PlaceOf(ulong description) => _memory.Read<uint>(description + _fields.Place) & FieldLayout.PlaceMask;

    /// <summary>The address of the static variables of a type that refer to objects; 0 if it has none yet.</summary>
    internal ulong StaticsOf(ulong type) =>
        _memory.Pointer(_memory.Pointer(type + _statics.Auxiliary) - _statics.InfoBytes + _statics.References) & _statics.Mask;

    /// <summary>The index of the variables of a type that each thread has for itself.</summary>
    internal uint? VariablesOf(ulong type, bool isReference) => _layout.Locks.Variables is { } variables
        ? _memory.Read<uint>(_memory.Pointer(type + _statics.Auxiliary) - variables.InfoBytes + (isReference ? variables.References : variables.Numbers))
        : null;

    private static bool IsDamage(Exception e) => e is MissingMemoryException || MalformedData.Is(e);

    private TypeDefinitionHandle FindDefinition(string name)
    {
        string[] parts = name.Split('+');
        int end = parts[0].LastIndexOf('.');
        string space = parts[0][..end], outermost = parts[0][(end + 1)..];
        foreach (TypeDefinitionHandle handle in _reader.TypeDefinitions)
        {
            TypeDefinition type = _reader.GetTypeDefinition(handle);
            if (_reader.StringComparer.Equals(type.Name, outermost) && _reader.StringComparer.Equals(type.Namespace, space))
                return FindNested(handle, parts.AsSpan(1));
        }
        return default;
    }

    private TypeDefinitionHandle FindNested(TypeDefinitionHandle handle, ReadOnlySpan<string> names)
    {
        foreach (string name in names)
        {
            TypeDefinitionHandle found = default;
            foreach (TypeDefinitionHandle nested in _reader.GetTypeDefinition(handle).GetNestedTypes())
            {
                if (_reader.StringComparer.Equals(_reader.GetTypeDefinition(nested).Name, name))
                    found = nested;
            }
            if (found.IsNil)
                return default;
            handle = found;
        }
        return handle;
    }

    /// <summary>The number of a type in this module's metadata, by the type itself.</summary>
    private TypeDefinitionHandle DefinitionOf(ulong type) =>
        _types.IsType(type) && _memory.Pointer(type + _table.Module) == Module
            && _memory.Read<uint>(type + _table.Flags2) >> TypeLayout.TokenShift is var row && row > 0 && row <= _reader.TypeDefinitions.Count
                ? MetadataTokens.TypeDefinitionHandle((int)row)
                : default;

    /// <summary>The runtime's type; 0 if the program has not used it. The type must say the same of itself.</summary>
    private ulong Loaded(TypeDefinitionHandle handle) =>
        _map.TypeOf((uint)MetadataTokens.GetRowNumber(handle)) is var type and not 0 && DefinitionOf(type) == handle ? type : 0;

    /// <summary>The runtime's description of a field; 0 if it has none. Instances of a generic type share those of one of them.</summary>
    private ulong Description(ulong type, uint row)
    {
        ulong owner = _memory.Pointer(type + _table.Class), shared = type;
        if ((owner & TypeLayout.IsOtherType) != 0)
        {
            shared = owner & ~TypeLayout.IsOtherType;
            owner = _memory.Pointer(shared + _table.Class);
        }
        ulong list = _memory.Pointer(owner + _fields.List);
        // The list has only the type's own fields, but the number counts those of its base types too.
        int count = Math.Min(_memory.Read<ushort>(owner + _fields.Count) + _memory.Read<ushort>(owner + _statics.Count), MaxFields);
        for (int i = 0; i < count; i++)
        {
            ulong entry = list + ((ulong)i * FieldLayout.Bytes);
            if (_memory.Pointer(entry + _fields.Type) != shared)
                return 0;
            if ((_memory.Read<uint>(entry + _fields.Token) & FieldLayout.TokenMask) == row)
                return entry;
        }
        return 0;
    }

    private NamedType? StructOf(FieldDefinition field)
    {
        BlobReader signature = _reader.GetBlobReader(field.Signature);
        signature.ReadSignatureHeader();
        return signature.ReadCompressedInteger() == ValueType && signature.ReadTypeHandle() is { Kind: HandleKind.TypeDefinition } type
            && (TypeDefinitionHandle)type is var handle && Loaded(handle) is var loaded and not 0
                ? new NamedType(this, loaded, handle)
                : null;
    }
}

/// <summary>A type that the program has used.</summary>
/// <param name="owner">Reads its module.</param>
/// <param name="address">The type.</param>
/// <param name="definition">The type in the metadata.</param>
internal sealed class NamedType(NamedTypes owner, ulong address, TypeDefinitionHandle definition)
{
    public ulong Address { get; } = address;

    public TypeDefinitionHandle Definition { get; } = definition;

    /// <summary>The offset of the last field of a path, in which each field but the last is a struct; null if it is not known.</summary>
    public uint? Offset(string path, uint first)
    {
        NamedType? type = this;
        uint offset = first;
        try
        {
            foreach (string name in path.Split('.'))
            {
                if (type is null || owner.Field(type, name, isStatic: false) is not { } field)
                    return null;
                offset += owner.PlaceOf(field.Description);
                type = field.Struct;
            }
            return offset;
        }
        catch (MissingMemoryException)
        {
            return null;
        }
    }

    /// <summary>The address of a static variable that refers to an object; 0 if there is none yet; null if it is not known.</summary>
    public ulong? Static(string name)
    {
        try
        {
            return owner.Field(this, name, isStatic: true) is not { } field ? null
                : owner.StaticsOf(Address) is var variables and not 0 ? variables + owner.PlaceOf(field.Description) : 0;
        }
        catch (MissingMemoryException)
        {
            return null;
        }
    }

    /// <summary>Where each thread has a variable of its own; null if it is not known.</summary>
    public ThreadVariable? Variable(string name, bool isReference)
    {
        try
        {
            return owner.Field(this, name, isStatic: true) is { } field && owner.VariablesOf(Address, isReference) is { } index
                ? new ThreadVariable(index, owner.PlaceOf(field.Description))
                : null;
        }
        catch (MissingMemoryException)
        {
            return null;
        }
    }
}
