using System.Reflection.Metadata;
using Stackflare.Snapshots;
using Stackflare.Snapshots.Format;
using Stackflare.Symbols.Names;
using Stackflare.Symbols.Pdb;

namespace Stackflare.Symbols.Saved;

/// <summary>
/// The symbols that were saved with a snapshot, on the machine with its modules: names, lines and texts, and ids of PDBs. With
/// them, the snapshot can be shown on another machine, or with PDBs only. They are as trustworthy as the file: its author also wrote
/// the frames. Belongs to one symbolicator, which caches the state of source files in it.
/// </summary>
internal sealed class SavedSymbols
{
    private readonly SavedModule?[] _modules;
    private readonly ReadOnlyMemory<byte> _blob;

    /// <summary>Texts must not overlap, as in the rest of a snapshot: a small file must not become a large dump.</summary>
    private long _total;

    private SavedSymbols(SnapshotDirectory directory, int modules, int frames)
    {
        _modules = new SavedModule?[modules];
        _blob = directory.Blob(HostSectionNumbers.SymbolsBlobSection);
        foreach (ref readonly SavedPdbRecord pdb in directory.Records<SavedPdbRecord>(HostSectionNumbers.PdbsSection).AsSpan())
            Add(pdb);
        foreach (ref readonly SavedMethodRecord method in directory.Records<SavedMethodRecord>(HostSectionNumbers.MethodsSection).AsSpan())
            Add(method);
        foreach (ref readonly SavedTypeRecord type in directory.Records<SavedTypeRecord>(HostSectionNumbers.TypesSection).AsSpan())
            Once(ModuleAt(type.Module).Types.TryAdd(type.Token, Required(type.NameOffset, type.NameLength, "a type's name")), "type");
        SourceDocument[] documents = Documents(directory.Records<SavedDocumentRecord>(HostSectionNumbers.DocumentsSection));
        foreach (ref readonly SavedLineRecord line in directory.Records<SavedLineRecord>(HostSectionNumbers.LinesSection).AsSpan())
            Add(line, documents);
        foreach (ref readonly SavedLockScopesRecord place in directory.Records<SavedLockScopesRecord>(HostSectionNumbers.LockScopesSection).AsSpan())
            Add(place);
        foreach (ref readonly SavedFieldRecord field in directory.Records<SavedFieldRecord>(HostSectionNumbers.FieldsSection).AsSpan())
            Add(field);
        foreach (ref readonly SavedAwaitRecord await in directory.Records<SavedAwaitRecord>(HostSectionNumbers.AwaitsSection).AsSpan())
            Add(await);
        foreach (ref readonly SavedPlaceRecord place in directory.Records<SavedPlaceRecord>(HostSectionNumbers.PlacesSection).AsSpan())
            Add(place, frames);
    }

    /// <summary>The places of methods, by the index of the frame.</summary>
    public Dictionary<int, SavedPlace> Places { get; } = [];

    /// <summary>Reads the sections of a file. The bytes may come from an untrusted source. A file without these sections has no symbols.</summary>
    /// <param name="snapshot">The snapshot in the file.</param>
    /// <param name="directory">The sections of the file.</param>
    /// <exception cref="SnapshotFormatException">The sections are damaged.</exception>
    public static SavedSymbols Decode(Snapshot snapshot, SnapshotDirectory directory) => new(directory, snapshot.Modules.Length, snapshot.Frames.Length);

    /// <summary>The saved symbols of a module; null if there are none.</summary>
    public SavedModule? Module(int index) => _modules[index];

    private void Add(in SavedPdbRecord pdb)
    {
        SavedModule module = ModuleAt(pdb.Module);
        Once(module.PdbReference is null, "PDB");
        module.PdbReference = new PdbReference(new BlobContentId(pdb.Id, pdb.Stamp), Required(pdb.PathOffset, pdb.PathLength, "a PDB's path"), Embedded: null);
    }

    private void Add(in SavedMethodRecord method)
    {
        var name = new MethodName(
            Required(method.TypeOffset, method.TypeLength, "a method's type"),
            Required(method.NameOffset, method.NameLength, "a method's name"),
            Required(method.TypeParametersOffset, method.TypeParametersLength, "a method's type parameters"),
            Text(method.ParametersOffset, method.ParametersLength, "a method's parameters"));
        var facts = new MethodSymbol(name, (method.Flags & SavedMethodFlags.Hidden) != 0);
        Once(ModuleAt(method.Module).Methods.TryAdd(method.Token, facts), "method");
    }

