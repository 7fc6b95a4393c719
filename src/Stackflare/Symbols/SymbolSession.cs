using Stackflare.Snapshots;
using Stackflare.Symbols.IL;
using Stackflare.Symbols.Modules;
using Stackflare.Symbols.Names;
using Stackflare.Symbols.Pdb;
using Stackflare.Symbols.Saved;

namespace Stackflare.Symbols;

/// <summary>One resolve of one snapshot, with its open files and temporary data.</summary>
internal sealed class SymbolSession : IDisposable
{
    private readonly Snapshot _snapshot;
    private readonly SymbolOptions _options;
    private readonly SymbolCache _cache;
    private readonly ModuleSymbols?[] _modules;
    private readonly string[]?[] _typeArguments;

    /// <summary>By function: a long name is made only once, however many frames use it.</summary>
    private readonly MethodSymbol?[] _bare;
    private readonly SourceFiles _sources;
    private readonly SavedSymbols? _saved;
    private readonly SuspendedPlaces _suspended;
    private readonly CallerPlaces _callers;

    public SymbolSession(Snapshot snapshot, SymbolOptions options, SymbolCache cache, SavedSymbols? saved)
    {
        _snapshot = snapshot;
        _options = options;
        _cache = cache;
        _saved = saved;
        _modules = new ModuleSymbols?[snapshot.Modules.Length];
        _typeArguments = new string[]?[snapshot.Methods.Length];
        _bare = new MethodSymbol?[snapshot.Methods.Length];
        _sources = new SourceFiles(options.RootPrefix, cache.NextSession());
        Types = new SnapshotTypes(snapshot, Module);
        _suspended = new SuspendedPlaces(snapshot, saved);
        _callers = new CallerPlaces(snapshot, saved, Module);
    }

    public SnapshotTypes Types { get; }

    /// <summary>Resolves all frames: the result has one for each of <see cref="Snapshot.Frames"/>, at the same index.</summary>
    public DumpFrame[] ResolveAll()
    {
        var frames = new DumpFrame[_snapshot.Frames.Length];
        for (int i = 0; i < frames.Length; i++)
            frames[i] = Resolve(_snapshot.Frames[i]);
        return frames;
    }

    private DumpFrame Resolve(in SnapshotFrame frame)
    {
        if (frame.Method is not { } index)
        {
            return new DumpFrame
            {
                Kind = FrameKind.Native,
                Method = FallbackNames.Native,
                Symbols = SymbolStatus.NotApplicable,
                IsHidden = true,
            };
        }
        SnapshotMethod method = _snapshot.Methods[index];
        if (method.IsNative)
        {
            return new DumpFrame
            {
                Kind = FrameKind.Native,
                Method = new MethodName("", method.Name ?? FallbackNames.Native.Name, "", null),
                Symbols = SymbolStatus.NotApplicable,
                Address = new CodeAddress(frame.Address),
            };
        }
        if (method.IsDynamic)
        {
            MethodSymbol dynamic = _bare[index] ??= FallbackNames.Dynamic(method);
            return new DumpFrame
            {
                Kind = FrameKind.Dynamic,
                Method = dynamic.Name,
                Symbols = SymbolStatus.NotApplicable,
                Address = new CodeAddress(frame.Address),
                IsHidden = dynamic.IsHidden,
            };
        }
        ModuleSymbols? module = Module(method.Module);
        MethodSymbol? facts = module?.Symbols.Method(method.Token) ?? (_bare[index] ??= FallbackNames.Named(method));
        if (frame.IsCall)
        {
            return new DumpFrame
            {
                Kind = FrameKind.PInvoke,
                Method = facts?.Name ?? FallbackNames.Token(module?.Identity.Name, method.Token),
                Symbols = SymbolStatus.NotApplicable,
                Module = module?.Identity,
                MetadataToken = (int)method.Token,
                Address = new CodeAddress(frame.Address),
                IsHidden = facts is { IsHidden: true } || module is { IsOwn: true },
            };
        }
        int? offset = ILOffsetOf(module, frame);
        FoundLine line = Locate(module, method.Token, offset);
        return new DumpFrame
        {
            Kind = frame.IsAwait ? FrameKind.Async : FrameKind.Managed,
            Method = facts?.Name ?? FallbackNames.Token(module?.Identity.Name, method.Token),
            Source = IsApproximate(frame) && line.Source is { } source ? source with { IsApproximate = true } : line.Source,
            Symbols = line.Status,
            Module = module?.Identity,
            MetadataToken = (int)method.Token,
            ILOffset = offset,
            Address = frame.IsAwait ? default : new CodeAddress(frame.Address),
            TypeArguments = _typeArguments[index] ??= Types.Arguments(method),
            IsHidden = facts is { IsHidden: true } || module is { IsOwn: true } || IsMachinery(module, facts)
                || (frame.IsAwait && (IsPlumbing(module, facts) || IsPassedThrough(frame))),
        };
    }

