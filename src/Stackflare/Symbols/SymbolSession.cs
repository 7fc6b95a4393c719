using Stackflare.Snapshots;
using Stackflare.Snapshots.Format;
using Stackflare.Symbols.IL;
using Stackflare.Symbols.Modules;
using Stackflare.Symbols.Names;
using Stackflare.Symbols.Pdb;
using Stackflare.Symbols.Saved;

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
    private readonly SavedSymbols? _saved;
    private readonly SuspendedPlaces _suspended;

    public SymbolSession(RawSnapshot snapshot, SymbolOptions options, SymbolCache cache, SavedSymbols? saved)
    {
        _snapshot = snapshot;
        _options = options;
        _cache = cache;
        _saved = saved;
        _modules = new SnapshotModule?[snapshot.Modules.Length];
        _typeArguments = new string[]?[snapshot.Functions.Length];
        _bare = new MethodFacts?[snapshot.Functions.Length];
        _sources = new SourceFiles(options.RootPrefix, cache.NextSession());
        Types = new SnapshotTypes(snapshot, Module);
        _suspended = new SuspendedPlaces(snapshot, saved);
    }

    public SnapshotTypes Types { get; }

    /// <summary>Resolves all frames: the result has one for each of <see cref="RawSnapshot.Frames"/>, at the same index.</summary>
    public DumpFrame[] ResolveAll()
    {
        var frames = new DumpFrame[_snapshot.Frames.Length];
        for (int i = 0; i < frames.Length; i++)
            frames[i] = Resolve(_snapshot.Frames[i]);
        return frames;
    }

    private DumpFrame Resolve(in FrameRecord frame)
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
        int? offset = PlaceOf(module, frame);
        bool isAwait = (frame.Flags & FrameFlags.Await) != 0;
        FoundLine line = Locate(module, function.Token, offset);
        return new DumpFrame
        {
            Kind = isAwait ? FrameKind.Async : FrameKind.Managed,
            Method = facts?.Name ?? BareNames.Token(module?.Identity.Name, function.Token),
            Source = line.Source,
            Symbols = line.Status,
            Module = module?.Identity,
            MetadataToken = (int)function.Token,
            ILOffset = offset,
            Address = isAwait ? default : new CodeAddress(frame.Address),
            TypeArguments = _typeArguments[frame.Function] ??= Types.Arguments(function),
            IsHidden = facts is { IsHidden: true } || module is { IsOwn: true } || (isAwait && (IsPlumbing(module, facts) || IsPassedThrough(frame))),
        };
    }

    /// <summary>The frame of an async method that the runtime has suspended.</summary>
    public DumpFrame SuspendedFrame(in FrameRecord frame) => Resolve(frame);

    /// <summary>The frame of an async method that waits.</summary>
    /// <param name="machine">The type of its state machine.</param>
    /// <param name="state">Which of its awaits it waits at, from 0; negative where it waits at none.</param>
    public DumpFrame AsyncFrame(in TypeRecord machine, int state)
    {
        SnapshotModule? module = machine.Module == SnapshotLayout.None ? null : Module(machine.Module);
        uint? method = module?.MoveNextOf(machine.Token);
        MethodFacts? facts = method is { } token ? module!.Method(token) : null;
        int? offset = method is not null && state >= 0 ? module!.AwaitOffset(method.Value, state) : null;
        FoundLine line = Locate(module, method ?? 0, offset);
        return new DumpFrame
        {
            Kind = FrameKind.Async,
            Method = facts?.Name ?? new MethodName(module?.TypeName(machine.Token) ?? "", "MoveNext", "", null),
            Source = line.Source,
            Symbols = line.Status,
            Module = module?.Identity,
            MetadataToken = (int)(method ?? 0),
            ILOffset = offset,
            TypeArguments = Types.Arguments(machine),
            IsHidden = facts is { IsHidden: true } || module is { IsOwn: true },
        };
    }

    /// <summary>What the runtime calls for an <c>await</c>, and what then waits in its turn.</summary>
    private static bool IsPlumbing(SnapshotModule? module, MethodFacts? facts) =>
        module is { Identity.Name: "System.Private.CoreLib.dll" } && facts is { Name.DeclaringType: "System.Runtime.CompilerServices.AsyncHelpers" };

    public void Dispose()
    {
        foreach (SnapshotModule? module in _modules)
            module?.Dispose();
        _cache.Close(_sources.Retained);
    }

    /// <summary>Null also for an offset into IL that a profiler rewrote: the PDB knows nothing of that IL, so any line would be a lie.</summary>
    public static int? OffsetOf(in FrameRecord frame) =>
        frame.ILOffset < 0 || (frame.Flags & (FrameFlags.OffsetLost | FrameFlags.ReJit)) != 0 ? null : frame.ILOffset;

    /// <summary>The IL offset of a frame, or of the await that a suspended method stands at.</summary>
    public int? PlaceOf(SnapshotModule? module, in FrameRecord frame) => module is not null && (frame.Flags & (FrameFlags.Await | FrameFlags.ReJit)) == FrameFlags.Await
        ? _suspended.Of(module, frame)
        : OffsetOf(frame);

    /// <summary>The simple name of the type of the awaiter that a suspended method waits by; null where it is not told.</summary>
    public string? AwaiterAt(in FrameRecord frame) => SuspendedIn(frame) is { } module ? _suspended.AwaiterAt(module, frame) : null;

    /// <summary>
    /// Whether a suspended method awaits nothing, and only handed on a task: the runtime may treat it as one that does, and in unoptimized code keeps it.
    /// </summary>
    public bool IsPassedThrough(in FrameRecord frame) => SuspendedIn(frame) is { } module && _suspended.IsPassedThrough(module, frame);

    private SnapshotModule? SuspendedIn(in FrameRecord frame) => (frame.Flags & (FrameFlags.Await | FrameFlags.ReJit)) == FrameFlags.Await ? ModuleOf(frame) : null;

    /// <summary>How many lock statements are around a frame's place; null if that cannot be told.</summary>
    public LockPlace? LockStatementsAround(in FrameRecord frame) => ModuleOf(frame) is { } module && OffsetOf(frame) is { } offset
        ? module.LockStatementsAround(_snapshot.Functions[frame.Function].Token, offset)
        : null;

    /// <summary>The module of a frame's method; null for a frame that has no such thing.</summary>
    public SnapshotModule? ModuleOf(in FrameRecord frame)
    {
        if ((frame.Flags & FrameFlags.Native) != 0 || frame.Function == SnapshotLayout.None)
            return null;
        ref readonly FunctionRecord function = ref _snapshot.Functions[frame.Function];
        return (function.Flags & FunctionFlags.Dynamic) != 0 || function.Module == SnapshotLayout.None ? null : Module(function.Module);
    }

    public SnapshotModule Module(uint index)
    {
        if (_modules[index] is { } known)
            return known;
        ref readonly ModuleRecord record = ref _snapshot.Modules[index];
        string? path = _snapshot.Text(record.PathOffset, record.PathLength);
        return _modules[index] = new SnapshotModule(_snapshot, record, path, _options, _cache, _saved?.Module(index));
    }

    /// <summary>The place in the source: by the PDB that is found now; where that tells less, as it was found when the snapshot was saved.</summary>
    public FoundLine Locate(SnapshotModule? module, uint token, int? offset)
    {
        if (module is null)
            return new FoundLine(SymbolStatus.NoPdb, null, null);
        if (module.IsDynamic)
            return new FoundLine(SymbolStatus.NotApplicable, null, null);
        if (offset is null)
            return new FoundLine(SymbolStatus.NoOffset, null, null);
        LineFacts facts = module.Line(token, offset.Value);
        SavedLine? saved = module.SavedLine(token, offset.Value);
        if (saved is not null && Tells(saved.Facts.Status) > Tells(facts.Status))
            facts = saved.Facts;
        if (facts.Document is not { } document)
            return new FoundLine(facts.Status, null, null);
        SourceTextOrigin origin = TextOf(facts, document, saved, out string? text);
        return new FoundLine(SymbolStatus.Found, document, new SourceLocation(document.Path, facts.Line, facts.Column, text, origin));
    }

    private SourceTextOrigin TextOf(LineFacts facts, SourceDocument document, SavedLine? saved, out string? text)
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
        // The text of a saved line was proved when it was saved.
        bool isProved = known?.Text is not null && ReferenceEquals(known.Facts, facts);
        SourceTextOrigin origin = isProved ? known!.Origin : _sources.Line(document, facts.Line, out text);
        if (text is not null || known is null)
            return origin;
        text = known.Text;
        return known.Origin;
    }

    /// <summary>How much a reader learns from it; a PDB of another build tells that one was looked for in the wrong place.</summary>
    private static int Tells(SymbolStatus status) => status switch
    {
        SymbolStatus.Found => 3,
        SymbolStatus.NoLine => 2,
        SymbolStatus.PdbMismatch => 1,
        _ => 0,
    };

    private static bool IsSame(LineFacts one, LineFacts other) => one.Line == other.Line && one.Document?.Path == other.Document?.Path;
}
