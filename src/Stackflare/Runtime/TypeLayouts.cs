namespace Stackflare.Runtime;

// Groups of the table for methods, types and modules: see RuntimeLayout.

/// <summary>Methods.</summary>
internal sealed class MethodLayout
{
    public MethodLayout(LayoutReader r)
    {
        r.Needs("RuntimeTypeSystem", "1", RuntimeLayout.C1);
        Index = r.Field("MethodDesc", "ChunkIndex");
        IndexUnit = r.Global("MethodDescAlignment");
        ChunkBytes = r.SizeOf("MethodDescChunk");
        ChunkType = r.Field("MethodDescChunk", "MethodTable");
        ChunkToken = r.Field("MethodDescChunk", "FlagsAndTokenRange");
        Token = r.Field("MethodDesc", "Flags3AndTokenRemainder");
        TokenBits = r.Global("MethodDescTokenRemainderBitCount");
        Flags = r.Field("MethodDesc", "Flags");
        TypeModule = r.Field("MethodTable", "Module");
        Name = r.Field("DynamicMethodDesc", "MethodName");
        Signature = r.Field("StoredSigMethodDesc", "Sig");
        SignatureBytes = r.Field("StoredSigMethodDesc", "cSig");
    }

    public uint Index { get; }

    public ulong IndexUnit { get; }

    public uint ChunkBytes { get; }

    public uint ChunkType { get; }

    public uint ChunkToken { get; }

    public uint Token { get; }

    /// <summary>How many bits of a token are in the method; the chunk has the others.</summary>
    public ulong TokenBits { get; }

    public uint Flags { get; }

    public uint TypeModule { get; }

    public uint Name { get; }

    public uint Signature { get; }

    public uint SignatureBytes { get; }

    /// <summary>Of the flags: the kind of method, and three of the kinds; .NET 9 to 11.</summary>
    public const ushort KindMask = 7, PInvoke = 2, Instantiated = 5, Dynamic = 7;
}

/// <summary>Versions of a method's code, to recognize IL that a profiler has rewritten.</summary>
internal sealed class VersionLayout
{
    public VersionLayout(LayoutReader r)
    {
        r.Needs("CodeVersions", "1", RuntimeLayout.C1);
        // What the number of the IL means.
        r.Needs("ReJIT", "1", RuntimeLayout.C1);
        OfMethod = r.Field("MethodDesc", "CodeData");
        State = r.Field("MethodDescCodeData", "VersioningState");
        First = r.Field("MethodDescVersioningState", "NativeCodeVersionNode");
        Next = r.Field("NativeCodeVersionNode", "Next");
        Code = r.Field("NativeCodeVersionNode", "NativeCode");
        IL = r.Field("NativeCodeVersionNode", "ILVersionId");
    }

    public uint OfMethod { get; }

    public uint State { get; }

    public uint First { get; }

    public uint Next { get; }

    public uint Code { get; }

    /// <summary>The number of the IL that the code was compiled from; 0 for the method's own.</summary>
    public uint IL { get; }
}

/// <summary>Types.</summary>
internal sealed class TypeLayout
{
    public TypeLayout(LayoutReader r)
    {
        r.Needs("RuntimeTypeSystem", "1", RuntimeLayout.C1);
        Flags = r.Field("MethodTable", "MTFlags");
        Flags2 = r.Field("MethodTable", "MTFlags2");
        Size = r.Field("MethodTable", "BaseSize");
        Module = r.Field("MethodTable", "Module");
        Parent = r.Field("MethodTable", "ParentMethodTable");
        Class = r.Field("MethodTable", "EEClassOrCanonMT");
        ClassType = r.Field("EEClass", "MethodTable");
        ObjectType = r.Field("Object", "m_pMethTab");
        ObjectMask = ~r.Global("ObjectToMethodTableUnmask");
    }

    public uint Flags { get; }

    public uint Flags2 { get; }

    public uint Size { get; }

    public uint Module { get; }

    public uint Parent { get; }

    public uint Class { get; }

    public uint ClassType { get; }

    public uint ObjectType { get; }

    public ulong ObjectMask { get; }

    /// <summary>The token is in the second flags; .NET 9 to 11.</summary>
    public const int TokenShift = 8;

    /// <summary>The lowest bits of a type: the class is that of another type, or it is no class but a pointer, a reference or a parameter.</summary>
    public const ulong IsOtherType = 1, IsNoClass = 2;

    /// <summary>Of the flags: arrays, those without rank, and types whose objects have a length; .NET 9 to 11.</summary>
    public const uint ArrayMask = 0x000C0000, Array = 0x00080000, Vector = 0x00020000, HasLength = 0x80000000;

    /// <summary>The size of an array object without dimensions and elements, and of a dimension; .NET 9 to 11.</summary>
    public const uint ArrayBytes = 24, DimensionBytes = 8;
}