    /// <summary>The name of a method; null if it is not known, or if it is a stub of the runtime.</summary>
    public MethodName? NameOfMethod(int index)
    {
        SnapshotMethod method = _snapshot.Methods[index];
        if (method.IsDynamic)
            return FallbackNames.IsStub(method) ? null : FallbackNames.Dynamic(method).Name;
        return (Module(method.Module)?.Symbols.Method(method.Token) ?? FallbackNames.Named(method))?.Name;
    }

    /// <summary>The frame of an async method that the runtime has suspended.</summary>
    public DumpFrame SuspendedFrame(in SnapshotFrame frame) => Resolve(frame);

    /// <summary>The frame of an async method that waits.</summary>
    /// <param name="machine">The type of its state machine.</param>
    /// <param name="state">The number of the await where it waits, from 0; negative if it waits at none.</param>
    public DumpFrame AsyncFrame(SnapshotType machine, int state)
    {
        ModuleSymbols? module = Module(machine.Module);
        uint? method = module?.Symbols.MoveNextOf(machine.Token);
        MethodSymbol? facts = method is { } token ? module!.Symbols.Method(token) : null;
        int? offset = method is not null && state >= 0 ? module!.Symbols.AwaitOffset(method.Value, state) : null;
        FoundLine line = Locate(module, method ?? 0, offset);
        return new DumpFrame
        {
            Kind = FrameKind.Async,
            Method = facts?.Name ?? new MethodName(module?.Symbols.TypeName(machine.Token) ?? "", "MoveNext", "", null),
            Source = line.Source,
            Symbols = line.Status,
            Module = module?.Identity,
            MetadataToken = (int)(method ?? 0),
            ILOffset = offset,
            TypeArguments = Types.Arguments(machine),
            IsHidden = facts is { IsHidden: true } || module is { IsOwn: true },
        };
    }

    /// <summary>Whether the method is one that the runtime calls for an <c>await</c> and that then waits itself.</summary>
    private static bool IsPlumbing(ModuleSymbols? module, MethodSymbol? facts) =>
        module is { Identity.Name: "System.Private.CoreLib.dll" } && facts is { Name.DeclaringType: "System.Runtime.CompilerServices.AsyncHelpers" };

    /// <summary>Whether the method is the framework's part of starting or continuing a state machine.</summary>
    private static bool IsMachinery(ModuleSymbols? module, MethodSymbol? facts) =>
        module is { Identity.Name: "System.Private.CoreLib.dll" } && facts is not null && AsyncMachinery.Contains(facts.Name);

    public void Dispose()
    {
        foreach (ModuleSymbols? module in _modules)
            module?.Dispose();
        _cache.Close();
    }

    /// <summary>The IL offset of a frame, or of the await of a suspended method.</summary>
    public int? ILOffsetOf(ModuleSymbols? module, in SnapshotFrame frame) =>
        module is null ? frame.ILOffset
        : IsSuspended(frame) ? _suspended.ILOffsetOf(module, frame)
        : frame.IsAwait ? frame.ILOffset
        : _callers.Of(module, frame)?.ILOffset;

    /// <summary>Whether the place of a frame is only close to the place where the thread is.</summary>
    public bool IsApproximate(in SnapshotFrame frame) => !frame.IsAwait && ModuleOf(frame) is { } module && _callers.Of(module, frame) is { IsApproximate: true };

