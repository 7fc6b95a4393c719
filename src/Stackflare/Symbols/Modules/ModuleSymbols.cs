using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using Stackflare.Snapshots;
using Stackflare.Symbols.IL;
using Stackflare.Symbols.Names;
using Stackflare.Symbols.Pdb;
using Stackflare.Symbols.Saved;

namespace Stackflare.Symbols.Modules;

/// <summary>
/// A module of one snapshot during one resolve. Opens the assembly and its PDB when something is asked that is not remembered,
/// and holds them until disposed.
/// </summary>
internal sealed class ModuleSymbols : IDisposable
{
    private const int TokenTypeMask = unchecked((int)0xFF000000), MethodDef = 0x06000000, TypeDef = 0x02000000;

    private readonly SnapshotModule _module;
    private readonly ModuleCacheEntry _memory;
    private readonly SymbolOptions _options;
    private readonly BundleFile _bundle;
    private readonly SymbolFolders _folders;
    private readonly SavedModule? _saved;
    private readonly string? _path;
    private readonly string _fileName;
    private ModuleImage? _image;
    private PdbFile? _pdb;
    private PdbLines? _lines;
    private MethodNames? _names;
    private LockScopes? _lockStatements;
    private AsyncMetadata? _async;
    private SuspensionCalls? _calls;
    private SymbolStatus _pdbFailure = SymbolStatus.NoPdb;
    private bool _openedImage, _openedPdb;

    public ModuleSymbols(SnapshotModule module, SymbolOptions options, SymbolCache cache, SavedModule? saved)
    {
        string? path = module.Path;
        _module = module;
        _memory = cache.EntryFor(module, saved?.Pdb);
        _options = options;
        _bundle = cache.Bundle;
        _folders = cache.Folders;
        _saved = saved;
        _path = path is not null && path.StartsWith('/') ? path : null;
        _memory.ForgetLinesIfPdbMayBeThere();

        _fileName = PdbSearch.FileName(path ?? "");
        string name = _fileName;
        if (name.Length == 0)
            name = (_memory.Name ??= ImageName()) ?? (IsDynamic ? "<dynamic>" : "<unknown>");
        Identity = new ModuleIdentity(name, IsDynamic ? null : _path, module.Mvid) { IsSigned = ModuleIdentity.HasNameOfPlatform(name) ? _memory.IsSigned ??= ReadIsSigned() : null };
        IsOwn = name == "Stackflare.dll";
    }

    public ModuleIdentity Identity { get; }

    /// <summary>Whether the module is this library.</summary>
    public bool IsOwn { get; }

    /// <summary>Whether Reflection.Emit made it, so that it has no image.</summary>
    public bool IsDynamic => _module.IsDynamic;

    /// <summary>What the module says of its PDB, without a PDB that it holds itself; null if that cannot be told.</summary>
    public PdbReference? PdbReference
    {
        get
        {
            try
            {
                return _memory.Pdb ??= Image?.ReadPdbReference() is { } read ? read with { Embedded = null } : _saved?.Pdb;
            }
            catch (Exception e) when (MalformedData.Is(e))
            {
                return null;
            }
        }
    }

    private bool? ReadIsSigned()
    {
        try
        {
            return Image is { Metadata: { IsAssembly: true } metadata } ? !metadata.GetAssemblyDefinition().PublicKey.IsNil : null;
        }
        catch (Exception e) when (MalformedData.Is(e))
        {
            return null;
        }
    }

    /// <summary>What is known of a method; null if the module cannot be read or has no such method.</summary>
    public MethodSymbol? Method(uint token)
    {
        // Whoever saved a name had the module. Only module and PDB together can tell it better: the PDB knows whose a state machine is.
        if (_saved is not null && _saved.Methods.TryGetValue(token, out MethodSymbol? saved) && (Image is null || Pdb is null))
            return saved;
        return ReadMethod(token) ?? _saved?.Methods.GetValueOrDefault(token);
    }

    private MethodSymbol? ReadMethod(uint token)
    {
        int key = (int)token;
        if (_memory.Methods.TryGetValue(key, out MethodSymbol? facts))
            return facts;
        if ((key & TokenTypeMask) != MethodDef || Image is not { } image)
            return null;
        try
        {
            var handle = (MethodDefinitionHandle)MetadataTokens.Handle(key);
            if (handle.IsNil || MetadataTokens.GetRowNumber(handle) > image.Metadata.MethodDefinitions.Count)
                return null;
            _names ??= new MethodNames(image.Metadata, Pdb?.Reader);
            facts = _names.Describe(handle);
        }
        catch (Exception e) when (MalformedData.Is(e))
        {
            return null;
        }
        _memory.Methods.Add(key, facts);
        _memory.Retained += 250 + 2 * (2 * facts.Name.FullName.Length + facts.Name.TypeParameters.Length + (facts.Name.Parameters?.Length ?? 0));
        return facts;
    }