/// <summary>Type arguments.</summary>
internal sealed class InstanceLayout
{
    public InstanceLayout(LayoutReader r)
    {
        r.Needs("RuntimeTypeSystem", "1", RuntimeLayout.C1);
        OfType = r.Field("MethodTable", "PerInstInfo");
        Dictionaries = r.Field("GenericsDictInfo", "NumDicts");
        Arguments = r.Field("GenericsDictInfo", "NumTypeArgs");
        OfMethod = r.Field("InstantiatedMethodDesc", "PerInstInfo");
        MethodArguments = r.Field("InstantiatedMethodDesc", "NumGenericArgs");
    }

    /// <summary>For an array, the type of its elements.</summary>
    public uint OfType { get; }

    public uint Dictionaries { get; }

    public uint Arguments { get; }

    public uint OfMethod { get; }

    public uint MethodArguments { get; }

    /// <summary>Of a type's flags: not zero for a generic type; .NET 9 to 11.</summary>
    public const uint IsGeneric = 0x30;
}

/// <summary>Fields of classes, to find those of a managed object by their names.</summary>
internal sealed class FieldLayout
{
    public FieldLayout(LayoutReader r)
    {
        r.Needs("RuntimeTypeSystem", "1", RuntimeLayout.C1);
        List = r.Field("EEClass", "FieldDescList");
        Count = r.Field("EEClass", "NumInstanceFields");
        // .NET 10.0 does not describe fields.
        uint? Tried(uint offset) => r.Has("ExecutionManager", "2") ? offset : null;
        Type = r.Field("FieldDesc", "MTOfEnclosingClass", Tried(0));
        Token = r.Field("FieldDesc", "DWord1", Tried(8));
        Place = r.Field("FieldDesc", "DWord2", Tried(12));
    }

    public uint List { get; }

    public uint Count { get; }

    public uint Type { get; }

    public uint Token { get; }

    public uint Place { get; }

    /// <summary>The size of a field's description, the bits of its token and of its offset, and where in an object fields begin; .NET 10 and 11.</summary>
    public const uint Bytes = 16, TokenMask = 0x00FFFFFF, PlaceMask = 0x07FFFFFF, First = 8;
}

/// <summary>Modules and their images.</summary>
internal sealed class ModuleLayout
{
    public ModuleLayout(LayoutReader r)
    {
        r.Needs("Loader", "1", RuntimeLayout.C1);
        Path = r.Field("Module", "Path");
        FileName = r.Field("Module", "FileName");
        Flags = r.Field("Module", "Flags");
        Assembly = r.Field("Module", "PEAssembly");
        Image = r.Field("PEAssembly", "PEImage");
        Loaded = r.Field("PEImage", "LoadedImageLayout");
        // .NET 10.0 does not describe it. It is right before the other one.
        Flat = r.Field("PEImage", "FlatImageLayout", r.Has("Loader", "1") ? Loaded - sizeof(ulong) : null);
        Origin = r.Field("PEImage", "ProbeExtensionResult") + r.Field("ProbeExtensionResult", "Type");
        Base = r.Field("PEImageLayout", "Base");
        Size = r.Field("PEImageLayout", "Size");
        LayoutFlags = r.Field("PEImageLayout", "Flags");
    }

    public uint Path { get; }

    public uint FileName { get; }

    public uint Flags { get; }

    public uint Assembly { get; }

    public uint Image { get; }

    public uint Loaded { get; }

    public uint Flat { get; }

    /// <summary>Where the host found the image.</summary>
    public uint Origin { get; }

    public uint Base { get; }

    public uint Size { get; }

    public uint LayoutFlags { get; }

    /// <summary>Of a module's flags: made by Reflection.Emit. Of an image's: its sections are where they belong in memory. .NET 10 and 11.</summary>
    public const uint IsDynamic = 0x40, IsMapped = 0x01;

    /// <summary>The host found the image in a single-file program; .NET 10 and 11.</summary>
    public const uint InBundle = 1;
}

/// <summary>The metadata of modules that have no image.</summary>
internal sealed class DynamicModuleLayout
{
    public DynamicModuleLayout(LayoutReader r)
    {
        r.Needs("EcmaMetadata", "1", RuntimeLayout.C1);
        Metadata = r.Field("Module", "DynamicMetadata");
        Size = r.Field("DynamicMetadata", "Size");
        Data = r.Field("DynamicMetadata", "Data");
    }

    public uint Metadata { get; }

    public uint Size { get; }

    public uint Data { get; }
}

/// <summary>PDBs that were loaded together with an image in memory.</summary>
internal sealed class SymbolLayout
{
    public SymbolLayout(LayoutReader r)
    {
        r.Needs("Loader", "1", RuntimeLayout.C1);
        Stream = r.Field("Module", "GrowableSymbolStream");
        Buffer = r.Field("CGrowableSymbolStream", "Buffer");
        Size = r.Field("CGrowableSymbolStream", "Size");
    }

    public uint Stream { get; }

    public uint Buffer { get; }

    public uint Size { get; }
}
