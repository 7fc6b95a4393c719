using System.Buffers.Binary;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using Stackflare.Errors;
using Stackflare.Symbols.Modules;
using Stackflare.Symbols.Names;

namespace Stackflare.Symbols.IL;

/// <summary>
/// Reads the state machines of async methods from metadata, IL and PDB of one module. Throws exceptions that <see cref="MalformedData"/> lists if
/// these are malformed.
/// </summary>
internal sealed class AsyncMetadata(ModuleImage image)
{
    private const byte LoadThis = 0x02, Duplicate = 0x25, StoreLocal0 = 0x0A, StoreLocalShort = 0x13, StoreField = 0x7D;
    private const byte LoadZero = 0x16, LoadEight = 0x1E, LoadByte = 0x1F, LoadWord = 0x20;
    private const byte FieldSignature = 0x06;
    private const int StoreFieldBytes = 5;
    /// <summary>Of C#, and of F#, whose PDBs say nothing of awaits.</summary>
    private const string State = "<>1__state", FSharpState = "ResumptionPoint";

    /// <summary>The remaining budget for all methods of the module: in a hostile one, methods can share code, and types can share members.</summary>
    private long _members = SymbolLimits.AsyncMembers, _code = SymbolLimits.AsyncCode;

    /// <summary>In PDBs: for each <c>await</c>, the IL offsets at which its method yields and resumes.</summary>
    private static readonly Guid SteppingInformation = new("54FD2AC5-E925-401A-9C2A-F94F171072F8");

    /// <summary>The token of the method that runs a state machine; null if the type is not one.</summary>
    public int? MoveNextOf(int type)
    {
        if (Row(type, TableIndex.TypeDef, image.Metadata.TypeDefinitions.Count) is not { } row)
            return null;
        int count = 0;
        foreach (MethodDefinitionHandle handle in image.Metadata.GetTypeDefinition(MetadataTokens.TypeDefinitionHandle(row)).GetMethods())
        {
            if (++count > SymbolLimits.TypeMembers || _members-- <= 0)
                break;
            StringHandle name = image.Metadata.GetMethodDefinition(handle).Name;
            // Visual Basic and F# name the method like the full name of the interface's method, or similar.
            if (image.Metadata.StringComparer.Equals(name, "MoveNext")
                || image.Metadata.StringComparer.Equals(name, "System.Runtime.CompilerServices.IAsyncStateMachine.MoveNext"))
            {
                return MetadataTokens.GetToken(handle);
            }
        }
        return null;
    }

    /// <summary>A field; null if it does not exist.</summary>
    public FieldSymbol? Field(int token)
    {
        if (Row(token, TableIndex.Field, image.Metadata.FieldDefinitions.Count) is not { } row)
            return null;
        FieldDefinition field = image.Metadata.GetFieldDefinition(MetadataTokens.FieldDefinitionHandle(row));
        string name = image.Metadata.Text(field.Name);
        BlobReader signature = image.Metadata.GetBlobReader(field.Signature);
        if (signature.Length > SymbolLimits.SignatureBytes || signature.ReadByte() != FieldSignature)
            return new FieldSymbol(name, null);
        string[] parameters = image.Metadata.Names(image.Metadata.GetTypeDefinition(field.GetDeclaringType()).GetGenericParameters());
        return new FieldSymbol(name, new SignatureText(image.Metadata, parameters, []).Single(signature));
    }

    /// <summary>The IL offsets at which a state machine's method yields for an <c>await</c>, by state.</summary>
    /// <param name="moveNext">The method's token.</param>
    /// <param name="pdb">The PDB; null if there is none, so that only the code is used.</param>
    public Dictionary<int, int> Awaits(int moveNext, MetadataReader? pdb)
    {
        var offsets = new Dictionary<int, int>();
        if (Row(moveNext, TableIndex.MethodDef, image.Metadata.MethodDefinitions.Count) is not { } row || _code <= 0 || _members <= 0)
            return offsets;
        MethodDefinitionHandle method = MetadataTokens.MethodDefinitionHandle(row);
        MethodDefinition definition = image.Metadata.GetMethodDefinition(method);
        int state = StateField(definition.GetDeclaringType());
        if (pdb is null || IsNamed(state, FSharpState))
        {
            image.ReadBody(definition.RelativeVirtualAddress, body => Stores(body, state, offsets));
            _members -= offsets.Count;
            return offsets;
        }
        List<int> yields = Yields(method, pdb);
        _members -= yields.Count;
        int[] states = yields.Count == 0
            ? []
            : image.ReadBody(image.Metadata.GetMethodDefinition(method).RelativeVirtualAddress, body => States(body, yields)) ?? [];
        bool isKnown = states.Length == yields.Count && states.All(static s => s >= 0);
        for (int i = 0; i < yields.Count; i++)
        {
            if (yields[i] < 0)
                continue;
            // Compilers number awaits in order. An unreachable await has a number but no code, so the code takes precedence.
            offsets.TryAdd(isKnown ? states[i] : i, yields[i]);
        }
        return offsets;
    }