    /// <summary>The place in the source of an IL offset.</summary>
    public PdbLine Line(uint token, int offset)
    {
        long key = (long)token << 32 | (uint)offset;
        if (_memory.Lines.TryGetValue(key, out PdbLine? facts))
            return facts;
        try
        {
            if (Pdb is not null)
            {
                _lines ??= new PdbLines(Pdb.Reader, _options);
                facts = _lines.Find((int)token, offset, _memory.Documents);
            }
        }
        catch (Exception e) when (MalformedData.Is(e))
        {
            // A PDB that is broken here tells nothing, which is what NoLine says.
            facts = new PdbLine(SymbolStatus.NoLine, null, 0, 0, null);
        }
        facts ??= new PdbLine(_pdbFailure, null, 0, 0, null);
        // Without the module nothing is settled: its file may be there the next time.
        if (_image is not null || _pdb is not null)
        {
            _memory.Lines.Add(key, facts);
            _memory.Retained += 120 + 2 * (facts.EmbeddedText?.Length ?? 0) + (facts.Document?.Path.Length ?? 0);
        }
        return facts;
    }

    /// <summary>What was found of the place when the snapshot was saved; null if nothing was, or it was not saved.</summary>
    public SavedLine? SavedLine(uint token, int offset) => _saved?.Lines.GetValueOrDefault((token, offset));

    /// <summary>How many lock statements are around a place; null if that cannot be told.</summary>
    public LockScopeCounts? LockScopesAround(uint token, int offset)
    {
        long key = (long)token << 32 | (uint)offset;
        if (_memory.LockScopes.TryGetValue(key, out LockScopeCounts count) || _saved?.LockScopes.TryGetValue((token, offset), out count) is true)
            return count;
        if ((token & TokenTypeMask) != MethodDef || Image is not { } image)
            return null;
        try
        {
            uint row = token & 0x00FFFFFF;
            if (row == 0 || row > image.Metadata.MethodDefinitions.Count)
                return null;
            _lockStatements ??= new LockScopes(image);
            count = _lockStatements.Around((int)token, offset);
        }
        catch (Exception e) when (MalformedData.Is(e))
        {
            return null;
        }
        _memory.LockScopes.Add(key, count);
        _memory.Retained += 40;
        return count;
    }

    /// <summary>What is known of a field; null if it cannot be told.</summary>
    public FieldSymbol? Field(uint token)
    {
        if (_saved is not null && _saved.Fields.TryGetValue(token, out FieldSymbol? facts))
            return facts;
        if (_memory.Fields.TryGetValue((int)token, out facts) || Async is not { } metadata)
            return facts;
        try
        {
            facts = metadata.Field((int)token);
        }
        catch (Exception e) when (MalformedData.Is(e))
        {
        }
        _memory.Fields.Add((int)token, facts);
        _memory.Retained += 120 + 2 * ((facts?.Name.Length ?? 0) + (facts?.Type?.Length ?? 0));
        return facts;
    }

    /// <summary>The token of the method that runs a state machine, by the type of the machine; null if it cannot be told.</summary>
    public uint? MoveNextOf(uint type)
    {
        if (_saved is not null && _saved.MoveNexts.TryGetValue(type, out uint saved))
            return saved;
        if (!_memory.MoveNexts.TryGetValue((int)type, out int? method) && Async is { } metadata)
        {
            try
            {
                method = metadata.MoveNextOf((int)type);
            }
            catch (Exception e) when (MalformedData.Is(e))
            {
            }
            _memory.MoveNexts.Add((int)type, method);
            _memory.Retained += 40;
        }
        return (uint?)method;
    }

