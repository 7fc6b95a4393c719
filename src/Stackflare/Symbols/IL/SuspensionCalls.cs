using System.Buffers.Binary;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using Stackflare.Errors;
using Stackflare.Symbols.Modules;
using Stackflare.Symbols.Names;

namespace Stackflare.Symbols.IL;

/// <summary>
/// Finds the awaits of methods without state machines, which the runtime suspends itself: each is a call of a method of <c>AsyncHelpers</c>. Throws
/// exceptions that <see cref="MalformedData"/> lists if metadata or IL are malformed.
/// </summary>
internal sealed class SuspensionCalls(ModuleImage image)
{
    private const byte Call = 0x28, New = 0x73, MethodInstance = 0x0A;
    private const int Async = 0x2000;
    private const int CallBytes = 1 + sizeof(int);

    private readonly Dictionary<int, bool> _isAwait = [];

    /// <summary>The remaining budget for all methods of the module: in a hostile one, they can share code.</summary>
    private long _code = SymbolLimits.AsyncCode;

    /// <summary>The awaits in a method's IL, in ascending order of offsets.</summary>
    public AwaitCall[] AwaitsOf(int method) => Body(method) is { } address ? image.ReadBody(address, Find) ?? [] : [];

    /// <summary>
    /// Simple name of the type of the awaiter at which a method waits; null if the call does not show it, for example if it awaits a task.
    /// </summary>
    /// <param name="method">The method's token.</param>
    /// <param name="offset">The IL offset of the await.</param>
    public string? Awaiter(int method, int offset)
    {
        if (Body(method) is not { } address || image.ReadBody(address, body => CallAt(body, offset)) is not (not 0 and var call)
            || Row(call, TableIndex.MethodSpec) is not { } row || !IsAwait(call))
        {
            return null;
        }
        BlobReader signature = image.Metadata.GetBlobReader(image.Metadata.GetMethodSpecification(MetadataTokens.MethodSpecificationHandle(row)).Signature);
        if (signature.Length > SymbolLimits.SignatureBytes || signature.ReadByte() != MethodInstance || signature.ReadCompressedInteger() != 1)
            return null;
        MethodDefinition definition = image.Metadata.GetMethodDefinition(MetadataTokens.MethodDefinitionHandle(method & 0x00FFFFFF));
        string[] ofType = image.Metadata.Names(image.Metadata.GetTypeDefinition(definition.GetDeclaringType()).GetGenericParameters());
        return NameOf(call) == "Await" ? null : new SignatureText(image.Metadata, ofType, image.Metadata.Names(definition.GetGenericParameters())).Single(signature);
    }

    /// <summary>Whether the runtime suspends the method itself. It may treat other methods, which only pass on a task, in the same way.</summary>
    public bool IsAsync(int method) => Row(method, TableIndex.MethodDef) is not { } row
        || ((int)image.Metadata.GetMethodDefinition(MetadataTokens.MethodDefinitionHandle(row)).ImplAttributes & Async) != 0;

    /// <summary>Whether the code of an await may be merged with that of another one.</summary>
    /// <param name="method">The method's token.</param>
    /// <param name="one">The IL offset of the await.</param>
    /// <param name="others">The IL offsets of the others.</param>
    /// <param name="before">
    /// Returns, for the offset of another await, how many bytes of IL before both belong to their statements; negative if the statements differ in
    /// length, null if it is the same statement.
    /// </param>
    public bool MayShareCode(int method, int one, IEnumerable<int> others, Func<int, int?> before)
    {
        return Body(method) is { } address && image.ReadBody(address, Look);

        bool Look(MethodBodyBlock body)
        {
            ReadOnlySpan<byte> code = CodeOf(body);
            int alike = 0;
            foreach (int other in others)
            {
                // Beyond the limit, calls are not compared and count as merged.
                if (SharedCode.IsSameCall(code, one, other) && (++alike > SymbolLimits.AwaitsAlike || (before(other) is { } bytes && SharedCode.IsPossible(code, one, other, bytes))))
                    return true;
            }
            return false;
        }
    }

    private int? Body(int method) => Row(method, TableIndex.MethodDef) is { } row && _code > 0
        ? image.Metadata.GetMethodDefinition(MetadataTokens.MethodDefinitionHandle(row)).RelativeVirtualAddress
        : null;

    private ReadOnlySpan<byte> CodeOf(MethodBodyBlock body)
    {
        ReadOnlySpan<byte> code = body.GetILContent().AsSpan();
        _code -= SymbolLimits.MethodCost + code.Length;
        return code;
    }

    private AwaitCall[] Find(MethodBodyBlock body)
    {
        ReadOnlySpan<byte> code = CodeOf(body);
        var offsets = new List<AwaitCall>();
        for (int at = 0; at <= code.Length - CallBytes && offsets.Count < SymbolLimits.Awaits; at++)
        {
            if (code[at] == Call && IsAwait(BinaryPrimitives.ReadInt32LittleEndian(code[(at + 1)..])))
                offsets.Add(new AwaitCall(at, at >= CallBytes && code[at - CallBytes] == New));
        }
        return [.. offsets];
    }

    private int CallAt(MethodBodyBlock body, int offset)
    {
        ReadOnlySpan<byte> code = CodeOf(body);
        return offset >= 0 && offset <= code.Length - CallBytes && code[offset] == Call ? BinaryPrimitives.ReadInt32LittleEndian(code[(offset + 1)..]) : 0;
    }

    private bool IsAwait(int token)
    {
        if (token >>> 24 is not ((int)TableIndex.MethodSpec or (int)TableIndex.MemberRef or (int)TableIndex.MethodDef))
            return false;
        if (!_isAwait.TryGetValue(token, out bool known))
            _isAwait[token] = known = NameOf(token) is "Await" or "AwaitAwaiter" or "UnsafeAwaitAwaiter";
        return known;
    }

    /// <summary>The name of a method of <c>AsyncHelpers</c>; null for any other.</summary>
    private string? NameOf(int token)
    {
        if (Row(token, TableIndex.MethodSpec) is { } specification)
            token = MetadataTokens.GetToken(image.Metadata.GetMethodSpecification(MetadataTokens.MethodSpecificationHandle(specification)).Method);
        StringHandle name, type;
        if (Row(token, TableIndex.MemberRef) is { } member)
        {
            MemberReference reference = image.Metadata.GetMemberReference(MetadataTokens.MemberReferenceHandle(member));
            if (reference.Parent.Kind != HandleKind.TypeReference)
                return null;
            (name, type) = (reference.Name, image.Metadata.GetTypeReference((TypeReferenceHandle)reference.Parent).Name);
        }
        else if (Row(token, TableIndex.MethodDef) is { } row)
        {
            MethodDefinition definition = image.Metadata.GetMethodDefinition(MetadataTokens.MethodDefinitionHandle(row));
            (name, type) = (definition.Name, image.Metadata.GetTypeDefinition(definition.GetDeclaringType()).Name);
        }
        else
        {
            return null;
        }
        return image.Metadata.StringComparer.Equals(type, "AsyncHelpers") ? image.Metadata.Text(name) : null;
    }

    private int? Row(int token, TableIndex table)
    {
        int row = token & 0x00FFFFFF;
        return token >>> 24 == (int)table && row > 0 && row <= image.Metadata.GetTableRowCount(table) ? row : null;
    }
}
