using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using Stackflare.Errors;
using Stackflare.Snapshots;

namespace Stackflare.Runtime.Types;

/// <summary>The methods of a process. Each is added to the snapshot once.</summary>
internal sealed class MethodReader(ProcessMemory memory, RuntimeLayout layout, ModuleImages images, ModuleReader modules, TypeReader types, SnapshotBuilder snapshot)
{
    private const uint MethodDefToken = 0x06000000;
    private const int TokenBits = 24, MaxSignature = 1024, MaxNesting = 16, MaxVersions = 256, MaxName = 1024;

    /// <summary>Of all names together: damaged memory can give each method the longest one.</summary>
    private const long MaxCharacters = 16 << 20;

    private readonly MethodLayout _layout = layout.Methods!;
    private readonly Dictionary<ulong, int?> _indexes = [];
    private readonly MetadataReaders _metadata = new(images);
    private long _charactersLeft = MaxCharacters;

    /// <summary>The module of CoreLib; 0 if it is not known.</summary>
    public required ulong CoreLib { get; init; }

    /// <summary>The index of a method; null if its description is missing.</summary>
    public int? IndexOf(ulong method)
    {
        if (!_indexes.TryGetValue(method, out int? index))
        {
            try
            {
                index = snapshot.Add(Describe(method));
            }
            catch (MissingMemoryException)
            {
                index = null;
            }
            _indexes[method] = index;
        }
        return index;
    }

    /// <summary>Whether a method is native code of a library, and not CoreLib's, whose own calls are a part of its methods that differs between versions. Null if that is not known.</summary>
    public bool? IsNative(ulong method)
    {
        try
        {
            return (memory.Read<ushort>(method + _layout.Flags) & MethodLayout.KindMask) == MethodLayout.PInvoke
                && memory.Pointer(TypeOf(method) + _layout.TypeModule) is var module && module != CoreLib && module != 0 && types.IsType(TypeOf(method));
        }
        catch (MissingMemoryException)
        {
            return null;
        }
    }

    /// <summary>The type that declares a method; 0 for a stub and for a dynamic method, which have none, and if it is missing.</summary>
    public ulong TypeOrNone(ulong method)
    {
        try
        {
            return (memory.Read<ushort>(method + _layout.Flags) & MethodLayout.KindMask) == MethodLayout.Dynamic ? 0 : TypeOf(method);
        }
        catch (MissingMemoryException)
        {
            return 0;
        }
    }

    /// <summary>Whether a profiler has rewritten the IL that a method's code was compiled from; null if that is not known.</summary>
    public bool? IsRewritten(ulong method, ulong code)
    {
        if (layout.Versions is not { } versions)
            return null;
        try
        {
            if (memory.Pointer(method + versions.OfMethod) is not (var data and not 0) || memory.Pointer(data + versions.State) is not (var state and not 0))
                return false;
            ulong version = memory.Pointer(state + versions.First);
            for (int i = 0; version != 0; i++, version = memory.Pointer(version + versions.Next))
            {
                if (i == MaxVersions)
                    return null;
                if (memory.Pointer(version + versions.Code) == code)
                    return memory.Pointer(version + versions.IL) != 0;
            }
            return false;
        }
        catch (MissingMemoryException)
        {
            return null;
        }
    }

    private ulong ChunkOf(ulong method) => method - (memory.Read<byte>(method + _layout.Index) * _layout.IndexUnit) - _layout.ChunkBytes;

    /// <summary>The type that declares a method.</summary>
    /// <exception cref="MissingMemoryException">The method's description is missing.</exception>
    public ulong TypeOf(ulong method) => memory.Pointer(ChunkOf(method) + _layout.ChunkType);

    private SnapshotMethod Describe(ulong method)
    {
        int kind = memory.Read<ushort>(method + _layout.Flags) & MethodLayout.KindMask;
        if (kind == MethodLayout.Dynamic)
        {
            ulong name = memory.Pointer(method + _layout.Name);
            return new SnapshotMethod { IsDynamic = true, Name = name == 0 ? null : Cut(memory.Utf8Text(name)), Signature = SignatureOf(method) };
        }
        uint bits = (uint)_layout.TokenBits;
        uint high = memory.Read<ushort>(ChunkOf(method) + _layout.ChunkToken) & ((1u << (TokenBits - (int)bits)) - 1);
        uint low = memory.Read<ushort>(method + _layout.Token) & ((1u << (int)bits) - 1);
        ulong type = TypeOf(method), module = memory.Pointer(type + _layout.TypeModule);
        var described = new SnapshotMethod
        {
            Module = modules.IndexOf(module),
            Token = MethodDefToken | (high << (int)bits) | low,
            DeclaringType = types.IndexOf(type),
            TypeArguments = kind == MethodLayout.Instantiated && layout.Instances is { } instances && memory.Pointer(method + instances.OfMethod) is var list and not 0
                ? types.IndexesOf(list, memory.Read<ushort>(method + instances.MethodArguments))
                : default,
        };
        return images.IsDynamic(module) ? Named(described, module) : described;
    }

    private byte[] SignatureOf(ulong method)
    {
        uint size = memory.Read<uint>(method + _layout.SignatureBytes);
        return memory.TryRead(method + _layout.Signature, out ulong signature) && signature != 0 && size <= MaxSignature ? memory.Bytes(signature, (int)size) : [];
    }

    /// <summary>A module made by Reflection.Emit has no image from which names could be read later.</summary>
    private SnapshotMethod Named(SnapshotMethod method, ulong module)
    {
        try
        {
            if (_metadata.Of(module) is not { } reader)
                return method;
            MethodDefinition definition = reader.GetMethodDefinition(MetadataTokens.MethodDefinitionHandle((int)(method.Token & ~MethodDefToken)));
            return method with
            {
                Name = Text(reader, definition.Name),
                TypeName = NameOf(reader, definition.GetDeclaringType()),
                Signature = definition.Signature.IsNil || reader.GetBlobReader(definition.Signature).Length > MaxSignature ? [] : reader.GetBlobBytes(definition.Signature),
            };
        }
        catch (Exception e) when (MalformedData.Is(e))
        {
            return method;
        }
    }

    private string? Cut(string? name)
    {
        _charactersLeft -= name?.Length ?? 0;
        return _charactersLeft < 0 ? null : name;
    }

    /// <summary>A text of metadata; null if it is too long. Its end has to be looked for, so it counts also if it is not used.</summary>
    private string? Text(MetadataReader reader, StringHandle handle)
    {
        if (_charactersLeft < 0)
            return null;
        BlobReader text = reader.GetBlobReader(handle);
        _charactersLeft -= text.Length;
        return text.Length > MaxName ? null : reader.GetString(handle);
    }

    private string? NameOf(MetadataReader reader, TypeDefinitionHandle handle)
    {
        string name = "";
        for (int i = 0; i < MaxNesting && !handle.IsNil; i++)
        {
            TypeDefinition type = reader.GetTypeDefinition(handle);
            if (Text(reader, type.Name) is not { } own || Text(reader, type.Namespace) is not { } space)
                return null;
            name = (space.Length > 0 ? $"{space}.{own}" : own) + (name.Length > 0 ? "+" + name : "");
            handle = type.GetDeclaringType();
        }
        return name;
    }
}
