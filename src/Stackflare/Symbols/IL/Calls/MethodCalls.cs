using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using Stackflare.Errors;
using Stackflare.Symbols.Modules;
using Stackflare.Symbols.Names;

namespace Stackflare.Symbols.IL.Calls;

/// <summary>
/// Reads which methods the IL of one module calls. Throws exceptions that <see cref="MalformedData"/> lists if metadata or IL are malformed.
/// </summary>
internal sealed class MethodCalls(ModuleImage image)
{
    private const int NotOptimized = 0x100;

    private readonly Dictionary<int, CalledMethod?> _methods = [];
    private readonly Dictionary<int, MethodIL> _bodies = [];
    private readonly MetadataReader _metadata = image.Metadata;
    private readonly Dictionary<(string Space, string Name), TypeDefinitionHandle> _types = [];
    private bool? _isOptimized;

    /// <summary>The remaining budget for all methods of the module: in a hostile one, they can share code.</summary>
    private long _code = SymbolLimits.CallCode;

    /// <summary>Whether the runtime may optimize the module's code. It does not in debug builds.</summary>
    public bool IsOptimized => _isOptimized ??= !_metadata.IsAssembly || (_metadata.DebuggingModes() & NotOptimized) == 0;

    /// <summary>The IL of a method; empty if it has none, or if too much was read already.</summary>
    public MethodIL Body(int method)
    {
        if (_bodies.TryGetValue(method, out MethodIL? known))
            return known;
        int address = Row(method, TableIndex.MethodDef) is { } row ? _metadata.GetMethodDefinition(MetadataTokens.MethodDefinitionHandle(row)).RelativeVirtualAddress : 0;
        return _bodies[method] = (_code > 0 ? image.ReadBody(address, Read) : null) ?? MethodIL.Empty;
    }

    /// <summary>The method that a token of a call or a definition names; null if it names none.</summary>
    public CalledMethod? Method(int token)
    {
        if (!_methods.TryGetValue(token, out CalledMethod? method))
            _methods[token] = method = Read(token);
        return method;
    }

    /// <summary>The method that starts an async state machine, by the token of its <c>MoveNext</c>; 0 if there is none.</summary>
    public int StartOf(int moveNext)
    {
        if (Row(moveNext, TableIndex.MethodDef) is not { } row)
            return 0;
        MethodDefinitionHandle handle = MetadataTokens.MethodDefinitionHandle(row);
        return MetadataTokens.GetToken(new StateMachines(_metadata, pdb: null).KickoffOf(handle, _metadata.Text(_metadata.GetMethodDefinition(handle).Name))) is var token
            && (token & 0x00FFFFFF) != 0 ? token : 0;
    }

    /// <summary>The definition here of a method that another module calls; 0 if there is none.</summary>
    public int Find(CalledMethod method)
    {
        if (!_types.TryGetValue((method.Space, method.Type), out TypeDefinitionHandle type))
            _types[(method.Space, method.Type)] = type = FindType(method.Space, method.Type);
        return type.IsNil ? 0 : Find(_metadata.GetTypeDefinition(type), method);
    }

    /// <summary>The first type with a name; nil if there is none. Few types are looked for, and the names of all types of the framework would be a megabyte.</summary>
    private TypeDefinitionHandle FindType(string space, string name)
    {
        int left = SymbolLimits.CalledTypes;
        foreach (TypeDefinitionHandle handle in _metadata.TypeDefinitions)
        {
            if (left-- == 0)
                break;
            TypeDefinition type = _metadata.GetTypeDefinition(handle);
            if (_metadata.StringComparer.Equals(type.Name, name) && _metadata.StringComparer.Equals(type.Namespace, space))
                return handle;
        }
        return default;
    }

    /// <summary>Whether a static field or method belongs to a type.</summary>
    /// <param name="token">The token of the field or method.</param>
    /// <param name="type">A method of the type.</param>
    public bool IsOfType(int token, CalledMethod type)
    {
        if (Row(token, TableIndex.Field) is { } field)
            return TypeOf(_metadata.GetFieldDefinition(MetadataTokens.FieldDefinitionHandle(field)).GetDeclaringType()) == (type.Space, type.Type);
        if (Row(token, TableIndex.MemberRef) is { } member)
            return TypeOf(_metadata.GetMemberReference(MetadataTokens.MemberReferenceHandle(member)).Parent) == (type.Space, type.Type);
        return Method(token) is { } method && method.HasType(type);
    }

    private int Find(in TypeDefinition type, CalledMethod method)
    {
        int count = 0;
        foreach (MethodDefinitionHandle handle in type.GetMethods())
        {
            if (++count > SymbolLimits.TypeMembers)
                break;
            if (_metadata.StringComparer.Equals(_metadata.GetMethodDefinition(handle).Name, method.Name)
                && Signature(_metadata.GetMethodDefinition(handle).Signature).Parameters == method.Parameters)
            {
                return MetadataTokens.GetToken(handle);
            }
        }
        return 0;
    }

    private MethodIL Read(MethodBodyBlock body)
    {
        ReadOnlySpan<byte> code = body.GetILContent().AsSpan();
        _code -= SymbolLimits.MethodCost + code.Length;
        return MethodIL.Read(code, body.ExceptionRegions, Method);
    }

