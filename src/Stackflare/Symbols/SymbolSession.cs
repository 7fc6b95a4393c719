using Stackflare.Capture;

namespace Stackflare.Symbols;

/// <summary>One resolve of one snapshot: what is open meanwhile, and what is only of use within it.</summary>
internal sealed class SymbolSession : IDisposable
{
    private readonly RawSnapshot _snapshot;
    private readonly SymbolOptions _options;
    private readonly SymbolCache _cache;
    private readonly SnapshotModule?[] _modules;
    private readonly string[]?[] _typeArguments;

    /// <summary>By function: a long name is to be made once, however many frames use it.</summary>
    private readonly MethodFacts?[] _bare;
    private readonly SourceFiles _sources;

    public SymbolSession(RawSnapshot snapshot, SymbolOptions options, SymbolCache cache)
    {
        _snapshot = snapshot;
        _options = options;
        _cache = cache;
        _modules = new SnapshotModule?[snapshot.Modules.Length];
        _typeArguments = new string[]?[snapshot.Functions.Length];
        _bare = new MethodFacts?[snapshot.Functions.Length];
        _sources = new SourceFiles(options.RootPrefix, cache.NextSession());
        Types = new SnapshotTypes(snapshot, Module);
    }

    public SnapshotTypes Types { get; }

    public DumpFrame Resolve(in FrameRecord frame)
    {
        if ((frame.Flags & FrameFlags.Native) != 0 || frame.Function == SnapshotLayout.None)
        {
            return new DumpFrame
            {
                Kind = FrameKind.Native,
                Method = BareNames.Native,
                Symbols = SymbolStatus.NotApplicable,
                IsHidden = true,
            };
        }
        ref readonly FunctionRecord function = ref _snapshot.Functions[frame.Function];
        if ((function.Flags & FunctionFlags.Dynamic) != 0)
        {
            MethodFacts dynamic = _bare[frame.Function] ??= BareNames.Dynamic(_snapshot, function);
            return new DumpFrame
            {
                Kind = FrameKind.Dynamic,
                Method = dynamic.Name,
                Symbols = SymbolStatus.NotApplicable,
                Address = new CodeAddress(frame.Address),
                IsHidden = dynamic.IsHidden,
            };
        }
        SnapshotModule? module = function.Module == SnapshotLayout.None ? null : Module(function.Module);
        MethodFacts? facts = module?.Method(function.Token) ?? (_bare[frame.Function] ??= BareNames.Named(_snapshot, function));
        int? offset = OffsetOf(frame);
        SymbolStatus status = Locate(module, function.Token, offset, out SourceLocation? source);
        return new DumpFrame
        {
            Kind = FrameKind.Managed,
            Method = facts?.Name ?? BareNames.Token(module?.Identity.Name, function.Token),
            Source = source,
            Symbols = status,
            Module = module?.Identity,
            MetadataToken = (int)function.Token,
            ILOffset = offset,
            Address = new CodeAddress(frame.Address),
            TypeArguments = _typeArguments[frame.Function] ??= Types.Arguments(function),
            IsHidden = facts is { IsHidden: true } || module is { IsOwn: true },
        };
    }

    public void Dispose()
    {
        foreach (SnapshotModule? module in _modules)
            module?.Dispose();
        _cache.Close(_sources.Retained);
    }

    /// <summary>Null also for an offset into IL that a profiler rewrote: the PDB knows nothing of that IL, so any line would be a lie.</summary>
    private static int? OffsetOf(in FrameRecord frame) =>
        frame.ILOffset < 0 || (frame.Flags & (FrameFlags.OffsetLost | FrameFlags.ReJit)) != 0 ? null : frame.ILOffset;

    private SymbolStatus Locate(SnapshotModule? module, uint token, int? offset, out SourceLocation? source)
    {
        source = null;
        if (module is null)
            return SymbolStatus.NoPdb;
        if (module.IsDynamic)
            return SymbolStatus.NotApplicable;
        if (offset is null)
            return SymbolStatus.NoOffset;
        LineFacts facts = module.Line(token, offset.Value);
        if (facts.Document is not { } document)
            return facts.Status;
        string? text = facts.EmbeddedText;
        SourceTextOrigin origin = !_options.SourceText ? SourceTextOrigin.NotRequested
            : text is not null ? SourceTextOrigin.Embedded
            : _sources.Line(document, facts.Line, out text);
        source = new SourceLocation(document.Path, facts.Line, facts.Column, text, origin);
        return SymbolStatus.Found;
    }

    private SnapshotModule Module(uint index)
    {
        if (_modules[index] is { } known)
            return known;
        ref readonly ModuleRecord record = ref _snapshot.Modules[index];
        string? path = _snapshot.Text(record.PathOffset, record.PathLength);
        return _modules[index] = new SnapshotModule(_snapshot, record, path, _cache.MemoryOf(record, path), _options, _cache.Bundle);
    }
}