    /// <summary>Simple name of the type of the awaiter at which a suspended method waits; null if not known.</summary>
    public string? AwaiterAt(in SnapshotFrame frame) => SuspendedIn(frame) is { } module ? _suspended.AwaiterAt(module, frame) : null;

    /// <summary>
    /// Whether a suspended method awaits nothing and only passes on a task. The runtime may treat it like one that awaits, and keeps it in
    /// unoptimized code.
    /// </summary>
    public bool IsPassedThrough(in SnapshotFrame frame) => SuspendedIn(frame) is { } module && _suspended.IsPassedThrough(module, frame);

    private ModuleSymbols? SuspendedIn(in SnapshotFrame frame) => IsSuspended(frame) ? ModuleOf(frame) : null;

    private static bool IsSuspended(in SnapshotFrame frame) => frame is { IsAwait: true, IsRewritten: false };

    /// <summary>Number of lock statements around a frame's place; null if not known.</summary>
    public LockScopeCounts? LockScopesAround(in SnapshotFrame frame) => ModuleOf(frame) is { } module && ILOffsetOf(module, frame) is { } offset
        ? module.Symbols.LockScopesAround(_snapshot.Methods[frame.Method!.Value].Token, offset)
        : null;

    /// <summary>The module of a frame's method; null if there is none.</summary>
    public ModuleSymbols? ModuleOf(in SnapshotFrame frame) =>
        frame.Method is { } index && _snapshot.Methods[index] is { IsDynamic: false } method ? Module(method.Module) : null;

    /// <summary>The module with an index; null if there is none.</summary>
    public ModuleSymbols? Module(int? index) => index is { } at
        ? _modules[at] ??= new ModuleSymbols(_snapshot.Modules[at], _options, _cache, _saved?.Module(at))
        : null;

    /// <summary>The source location: from the PDB if there is one; if the saved symbols say more, from them.</summary>
    public FoundLine Locate(ModuleSymbols? module, uint token, int? offset)
    {
        if (module is null)
            return new FoundLine(SymbolStatus.NoPdb, null, null);
        if (module.IsDynamic)
            return new FoundLine(SymbolStatus.NotApplicable, null, null);
        if (offset is null)
            return new FoundLine(SymbolStatus.NoOffset, null, null);
        PdbLine facts = module.Line(token, offset.Value);
        SavedLine? saved = module.SavedLine(token, offset.Value);
        if (saved is not null && Tells(saved.Facts.Status) > Tells(facts.Status))
            facts = saved.Facts;
        if (facts.Document is not { } document)
            return new FoundLine(facts.Status, null, null);
        SourceTextOrigin origin = TextOf(facts, document, saved, out string? text);
        return new FoundLine(SymbolStatus.Found, document, new SourceLocation(document.Path, facts.Line, facts.Column, text, origin));
    }

    private SourceTextOrigin TextOf(PdbLine facts, SourceDocument document, SavedLine? saved, out string? text)
    {
        text = null;
        if (!_options.SourceText)
            return SourceTextOrigin.NotRequested;
        if (facts.EmbeddedText is not null)
        {
            text = facts.EmbeddedText;
            return SourceTextOrigin.Embedded;
        }
        SavedLine? known = saved is not null && saved.Origin != SourceTextOrigin.NotRequested && IsSame(saved.Facts, facts) ? saved : null;
        // The text of a saved line was confirmed when it was saved.
        bool isProved = known?.Text is not null && ReferenceEquals(known.Facts, facts);
        SourceTextOrigin origin = isProved ? known!.Origin : _sources.Line(document, facts.Line, out text);
        if (text is not null || known is null)
            return origin;
        text = known.Text;
        return known.Origin;
    }

    /// <summary>How informative a status is. A PDB of another build shows that the search used the wrong place.</summary>
    private static int Tells(SymbolStatus status) => status switch
    {
        SymbolStatus.Found => 3,
        SymbolStatus.NoLine => 2,
        SymbolStatus.PdbMismatch => 1,
        _ => 0,
    };

    private static bool IsSame(PdbLine one, PdbLine other) => one.Line == other.Line && one.Document?.Path == other.Document?.Path;
}