    private SourceDocument[] Documents(SavedDocumentRecord[] records)
    {
        var documents = new SourceDocument[records.Length];
        for (int i = 0; i < documents.Length; i++)
        {
            ref readonly SavedDocumentRecord record = ref records[i];
            SnapshotReader.Bytes(record.HashOffset, record.HashLength, _blob.Length, "a checksum", ref _total);
            byte[]? hash = null;
            if (record.HashOffset != SnapshotConstants.None)
            {
                if (record.HashLength is not (SourceHash.Sha256Bytes or SourceHash.Sha1Bytes))
                    throw new SnapshotFormatException($"a checksum has {record.HashLength} bytes");
                hash = _blob.Slice((int)record.HashOffset, (int)record.HashLength).ToArray();
            }
            documents[i] = new SourceDocument { Path = Required(record.PathOffset, record.PathLength, "a source file's path"), Hash = hash };
        }
        return documents;
    }

    private void Add(in SavedLineRecord line, SourceDocument[] documents)
    {
        var status = (SymbolStatus)line.Status;
        string? text = Text(line.TextOffset, line.TextLength, "a line's text");
        var origin = (SourceTextOrigin)line.TextOrigin;
        SourceDocument? document = null;
        if (status == SymbolStatus.Found)
        {
            if (line.Document >= (uint)documents.Length)
                throw new SnapshotFormatException("a line's source file is not there");
            if ((int)line.Line < 0 || (int)line.Column < 0)
                throw new SnapshotFormatException($"{line.Line}:{line.Column} is no place in a source file");
            document = documents[line.Document];
        }
        else if (status is not (SymbolStatus.NoLine or SymbolStatus.PdbMismatch))
        {
            throw new SnapshotFormatException($"a line has the status {line.Status}");
        }
        // Only these two mean that the text was confirmed.
        bool isProved = origin is SourceTextOrigin.Embedded or SourceTextOrigin.File;
        if (!Enum.IsDefined(origin) || isProved != text is not null || (isProved && document is null))
            throw new SnapshotFormatException($"a line's text is of the origin {line.TextOrigin}");
        int offset = Offset(line.ILOffset);
        var facts = new PdbLine(status, document, (int)line.Line, (int)line.Column, EmbeddedText: null);
        Once(ModuleAt(line.Module).Lines.TryAdd((line.Token, offset), new SavedLine(facts, text, origin)), "line");
    }

    private void Add(in SavedLockScopesRecord place)
    {
        int offset = Offset(place.ILOffset);
        Once(ModuleAt(place.Module).LockScopes.TryAdd((place.Token, offset), new(place.Exclusive, place.ReaderWriter, place.WaitsForever != 0)), "place");
    }

    private void Add(in SavedFieldRecord field)
    {
        var facts = new FieldSymbol(Required(field.NameOffset, field.NameLength, "a field's name"), Text(field.TypeOffset, field.TypeLength, "a field's type"));
        Once(ModuleAt(field.Module).Fields.TryAdd(field.Token, facts), "field");
    }

    private void Add(in SavedAwaitRecord await)
    {
        SavedModule module = ModuleAt(await.Module);
        // Once for each place where the method waits.
        if (!module.MoveNexts.TryAdd(await.Type, await.MoveNext) && module.MoveNexts[await.Type] != await.MoveNext)
            throw new SnapshotFormatException("a state machine is two methods");
        if (await.ILOffset != SnapshotConstants.None)
            Once(module.Awaits.TryAdd((await.MoveNext, await.State), Offset(await.ILOffset)), "place");
    }

    private void Add(in SavedPlaceRecord place, int frames)
    {
        if (place.Frame >= (uint)frames)
            throw new SnapshotFormatException("the frame of a place is not there");
        int? offset = place.ILOffset == SnapshotConstants.None ? null : Offset(place.ILOffset);
        string? awaiter = Text(place.AwaiterOffset, place.AwaiterLength, "an awaiter's type");
        bool isPassedThrough = place.Flags.HasFlag(SavedPlaceFlags.PassedThrough), isApproximate = place.Flags.HasFlag(SavedPlaceFlags.Approximate);
        Once(Places.TryAdd((int)place.Frame, new SavedPlace(offset, awaiter, isPassedThrough, isApproximate)), "place");
    }

    private static int Offset(uint offset) => (int)offset >= 0 ? (int)offset : throw new SnapshotFormatException($"{offset} is no offset");

    private SavedModule ModuleAt(uint index) => index < (uint)_modules.Length
        ? _modules[index] ??= new SavedModule()
        : throw new SnapshotFormatException("a module of the saved symbols is not there");

    private static void Once(bool isNew, string what)
    {
        if (!isNew)
            throw new SnapshotFormatException($"a {what} is there twice");
    }

    private string? Text(uint offset, uint length, string what)
    {
        SnapshotReader.Text(offset, length, _blob.Length, what, ref _total);
        return offset == SnapshotConstants.None ? null : SnapshotConstants.Text(_blob, offset, length);
    }

    private string Required(uint offset, uint length, string what) =>
        Text(offset, length, what) ?? throw new SnapshotFormatException($"{what} is not there");
}