    private CalledMethod? Read(int token)
    {
        if (Row(token, TableIndex.MethodSpec) is { } specification)
            token = MetadataTokens.GetToken(_metadata.GetMethodSpecification(MetadataTokens.MethodSpecificationHandle(specification)).Method);
        if (Row(token, TableIndex.MethodDef) is { } row)
        {
            MethodDefinition method = _metadata.GetMethodDefinition(MetadataTokens.MethodDefinitionHandle(row));
            (string space, string type) = TypeOf(method.GetDeclaringType());
            return Method(SimpleName(_metadata.Text(method.Name)), space, type, method.Signature, token, Traits(method));
        }
        if (Row(token, TableIndex.StandAloneSig) is { } signature)
        {
            // Of an indirect call. The function pointer is one more value.
            CalledMethod indirect = Method("", "", "", _metadata.GetStandaloneSignature(MetadataTokens.StandaloneSignatureHandle(signature)).Signature);
            return indirect with { Parameters = indirect.Parameters + 1 };
        }
        if (Row(token, TableIndex.MemberRef) is not { } member)
            return null;
        MemberReference reference = _metadata.GetMemberReference(MetadataTokens.MemberReferenceHandle(member));
        (string ofSpace, string ofType) = TypeOf(reference.Parent);
        CalledMethod called = Method(_metadata.Text(reference.Name), ofSpace, ofType, reference.Signature);
        // A method of a generic type of this module.
        return Definition(reference.Parent) is { IsNil: false } own && Find(_metadata.GetTypeDefinition(own), called) is not 0 and var definition ? Read(definition) : called;
    }

    /// <summary>The definition of a type of this module, also if it is an instance of a generic one; nil for others.</summary>
    private TypeDefinitionHandle Definition(EntityHandle type) => type.Kind switch
    {
        HandleKind.TypeDefinition => (TypeDefinitionHandle)type,
        HandleKind.TypeSpecification => Generic((TypeSpecificationHandle)type) is { Kind: HandleKind.TypeDefinition, IsNil: false } definition ? (TypeDefinitionHandle)definition : default,
        _ => default,
    };

    private (string Space, string Name) TypeOf(EntityHandle handle)
    {
        switch (handle.Kind)
        {
            case HandleKind.TypeDefinition when !handle.IsNil:
                TypeDefinition definition = _metadata.GetTypeDefinition((TypeDefinitionHandle)handle);
                return (_metadata.Text(definition.Namespace), _metadata.Text(definition.Name));
            case HandleKind.TypeReference:
                TypeReference reference = _metadata.GetTypeReference((TypeReferenceHandle)handle);
                return (_metadata.Text(reference.Namespace), _metadata.Text(reference.Name));
            case HandleKind.TypeSpecification:
                EntityHandle generic = Generic((TypeSpecificationHandle)handle);
                return generic.Kind == HandleKind.TypeSpecification ? ("", "") : TypeOf(generic);
            default:
                return ("", "");
        }
    }

    /// <summary>The generic type of an instance; nil for arrays and others.</summary>
    private EntityHandle Generic(TypeSpecificationHandle handle)
    {
        const byte instance = 0x15;
        BlobReader signature = _metadata.GetBlobReader(_metadata.GetTypeSpecification(handle).Signature);
        if (signature.ReadByte() != instance)
            return default;
        signature.ReadByte();
        return signature.ReadTypeHandle();
    }

    private CalledMethod Method(string name, string space, string type, BlobHandle handle, int definition = 0, MethodTraits traits = MethodTraits.None)
    {
        (int parameters, bool hasThis, bool returnsValue) = Signature(handle);
        return new CalledMethod(name, space, type, parameters, definition, traits) { HasThis = hasThis, ReturnsValue = returnsValue };
    }

    private (int Parameters, bool HasThis, bool ReturnsValue) Signature(BlobHandle handle)
    {
        const int generic = 0x10, instance = 0x20, voidType = 0x01, required = 0x1F, optional = 0x20;
        BlobReader signature = _metadata.GetBlobReader(handle);
        byte header = signature.ReadByte();
        if ((header & generic) != 0)
            signature.ReadCompressedInteger();
        int parameters = signature.ReadCompressedInteger();
        byte type = signature.ReadByte();
        while (type is required or optional)
        {
            signature.ReadTypeHandle();
            type = signature.ReadByte();
        }
        return (parameters, (header & instance) != 0, type != voidType);
    }

    private MethodTraits Traits(in MethodDefinition method)
    {
        TypeAttributes type = _metadata.GetTypeDefinition(method.GetDeclaringType()).Attributes;
        bool isVirtual = (method.Attributes & MethodAttributes.Virtual) != 0 || (type & TypeAttributes.Interface) != 0;
        bool isExtern = (method.Attributes & MethodAttributes.PinvokeImpl) != 0 || (method.ImplAttributes & MethodImplAttributes.InternalCall) != 0;
        return (isVirtual ? MethodTraits.Virtual : 0)
            | (isExtern ? MethodTraits.Extern : 0)
            | ((method.ImplAttributes & MethodImplAttributes.NoInlining) != 0 ? MethodTraits.NoInlining : 0)
            | ((method.ImplAttributes & MethodImplAttributes.AggressiveInlining) != 0 ? MethodTraits.AggressiveInlining : 0);
    }

    private static string SimpleName(string name)
    {
        int dot = name.StartsWith('<') ? -1 : name.LastIndexOf('.');
        return dot <= 0 ? name : name[(dot + 1)..];
    }

    private int? Row(int token, TableIndex table)
    {
        int row = token & 0x00FFFFFF;
        return token >>> 24 == (int)table && row > 0 && row <= _metadata.GetTableRowCount(table) ? row : null;
    }
}
