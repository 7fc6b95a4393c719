using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using Stackflare.Symbols.Modules;
using Stackflare.Symbols.Names;

namespace Stackflare.Symbols.Pdb;

/// <summary>Finds lines in one opened PDB.</summary>
internal sealed class PdbLines(MetadataReader pdb, SymbolOptions options)
{
    private static readonly Guid Sha256 = new("8829d00f-11b8-4213-878b-770e8597ac16");
    private static readonly Guid Sha1 = new("ff1816ec-aa5e-4d10-87f7-6f4963833460");
    private static readonly Guid EmbeddedSource = new("0e8a571b-6926-466e-b4ad-8ab04611f5fe");

    private readonly Dictionary<int, SourceContent?> _embedded = [];

    /// <summary>
    /// The last sequence point at or before the offset that is not hidden. Exception.StackTrace makes the same choice, so both show the same line.
    /// </summary>
    /// <param name="method">The MethodDef token.</param>
    /// <param name="offset">The IL offset.</param>
    /// <param name="documents">The source files seen so far, by their row.</param>
    public PdbLine Find(int method, int offset, Dictionary<int, SourceDocument> documents)
    {
        int row = method & 0xFFFFFF;
        if (row == 0 || row > pdb.MethodDebugInformation.Count)
            return new PdbLine(SymbolStatus.NoLine, null, 0, 0, null);
        MethodDebugInformation information = pdb.GetMethodDebugInformation(MetadataTokens.MethodDebugInformationHandle(row));
        SequencePoint best = default;
        bool found = false;
        if (!information.SequencePointsBlob.IsNil)
        {
            foreach (SequencePoint point in information.GetSequencePoints())
            {
                if (point.Offset > offset)
                    break;
                if (!point.IsHidden)
                {
                    best = point;
                    found = true;
                }
            }
        }
        if (!found || best.Document.IsNil)
            return new PdbLine(SymbolStatus.NoLine, null, 0, 0, null);
        SourceDocument document = Document(best.Document, documents);
        string? text = document.IsEmbedded && options.SourceText ? EmbeddedContent(best.Document)?.Line(best.StartLine) : null;
        return new PdbLine(SymbolStatus.Found, document, best.StartLine, best.StartColumn, text);
    }

    /// <summary>The statements of a method, in the order of their IL; empty if it has none.</summary>
    public PdbStatement[] Statements(int method)
    {
        int row = method & 0xFFFFFF;
        if (row == 0 || row > pdb.MethodDebugInformation.Count)
            return [];
        MethodDebugInformation information = pdb.GetMethodDebugInformation(MetadataTokens.MethodDebugInformationHandle(row));
        return information.SequencePointsBlob.IsNil
            ? []
            : [.. information.GetSequencePoints().Select(static p => new PdbStatement(p.Offset, p.IsHidden ? 0 : p.StartLine))];
    }

    /// <summary>The IL between the sequence points around an offset, including hidden ones; null if the method has none before it.</summary>
    public (int Start, int End)? StatementAround(int method, int offset)
    {
        int row = method & 0xFFFFFF;
        if (row == 0 || row > pdb.MethodDebugInformation.Count)
            return null;
        MethodDebugInformation information = pdb.GetMethodDebugInformation(MetadataTokens.MethodDebugInformationHandle(row));
        int? start = null;
        if (!information.SequencePointsBlob.IsNil)
        {
            foreach (SequencePoint point in information.GetSequencePoints())
            {
                if (point.Offset > offset)
                    return start is { } before ? (before, point.Offset) : null;
                start = point.Offset;
            }
        }
        return start is { } last ? (last, int.MaxValue) : null;
    }

    private SourceDocument Document(DocumentHandle handle, Dictionary<int, SourceDocument> documents)
    {
        int row = MetadataTokens.GetRowNumber(handle);
        if (documents.TryGetValue(row, out SourceDocument? known))
            return known;
        Document document = pdb.GetDocument(handle);
        byte[]? hash = null;
        if (!document.HashAlgorithm.IsNil && !document.Hash.IsNil)
        {
            Guid algorithm = pdb.GetGuid(document.HashAlgorithm);
            int length = algorithm == Sha256 ? SourceHash.Sha256Bytes : algorithm == Sha1 ? SourceHash.Sha1Bytes : -1;
            if (pdb.GetBlobReader(document.Hash).Length == length)
                hash = pdb.GetBlobBytes(document.Hash);
        }
        var made = new SourceDocument
        {
            Path = pdb.DocumentPath(document.Name),
            Hash = hash,
            IsEmbedded = !EmbeddedBlob(handle).IsNil,
        };
        documents.Add(row, made);
        return made;
    }

    private SourceContent? EmbeddedContent(DocumentHandle handle)
    {
        int row = MetadataTokens.GetRowNumber(handle);
        if (!_embedded.TryGetValue(row, out SourceContent? content))
            _embedded[row] = content = ReadEmbedded(pdb.GetBlobReader(EmbeddedBlob(handle)));
        return content;
    }

    /// <summary>An int32 of zero and the text, or the text's length and the deflated text.</summary>
    private static unsafe SourceContent? ReadEmbedded(BlobReader blob)
    {
        int size = blob.ReadInt32();
        if (size > SymbolLimits.SourceBytes || blob.RemainingBytes > SymbolLimits.SourceBytes)
            return null;
        if (size <= 0)
            return size == 0 ? new SourceContent(blob.ReadBytes(blob.RemainingBytes)) : null;
        using var deflated = new UnmanagedMemoryStream(blob.CurrentPointer, blob.RemainingBytes);
        byte[]? bytes = Inflate.Read(deflated, size);
        return bytes is null ? null : new SourceContent(bytes);
    }

    private BlobHandle EmbeddedBlob(DocumentHandle handle)
    {
        int count = 0;
        foreach (CustomDebugInformationHandle information in pdb.GetCustomDebugInformation(handle))
        {
            if (++count > SymbolLimits.CustomAttributes)
                break;
            CustomDebugInformation value = pdb.GetCustomDebugInformation(information);
            if (pdb.GetGuid(value.Kind) == EmbeddedSource)
                return value.Value;
        }
        return default;
    }
}
