using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using Stackflare.Snapshots;

namespace Stackflare.Runtime.Types;

/// <summary>The methods of a process. Each is added to the snapshot once.</summary>
internal sealed class MethodReader(ProcessMemory memory, RuntimeLayout layout, ModuleImages images, ModuleReader modules, TypeReader types, SnapshotBuilder snapshot)
{
    private const uint MethodDefToken = 0x06000000;
    private const int TokenBits = 24, MaxSignature = 1024, MaxNesting = 16, MaxVersions = 256, MaxDynamicModules = 16;

    private readonly MethodLayout _layout = layout.Methods!;
    private readonly Dictionary<ulong, int?> _indexes = [];
    private readonly Dictionary<ulong, byte[]> _metadata = [];

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

    /// <summary>Whether a method is native code of a library, and not CoreLib's, whose own calls are a part of its methods that differs between versions.</summary>
    public bool IsNative(ulong method)
    {
        try
        {
            return (memory.Read<ushort>(method + _layout.Flags) & MethodLayout.KindMask) == MethodLayout.PInvoke
                && memory.Pointer(TypeOf(method) + _layout.TypeModule) is var module && module != CoreLib && module != 0 && types.IsType(TypeOf(method));
        }
        catch (MissingMemoryException)
        {
            return false;
        }
    }

    /// <summary>Whether a profiler has rewritten the IL that a method's code was compiled from.</summary>
    public bool IsRewritten(ulong method, ulong code)
    {
        try
        {
            if (layout.Versions is not { } versions || memory.Pointer(method + versions.OfMethod) is not (var data and not 0)
                || memory.Pointer(data + versions.State) is not (var state and not 0))
            {
                return false;
            }
            ulong version = memory.Pointer(state + versions.First);
            for (int i = 0; i < MaxVersions && version != 0; i++, version = memory.Pointer(version + versions.Next))
            {
                if (memory.Pointer(version + versions.Code) == code)
                    return memory.Pointer(version + versions.IL) != 0;
            }
        }
        catch (MissingMemoryException)
        {
        }
        return false;
    }

    private ulong ChunkOf(ulong method) => method - (memory.Read<byte>(method + _layout.Index) * _layout.IndexUnit) - _layout.ChunkBytes;

    private ulong TypeOf(ulong method) => memory.Pointer(ChunkOf(method) + _layout.ChunkType);

    private SnapshotMethod Describe(ulong method)
    {
        int kind = memory.Read<ushort>(method + _layout.Flags) & MethodLayout.KindMask;
        if (kind == MethodLayout.Dynamic)
        {
            ulong name = memory.Pointer(method + _layout.Name);
            return new SnapshotMethod { IsDynamic = true, Name = name == 0 ? null : memory.Utf8Text(name), Signature = SignatureOf(method) };
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
    private unsafe SnapshotMethod Named(SnapshotMethod method, ulong module)
    {
        if (!_metadata.TryGetValue(module, out byte[]? metadata))
        {
            if (_metadata.Count == MaxDynamicModules)
                _metadata.Clear();
            _metadata[module] = metadata = images.Metadata(module);
        }
        if (metadata.Length == 0)
            return method;
        try
        {
            fixed (byte* start = metadata)
            {
                var reader = new MetadataReader(start, metadata.Length);
                MethodDefinition definition = reader.GetMethodDefinition(MetadataTokens.MethodDefinitionHandle((int)(method.Token & ~MethodDefToken)));
                return method with
                {
                    Name = reader.GetString(definition.Name),
                    TypeName = NameOf(reader, definition.GetDeclaringType()),
                    Signature = reader.GetBlobBytes(definition.Signature),
                };
            }
        }
        catch (Exception e) when (e is BadImageFormatException or InvalidOperationException or ArgumentException)
        {
            return method;
        }
    }

    private static string NameOf(MetadataReader reader, TypeDefinitionHandle handle)
    {
        string name = "";
        for (int i = 0; i < MaxNesting && !handle.IsNil; i++)
        {
            TypeDefinition type = reader.GetTypeDefinition(handle);
            string own = reader.GetString(type.Name);
            string space = reader.GetString(type.Namespace);
            name = (space.Length > 0 ? $"{space}.{own}" : own) + (name.Length > 0 ? "+" + name : "");
            handle = type.GetDeclaringType();
        }
        return name;
    }
}
