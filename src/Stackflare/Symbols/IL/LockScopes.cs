using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using Stackflare.Symbols.Modules;
using Stackflare.Symbols.Names;

namespace Stackflare.Symbols.IL;

/// <summary>
/// Counts the <c>lock</c> statements around an offset in a method's IL. A compiler makes a <c>try</c> whose <c>finally</c> releases
/// the lock. A synchronized method is one such statement as a whole. For iterators this is not known, because their <c>finally</c> is a separate
/// method.
/// </summary>
internal sealed class LockScopes(ModuleImage image)
{
    private const byte Call = 0x28, CallVirtual = 0x6F;

    /// <summary>The size of a call with its token.</summary>
    private const int CallBytes = 5;

    /// <summary>Maximum distance from the start of a <c>try</c> to the call that takes the monitor: two operands, each a field of a field.</summary>
    private const int LongestWayToEnter = 40;

    private readonly Dictionary<int, Taking> _methods = [];

    /// <summary>What a call does with a lock.</summary>
    private enum Taking
    {
        Nothing,
        Takes,
        LetsGo,
        LetsGoOfReaderWriter,
        WaitsForEver,
        WaitsWithLimit,
    }

    /// <summary>The statements around an offset. Throws exceptions that <see cref="MalformedData"/> lists if the method is malformed.</summary>
    /// <param name="token">The method's token; an existing MethodDef.</param>
    /// <param name="offset">The IL offset.</param>
    public LockScopeCounts Around(int token, int offset)
    {
        MethodDefinition method = image.Metadata.GetMethodDefinition((MethodDefinitionHandle)MetadataTokens.Handle(token));
        int synchronized = (method.ImplAttributes & MethodImplAttributes.Synchronized) != 0 ? 1 : 0;
        LockScopeCounts count = image.ReadBody(method.RelativeVirtualAddress, body => Around(body, offset));
        return count with { Exclusive = count.Exclusive + synchronized };
    }

    private LockScopeCounts Around(MethodBodyBlock body, int offset)
    {
        // Real methods have fewer regions. In a hostile one, each would be compared with each.
        if (body.ExceptionRegions.Length > SymbolLimits.ExceptionRegions)
            return default;
        ReadOnlySpan<byte> code = body.GetILContent().AsSpan();
        int exclusive = 0, readerWriter = 0;
        foreach (ExceptionRegion region in body.ExceptionRegions)
        {
            if (region.Kind is ExceptionRegionKind.Finally or ExceptionRegionKind.Fault
                && offset >= region.TryOffset && offset < (long)region.TryOffset + region.TryLength
                && offset >= Begin(code, region, body.ExceptionRegions))
            {
                ReadOnlySpan<byte> handler = Slice(code, region.HandlerOffset, region.HandlerLength);
                exclusive += Has(handler, Taking.LetsGo) >= 0 ? 1 : 0;
                readerWriter += Has(handler, Taking.LetsGoOfReaderWriter) >= 0 ? 1 : 0;
            }
        }
        return new LockScopeCounts(exclusive, readerWriter, WaitsForEver(code, offset));
    }

    /// <summary>The statement begins at the offset, so the call is the first of its kind from there.</summary>
    private bool WaitsForEver(ReadOnlySpan<byte> code, int offset)
    {
        ReadOnlySpan<byte> statement = Slice(code, offset, LongestWayToEnter);
        int forEver = Has(statement, Taking.WaitsForEver), limited = Has(statement, Taking.WaitsWithLimit);
        return forEver >= 0 && (limited < 0 || forEver < limited);
    }

    /// <summary>
    /// The offset from which the lock is held. C# takes a monitor inside of the <c>try</c>, so a waiting thread is already inside. A lock that is
    /// taken in a nested <c>try</c> is another one.
    /// </summary>
    private int Begin(ReadOnlySpan<byte> code, in ExceptionRegion region, ImmutableArray<ExceptionRegion> all)
    {
        int most = Math.Min(region.TryLength, LongestWayToEnter);
        foreach (ExceptionRegion inner in all)
        {
            if (inner.TryOffset > region.TryOffset)
                most = Math.Min(most, inner.TryOffset - region.TryOffset);
        }
        int at = Has(Slice(code, region.TryOffset, most), Taking.Takes);
        return at < 0 ? region.TryOffset : region.TryOffset + at + CallBytes;
    }

