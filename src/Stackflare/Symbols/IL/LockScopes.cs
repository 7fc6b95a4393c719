using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using Stackflare.Errors;
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

    private readonly Dictionary<int, LockOperation> _methods = [];

    /// <summary>What a call does with a lock.</summary>
    private enum LockOperation
    {
        None,
        Acquire,
        Release,
        ReleaseReaderWriter,
        ReleaseSemaphore,
        GetCurrentThread,
        WaitForever,
        WaitWithLimit,
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
                exclusive += IndexOf(handler, LockOperation.Release) >= 0 ? 1 : 0;
                readerWriter += IndexOf(handler, LockOperation.ReleaseReaderWriter) >= 0 ? 1 : 0;
            }
        }
        return new LockScopeCounts(exclusive, readerWriter, WaitsForever(code, offset), IndexOf(code, LockOperation.ReleaseSemaphore) >= 0, WaitsForItself(code, offset));
    }

    /// <summary>The statement begins at the offset, so the call is the first of its kind from there.</summary>
    private bool WaitsForever(ReadOnlySpan<byte> code, int offset)
    {
        ReadOnlySpan<byte> statement = Slice(code, offset, LongestWayToEnter);
        int forever = IndexOf(statement, LockOperation.WaitForever), limited = IndexOf(statement, LockOperation.WaitWithLimit);
        return forever >= 0 && (limited < 0 || forever < limited);
    }

    /// <summary>Whether the statement's call has the current thread as its only operand.</summary>
    private bool WaitsForItself(ReadOnlySpan<byte> code, int offset)
    {
        int wait = IndexOf(Slice(code, offset, LongestWayToEnter), LockOperation.WaitForever);
        // In unoptimized code, the offset is that of the call itself.
        return wait >= 0 && offset + wait >= CallBytes && IndexOf(code.Slice(offset + wait - CallBytes, CallBytes), LockOperation.GetCurrentThread) == 0;
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
        int at = IndexOf(Slice(code, region.TryOffset, most), LockOperation.Acquire);
        return at < 0 ? region.TryOffset : region.TryOffset + at + CallBytes;
    }

    /// <summary>
    /// The first matching call. Searches bytes instead of instructions: an operand that looks like a call of exactly these methods is very unlikely.
    /// </summary>
    private int IndexOf(ReadOnlySpan<byte> code, LockOperation operation)
    {
        for (int i = 0; i + CallBytes <= code.Length; i++)
        {
            if (code[i] is Call or CallVirtual && OperationOf(BinaryPrimitives.ReadInt32LittleEndian(code[(i + 1)..])) == operation)
                return i;
        }
        return -1;
    }

    private LockOperation OperationOf(int token)
    {
        if (!_methods.TryGetValue(token, out LockOperation operation))
            _methods[token] = operation = ReadOperation(token);
        return operation;
    }

    private LockOperation ReadOperation(int token)
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
                ? Classify(metadata, type.Namespace, type.Name, method.Name, method.Signature)
                : Classify(metadata, metadata.GetTypeDefinition(outer).Namespace, metadata.GetTypeDefinition(outer).Name, type.Name, method.Name);
        }
        if ((token >>> 24) != (int)TableIndex.MemberRef || row <= 0 || row > metadata.MemberReferences.Count)
            return LockOperation.None;
        MemberReference member = metadata.GetMemberReference(MetadataTokens.MemberReferenceHandle(row));
        if (member.Parent.Kind != HandleKind.TypeReference)
            return LockOperation.None;
        TypeReference reference = metadata.GetTypeReference((TypeReferenceHandle)member.Parent);
        if (reference.ResolutionScope.Kind != HandleKind.TypeReference)
            return Classify(metadata, reference.Namespace, reference.Name, member.Name, member.Signature);
        TypeReference around = metadata.GetTypeReference((TypeReferenceHandle)reference.ResolutionScope);
        return Classify(metadata, around.Namespace, around.Name, reference.Name, member.Name);
    }

    private static LockOperation Classify(MetadataReader metadata, StringHandle ns, StringHandle type, StringHandle name, BlobHandle signature) =>
        (metadata.Text(ns), metadata.Text(type), metadata.Text(name)) switch
        {
            ("System.Threading", "Thread", "Join") or ("System.Threading", "WaitHandle", "WaitOne") => Parameters(metadata, signature) == 0 ? LockOperation.WaitForever : LockOperation.WaitWithLimit,
            ("System.Threading", "ReaderWriterLockSlim", "EnterReadLock" or "EnterWriteLock" or "EnterUpgradeableReadLock") => LockOperation.WaitForever,
            ("System.Threading", "ReaderWriterLockSlim", "TryEnterReadLock" or "TryEnterWriteLock" or "TryEnterUpgradeableReadLock") => LockOperation.WaitWithLimit,
            ("System.Threading", "Monitor", "Enter" or "TryEnter" or "ReliableEnter") => LockOperation.Acquire,
            ("System.Threading", "Thread", "get_CurrentThread") => LockOperation.GetCurrentThread,
            ("System.Threading", "SemaphoreSlim", "Release") => LockOperation.ReleaseSemaphore,
            ("System.Threading", "Monitor" or "Lock", "Exit") => LockOperation.Release,
            ("System.Threading", "ReaderWriterLockSlim", "ExitReadLock" or "ExitWriteLock" or "ExitUpgradeableReadLock") => LockOperation.ReleaseReaderWriter,
            _ => LockOperation.None,
        };

    /// <summary>The number of parameters of a non-generic method: the second number of its signature, small enough for one byte.</summary>
    private static int Parameters(MetadataReader metadata, BlobHandle signature)
    {
        BlobReader reader = metadata.GetBlobReader(signature);
        reader.Offset = 1;
        return reader.ReadByte();
    }

    private static LockOperation Classify(MetadataReader metadata, StringHandle ns, StringHandle outer, StringHandle type, StringHandle name) =>
        (metadata.Text(ns), metadata.Text(outer), metadata.Text(type), metadata.Text(name)) is ("System.Threading", "Lock", "Scope", "Dispose")
            ? LockOperation.Release
            : LockOperation.None;

    private static ReadOnlySpan<byte> Slice(ReadOnlySpan<byte> code, int start, int length) =>
        start < 0 || start > code.Length ? default : code.Slice(start, Math.Clamp(length, 0, code.Length - start));
}