    /// <summary>The IL offset at which an async method waits in a state; null if it cannot be told.</summary>
    /// <param name="moveNext">The token of the method that runs its state machine.</param>
    /// <param name="state">The state, from 0.</param>
    public int? AwaitOffset(uint moveNext, int state)
    {
        if (!_memory.Awaits.TryGetValue((int)moveNext, out Dictionary<int, int>? offsets) && Async is { } metadata)
        {
            try
            {
                offsets = metadata.Awaits((int)moveNext, Pdb?.Reader);
            }
            catch (Exception e) when (MalformedData.Is(e))
            {
                offsets = [];
            }
            _memory.Awaits.Add((int)moveNext, offsets);
            _memory.Retained += 100 + (24 * offsets.Count);
        }
        return offsets is not null && offsets.TryGetValue(state, out int offset) ? offset
            : _saved is not null && _saved.Awaits.TryGetValue((moveNext, state), out offset) ? offset
            : null;
    }

    /// <summary>The IL between the sequence points around an offset, those that are hidden too; null where there is no PDB.</summary>
    public (int Start, int End)? StatementAround(uint token, int offset)
    {
        try
        {
            return Pdb is null ? null : (_lines ??= new PdbLines(Pdb.Reader, _options)).StatementAround((int)token, offset);
        }
        catch (Exception e) when (MalformedData.Is(e))
        {
            return null;
        }
    }

    /// <summary>The full name of a type without its arguments; null if it cannot be told.</summary>
    public string? TypeName(uint token)
    {
        if (_saved is not null && _saved.Types.TryGetValue(token, out string? name))
            return name;
        int key = (int)token;
        if (_memory.Types.TryGetValue(key, out name))
            return name;
        if ((key & TokenTypeMask) != TypeDef || Image is not { } image)
            return null;
        try
        {
            var handle = (TypeDefinitionHandle)MetadataTokens.Handle(key);
            if (handle.IsNil || MetadataTokens.GetRowNumber(handle) > image.Metadata.TypeDefinitions.Count)
                return null;
            name = image.Metadata.FullTypeName(handle);
        }
        catch (Exception e) when (MalformedData.Is(e))
        {
            return null;
        }
        _memory.Types.Add(key, name);
        _memory.Retained += 80 + 2 * name.Length;
        return name;
    }

    public void Dispose()
    {
        _pdb?.Dispose();
        _image?.Dispose();
    }

    private ModuleImage? Image
    {
        get
        {
            if (!_openedImage)
            {
                _openedImage = true;
                _image = OpenImage();
            }
            return _image;
        }
    }

    /// <summary>The awaits of its methods without state machines; null if it cannot be read.</summary>
    public SuspensionCalls? Suspensions => _calls ??= Image is { } image ? new SuspensionCalls(image) : null;

    private AsyncMetadata? Async => _async ??= Image is { } image ? new AsyncMetadata(image) : null;

    private PdbFile? Pdb
    {
        get
        {
            if (!_openedPdb)
            {
                _openedPdb = true;
                var search = new PdbSearch(_options, _bundle, _folders);
                _pdb = search.Find(Image, _saved?.Pdb, _path, _module.Symbols);
                if (_pdb is null)
                {
                    _pdbFailure = search.Failure;
                    if (_image is not null)
                        _memory.PdbMissing = search.Watched;
                }
            }
            return _pdb;
        }
    }

    /// <summary>
    /// The copy in the snapshot is what runs. A file is only what runs if it has the same version id: it may have been replaced since.
    /// </summary>
    private ModuleImage? OpenImage()
    {
        if (IsDynamic)
            return null;
        if (!_module.Image.IsEmpty && ModuleImage.FromMemory(_module.Image, _module.IsImageMapped, _module.Mvid) is { } copied)
            return copied;
        if (_module.Mvid is not { } mvid)
            return null;
        ModuleImage? file = _path is null ? null : ModuleImage.FromFile(_options.RootPrefix + _path, mvid);
        return file ?? FromDirectories(mvid) ?? FromBundle(mvid);
    }

    private ModuleImage? FromDirectories(Guid mvid)
    {
        if (_fileName.Length == 0)
            return null;
        return _folders.Find(_fileName).Select(path => ModuleImage.FromFile(path, mvid)).FirstOrDefault(image => image is not null);
    }

    private ModuleImage? FromBundle(Guid mvid)
    {
        if (_fileName.Length == 0)
            return null;
        foreach (BundleEntry entry in _bundle.Find(_fileName))
        {
            if (_bundle.Open(entry, int.MaxValue) is { } stream && ModuleImage.FromStream(stream, mvid) is { } image)
                return image;
        }
        return null;
    }

    private string? ImageName()
    {
        try
        {
            return Image is { Metadata: var metadata } ? metadata.Text(metadata.GetModuleDefinition().Name) : null;
        }
        catch (Exception e) when (MalformedData.Is(e))
        {
            return null;
        }
    }
}