    /// <summary>
    /// The first matching call. Searches bytes instead of instructions: an operand that looks like a call of exactly these methods is very unlikely.
    /// </summary>
    private int Has(ReadOnlySpan<byte> code, Taking taking)
    {
        for (int i = 0; i + CallBytes <= code.Length; i++)
        {
            if (code[i] is Call or CallVirtual && Of(BinaryPrimitives.ReadInt32LittleEndian(code[(i + 1)..])) == taking)
                return i;
        }
        return -1;
    }

    private Taking Of(int token)
    {
        if (!_methods.TryGetValue(token, out Taking taking))
            _methods[token] = taking = Look(token);
        return taking;
    }

    private Taking Look(int token)
    {
        MetadataReader metadata = image.Metadata;
        int row = token & 0x00FFFFFF;
        // In CoreLib itself, these are MethodDefs.
        if ((token >>> 24) == (int)TableIndex.MethodDef && row > 0 && row <= metadata.MethodDefinitions.Count)
        {
            MethodDefinition method = metadata.GetMethodDefinition(MetadataTokens.MethodDefinitionHandle(row));
            TypeDefinition type = metadata.GetTypeDefinition(method.GetDeclaringType());
            TypeDefinitionHandle outer = type.GetDeclaringType();
            return outer.IsNil
                ? Of(metadata, type.Namespace, type.Name, method.Name, method.Signature)
                : OfNested(metadata, metadata.GetTypeDefinition(outer).Namespace, metadata.GetTypeDefinition(outer).Name, type.Name, method.Name);
        }
        if ((token >>> 24) != (int)TableIndex.MemberRef || row <= 0 || row > metadata.MemberReferences.Count)
            return Taking.Nothing;
        MemberReference member = metadata.GetMemberReference(MetadataTokens.MemberReferenceHandle(row));
        if (member.Parent.Kind != HandleKind.TypeReference)
            return Taking.Nothing;
        TypeReference reference = metadata.GetTypeReference((TypeReferenceHandle)member.Parent);
        if (reference.ResolutionScope.Kind != HandleKind.TypeReference)
            return Of(metadata, reference.Namespace, reference.Name, member.Name, member.Signature);
        TypeReference around = metadata.GetTypeReference((TypeReferenceHandle)reference.ResolutionScope);
        return OfNested(metadata, around.Namespace, around.Name, reference.Name, member.Name);
    }

    private static Taking Of(MetadataReader metadata, StringHandle ns, StringHandle type, StringHandle name, BlobHandle signature) =>
        (metadata.Text(ns), metadata.Text(type), metadata.Text(name)) switch
        {
            ("System.Threading", "Thread", "Join") => Parameters(metadata, signature) == 0 ? Taking.WaitsForEver : Taking.WaitsWithLimit,
            ("System.Threading", "ReaderWriterLockSlim", "EnterReadLock" or "EnterWriteLock" or "EnterUpgradeableReadLock") => Taking.WaitsForEver,
            ("System.Threading", "ReaderWriterLockSlim", "TryEnterReadLock" or "TryEnterWriteLock" or "TryEnterUpgradeableReadLock") => Taking.WaitsWithLimit,
            ("System.Threading", "Monitor", "Enter" or "TryEnter" or "ReliableEnter") => Taking.Takes,
            ("System.Threading", "Monitor" or "Lock", "Exit") => Taking.LetsGo,
            ("System.Threading", "ReaderWriterLockSlim", "ExitReadLock" or "ExitWriteLock" or "ExitUpgradeableReadLock") => Taking.LetsGoOfReaderWriter,
            _ => Taking.Nothing,
        };

    /// <summary>The number of parameters of a non-generic method: the second number of its signature, small enough for one byte.</summary>
    private static int Parameters(MetadataReader metadata, BlobHandle signature)
    {
        BlobReader reader = metadata.GetBlobReader(signature);
        reader.Offset = 1;
        return reader.ReadByte();
    }

    private static Taking OfNested(MetadataReader metadata, StringHandle ns, StringHandle outer, StringHandle type, StringHandle name) =>
        (metadata.Text(ns), metadata.Text(outer), metadata.Text(type), metadata.Text(name)) is ("System.Threading", "Lock", "Scope", "Dispose")
            ? Taking.LetsGo
            : Taking.Nothing;

    private static ReadOnlySpan<byte> Slice(ReadOnlySpan<byte> code, int start, int length) =>
        start < 0 || start > code.Length ? default : code.Slice(start, Math.Clamp(length, 0, code.Length - start));
}
