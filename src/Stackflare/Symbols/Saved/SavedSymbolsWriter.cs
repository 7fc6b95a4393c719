using System.Runtime.InteropServices;
using Stackflare.Snapshots.Format;
using Stackflare.Symbols.IL;
using Stackflare.Symbols.Names;
using Stackflare.Symbols.Pdb;

namespace Stackflare.Symbols.Saved;

/// <summary>
/// Makes sections of symbols. Each item is added once. Items that are longer than a reader accepts, or exceed the total limit
/// (<see cref="SymbolLimits.SavedBytes"/>), are left out and are then unknown.
/// </summary>
internal sealed class SavedSymbolsWriter
{
    private readonly List<SavedPdbRecord> _pdbs = [];
    private readonly List<SavedMethodRecord> _methods = [];
    private readonly List<SavedTypeRecord> _types = [];
    private readonly List<SavedDocumentRecord> _documents = [];
    private readonly List<SavedLineRecord> _lines = [];
    private readonly List<SavedLockScopesRecord> _lockStatements = [];
    private readonly List<SavedFieldRecord> _fields = [];
    private readonly List<SavedAwaitRecord> _awaits = [];
    private readonly List<SavedPlaceRecord> _places = [];
    private readonly BlobWriter _blob = new(alignment: 1);
    private readonly Dictionary<(string Path, string Hash), uint> _known = [];

    public void Pdb(uint module, PdbReference reference)
    {
        if (reference is not { Id: { } id, Path: { } path } || !Fits(path))
            return;
        var record = new SavedPdbRecord { Id = id.Guid, Stamp = id.Stamp, Module = module };
        (record.PathOffset, record.PathLength) = _blob.Add(path);
        _pdbs.Add(record);
    }

    public void Method(uint module, uint token, MethodSymbol facts)
    {
        MethodName name = facts.Name;
        if (!Fits(name.DeclaringType, name.Name, name.TypeParameters, name.Parameters))
            return;
        var record = new SavedMethodRecord { Module = module, Token = token, Flags = facts.IsHidden ? SavedMethodFlags.Hidden : 0 };
        (record.TypeOffset, record.TypeLength) = _blob.Add(name.DeclaringType);
        (record.NameOffset, record.NameLength) = _blob.Add(name.Name);
        (record.TypeParametersOffset, record.TypeParametersLength) = _blob.Add(name.TypeParameters);
        (record.ParametersOffset, record.ParametersLength) = _blob.Add(name.Parameters);
        _methods.Add(record);
    }

    public void Type(uint module, uint token, string name)
    {
        if (!Fits(name))
            return;
        var record = new SavedTypeRecord { Module = module, Token = token };
        (record.NameOffset, record.NameLength) = _blob.Add(name);
        _types.Add(record);
    }

    public void Line(uint module, uint token, int offset, in FoundLine line)
    {
        // Without a PDB there is no line, and a reader assumes that for missing items.
        if (line.Status is not (SymbolStatus.Found or SymbolStatus.NoLine or SymbolStatus.PdbMismatch)
            || !Fits(line.Source?.Path, line.Source?.Text))
        {
            return;
        }
        var record = new SavedLineRecord
        {
            Module = module,
            Token = token,
            ILOffset = (uint)offset,
            Status = (uint)line.Status,
            Document = line.Document is { } document ? Document(document) : SnapshotConstants.None,
            Line = (uint)(line.Source?.Line ?? 0),
            Column = (uint)(line.Source?.Column ?? 0),
            TextOrigin = (uint)(line.Source?.TextOrigin ?? SourceTextOrigin.NotRequested),
        };
        (record.TextOffset, record.TextLength) = _blob.Add(line.Source?.Text);
        _lines.Add(record);
    }

    public void LockScopes(uint module, uint token, int offset, LockScopeCounts count) => _lockStatements.Add(new SavedLockScopesRecord
    {
        Module = module,
        Token = token,
        ILOffset = (uint)offset,
        Exclusive = (ushort)Math.Min(count.Exclusive, ushort.MaxValue),
        ReaderWriter = (ushort)Math.Min(count.ReaderWriter, ushort.MaxValue),
        WaitsForever = count.WaitsForever ? 1u : 0,
    });

    public void Field(uint module, uint token, FieldSymbol facts)
    {
        if (!Fits(facts.Name, facts.Type))
            return;
        var record = new SavedFieldRecord { Module = module, Token = token };
        (record.NameOffset, record.NameLength) = _blob.Add(facts.Name);
        (record.TypeOffset, record.TypeLength) = _blob.Add(facts.Type);
        _fields.Add(record);
    }

    public void Await(uint module, uint type, uint moveNext, int state, int? offset) => _awaits.Add(new SavedAwaitRecord
    {
        Module = module,
        Type = type,
        MoveNext = moveNext,
        State = state,
        ILOffset = (uint?)offset ?? SnapshotConstants.None,
    });

    public void Place(uint frame, SavedPlace place)
    {
        if (!Fits(place.Awaiter))
            return;
        var record = new SavedPlaceRecord
        {
            Frame = frame,
            ILOffset = (uint?)place.ILOffset ?? SnapshotConstants.None,
            Flags = (place.IsPassedThrough ? SavedPlaceFlags.PassedThrough : 0) | (place.IsApproximate ? SavedPlaceFlags.Approximate : 0),
        };
        (record.AwaiterOffset, record.AwaiterLength) = _blob.Add(place.Awaiter);
        _places.Add(record);
    }

    /// <summary>The added items, in the order of the file.</summary>
    public FileSection[] Sections() =>
    [
        Section(HostSectionNumbers.PdbsSection, _pdbs),
        Section(HostSectionNumbers.MethodsSection, _methods),
        Section(HostSectionNumbers.TypesSection, _types),
        Section(HostSectionNumbers.DocumentsSection, _documents),
        Section(HostSectionNumbers.LinesSection, _lines),
        FileSection.Of<byte>(HostSectionNumbers.SymbolsBlobSection, _blob.ToArray()),
        Section(HostSectionNumbers.LockScopesSection, _lockStatements),
        Section(HostSectionNumbers.FieldsSection, _fields),
        Section(HostSectionNumbers.AwaitsSection, _awaits),
        Section(HostSectionNumbers.PlacesSection, _places),
    ];

    private static FileSection Section<T>(SectionKind kind, List<T> records)
        where T : unmanaged =>
        FileSection.Of<T>(kind, CollectionsMarshal.AsSpan(records));

    private uint Document(SourceDocument document)
    {
        // By content, because the same source file in two PDBs is one document.
        (string, string) key = (document.Path, document.Hash is null ? "" : Convert.ToHexString(document.Hash));
        if (_known.TryGetValue(key, out uint index))
            return index;
        var record = new SavedDocumentRecord { HashOffset = SnapshotConstants.None };
        (record.PathOffset, record.PathLength) = _blob.Add(document.Path);
        if (document.Hash is { } hash)
            (record.HashOffset, record.HashLength) = _blob.Add(hash);
        _documents.Add(record);
        return _known[key] = (uint)_documents.Count - 1;
    }

    private bool Fits(params ReadOnlySpan<string?> texts)
    {
        long total = _blob.Count;
        foreach (string? text in texts)
        {
            int bytes = sizeof(char) * (text?.Length ?? 0);
            if (bytes > SnapshotConstants.LongestText)
                return false;
            total += bytes;
        }
        return total <= SymbolLimits.SavedBytes;
    }
}
