using Stackflare.Snapshots;
using Stackflare.Symbols.IL;
using Stackflare.Symbols.IL.Calls;
using Stackflare.Symbols.Pdb;
using Stackflare.Symbols.Saved;

namespace Stackflare.Symbols.Modules;

/// <summary>
/// A module of one snapshot during one resolve: its identity, and the sources of answers about it. Files are opened for questions
/// without a cached answer, and stay open until this is disposed.
/// </summary>
internal sealed class ModuleSymbols : IDisposable
{
    private readonly SnapshotModule _module;
    private readonly SavedModule? _saved;
    private readonly ModuleFiles _files;
    private readonly CachedSymbols _live;
    private IModuleSymbols? _answers;
    private SuspensionCalls? _suspensions;
    private MethodCalls? _calls;

    public ModuleSymbols(SnapshotModule module, SymbolOptions options, SymbolCache cache, SavedModule? saved)
    {
        ModuleCacheEntry entry = cache.EntryFor(module, saved?.PdbReference);
        entry.ForgetLinesIfPdbMayBeThere();
        _module = module;
        _saved = saved;
        _files = new ModuleFiles(module, saved?.PdbReference, options, cache, entry);
        _live = new CachedSymbols(_files, new MetadataSymbols(_files, options), entry);

        string name = _files.FileName;
        if (name.Length == 0)
            name = _live.Name ?? (IsDynamic ? "<dynamic>" : "<unknown>");
        Identity = new ModuleIdentity(name, IsDynamic ? null : _files.Path, module.Mvid) { IsSigned = ModuleIdentity.HasNameOfPlatform(name) ? _live.IsSigned : null };
        IsOwn = name == "Stackflare.dll";
    }

    public ModuleIdentity Identity { get; }

    /// <summary>Whether the module is this library.</summary>
    public bool IsOwn { get; }

    /// <summary>Whether it was made by Reflection.Emit, so that it has no image.</summary>
    public bool IsDynamic => _module.IsDynamic;

    /// <summary>
    /// Answers about the module. If both the assembly and its PDB can be opened, they are asked first: only together they contain the method
    /// from which a state machine was compiled. Otherwise, the saved symbols are asked first. The other source fills the gaps.
    /// </summary>
    public IModuleSymbols Symbols => _answers ??=
        _saved is null ? _live
        : _files is { Image: not null, Pdb: not null } ? new FallbackSymbols(_live, _saved)
        : new FallbackSymbols(_saved, _live);

    /// <summary>The line of an IL offset in the current PDB, or the reason why there is none.</summary>
    public PdbLine Line(uint token, int offset) => _live.Line(token, offset);

    /// <summary>The line of an IL offset that was saved with the snapshot; null if there is none.</summary>
    public SavedLine? SavedLine(uint token, int offset) => _saved?.Lines.GetValueOrDefault((token, offset));

    /// <summary>The IL between the sequence points around an offset, including hidden ones; null without a PDB.</summary>
    public (int Start, int End)? StatementAround(uint token, int offset) => _live.StatementAround(token, offset);

    /// <summary>The awaits of the module's runtime-async methods; null if the assembly cannot be read.</summary>
    public SuspensionCalls? Suspensions => _suspensions ??= _files.Image is { } image ? new SuspensionCalls(image) : null;

    /// <summary>Which methods the module's methods call; null if the assembly cannot be read.</summary>
    public MethodCalls? Calls => _calls ??= _files.Image is { } image ? new MethodCalls(image) : null;

    /// <summary>The statements of a method, in the order of their IL; empty without a PDB.</summary>
    public PdbStatement[] Statements(uint token) => _live.Statements(token);

    /// <summary>The place of a caller, from an earlier dump or from <paramref name="find"/>.</summary>
    public CallerPlace Caller(in CallerQuestion question, Func<CallerPlace> find) => _live.Caller(question, find);

    public void Dispose() => _files.Dispose();
}