    /// <summary>The token of the field with the state; 0 if there is none. The code of a generic type uses a member reference.</summary>
    private int StateField(TypeDefinitionHandle machine)
    {
        int count = 0;
        foreach (FieldDefinitionHandle field in image.Metadata.GetTypeDefinition(machine).GetFields())
        {
            if (++count > SymbolLimits.TypeMembers || _members-- <= 0)
                break;
            if (IsState(image.Metadata.GetFieldDefinition(field).Name))
                return MetadataTokens.GetToken(field);
        }
        return 0;
    }

    private bool IsState(int token, int field)
    {
        if (token == field)
            return field != 0;
        return Row(token, TableIndex.MemberRef, image.Metadata.MemberReferences.Count) is { } row
            && IsState(image.Metadata.GetMemberReference(MetadataTokens.MemberReferenceHandle(row)).Name);
    }

    private bool IsState(StringHandle name) => image.Metadata.StringComparer.Equals(name, State) || image.Metadata.StringComparer.Equals(name, FSharpState);

    private bool IsNamed(int field, string name) => Row(field, TableIndex.Field, image.Metadata.FieldDefinitions.Count) is { } row
        && image.Metadata.StringComparer.Equals(image.Metadata.GetFieldDefinition(MetadataTokens.FieldDefinitionHandle(row)).Name, name);

    /// <summary>Finds all places that store a state: each state is stored once, for its await.</summary>
    private bool Stores(MethodBodyBlock body, int state, Dictionary<int, int> offsets)
    {
        ReadOnlySpan<byte> code = body.GetILContent().AsSpan();
        _code -= SymbolLimits.MethodCost + code.Length;
        bool hasCopy = !IsNamed(state, FSharpState);
        for (int end = StoreFieldBytes; end <= code.Length && offsets.Count < SymbolLimits.Awaits; end++)
        {
            if (code[end - StoreFieldBytes] == StoreField && IsState(BinaryPrimitives.ReadInt32LittleEndian(code[(end - sizeof(int))..]), state)
                && StoredBefore(code[..end], hasCopy) is >= 0 and var number)
            {
                offsets.TryAdd(number, end);
            }
        }
        return true;
    }

    private static List<int> Yields(MethodDefinitionHandle method, MetadataReader pdb)
    {
        var offsets = new List<int>();
        int count = 0;
        foreach (CustomDebugInformationHandle handle in pdb.GetCustomDebugInformation(method))
        {
            if (++count > SymbolLimits.CustomAttributes)
                break;
            CustomDebugInformation information = pdb.GetCustomDebugInformation(handle);
            if (pdb.GetGuid(information.Kind) != SteppingInformation)
                continue;
            BlobReader blob = pdb.GetBlobReader(information.Value);
            blob.ReadUInt32(); // the catch handler offset
            while (blob.RemainingBytes > 0 && offsets.Count < SymbolLimits.Awaits)
            {
                offsets.Add(blob.ReadInt32());
                blob.ReadInt32(); // the resume offset
                blob.ReadCompressedInteger(); // the resume method
            }
        }
        return offsets;
    }

    private static int[] States(MethodBodyBlock body, List<int> yields)
    {
        ReadOnlySpan<byte> code = body.GetILContent().AsSpan();
        var states = new int[yields.Count];
        for (int i = 0; i < states.Length; i++)
            states[i] = yields[i] < 0 || yields[i] > code.Length ? -1 : StoredBefore(code[..yields[i]]);
        return states;
    }

    /// <summary>
    /// The number that the code stores in a field of <c>this</c> at its very end: <c>this.state = local = n</c>. Negative if it does not.
    /// </summary>
    /// <param name="code">The code up to the end of the store.</param>
    /// <param name="hasCopy">Whether the compiler keeps a copy of the number in a local variable.</param>
    private static int StoredBefore(ReadOnlySpan<byte> code, bool hasCopy = true)
    {
        // Unoptimized code has a nop after it.
        if (code.Length > StoreFieldBytes && code[^1] == 0 && code[^(StoreFieldBytes + 1)] == StoreField)
            code = code[..^1];
        if (code.Length < StoreFieldBytes || code[^StoreFieldBytes] != StoreField)
            return -1;
        code = code[..^StoreFieldBytes];
        if (!hasCopy)
            return LoadedBefore(code);
        if (code is [.., StoreLocal0])
            code = code[..^1];
        else if (code is [.., StoreLocalShort, _])
            code = code[..^2];
        // An iterator does not wait and has no local copy of its state.
        return code is [.., Duplicate] ? LoadedBefore(code[..^1]) : -1;
    }

    private static int LoadedBefore(ReadOnlySpan<byte> code)
    {
        const int loadWord = 5;
        return code switch
        {
            [.., LoadThis, >= LoadZero and <= LoadEight and var load] => load - LoadZero,
            [.., LoadThis, LoadByte, var number] => (sbyte)number,
            _ when code.Length > loadWord && code[^loadWord] == LoadWord && code[^(loadWord + 1)] == LoadThis => BinaryPrimitives.ReadInt32LittleEndian(code[^(loadWord - 1)..]),
            _ => -1,
        };
    }

    private static int? Row(int token, TableIndex table, int count)
    {
        int row = token & 0x00FFFFFF;
        return token >>> 24 == (int)table && row > 0 && row <= count ? row : null;
    }
}
