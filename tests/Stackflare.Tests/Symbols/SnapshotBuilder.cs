using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;
using Stackflare.Snapshots;
using Stackflare.Snapshots.Format;

namespace Stackflare.Tests.Symbols;

/// <summary>Builds the snapshot that a capture of given frames would have yielded.</summary>
internal sealed class SnapshotBuilder
{
    private readonly List<FrameRecord> _frames = [];
    private readonly List<FunctionRecord> _functions = [];
    private readonly List<TypeRecord> _types = [];
    private readonly List<uint> _typeArgs = [];
    private readonly List<ModuleRecord> _modules = [];
    private readonly List<byte> _blob = [];
    private readonly Dictionary<Module, uint> _known = [];

    /// <summary>The paths of modules are what this makes of them.</summary>
    public Func<string, string> PathOf { get; init; } = path => path;

    /// <summary>What is said of the whole.</summary>
    public InfoRecord Info { get; init; }

    public uint Module(
        string? path, Guid? mvid, ModuleFlags flags = ModuleFlags.OnDisk, byte[]? image = null, byte[]? symbols = null)
    {
        var record = new ModuleRecord { Flags = flags | (mvid is null ? 0 : ModuleFlags.Mvid), Mvid = mvid ?? default };
        (record.PathOffset, record.PathLength) = Text(path);
        (record.ImageOffset, record.ImageLength) = Bytes(image);
        (record.SymbolsOffset, record.SymbolsLength) = Bytes(symbols);
        _modules.Add(record);
        return (uint)_modules.Count - 1;
    }

    public uint Module(Module module)
    {
        if (!_known.TryGetValue(module, out uint index))
            _known[module] = index = Module(PathOf(module.FullyQualifiedName), module.ModuleVersionId);
        return index;
    }

    public uint Type(uint module, int token, params uint[] arguments) => Type(module, token, 0, 0, arguments);

    public uint Type(Type type, params uint[] arguments) => Type(Module(type.Module), type.MetadataToken, arguments);

    public uint Type(uint module, int token, TypeFlags flags, uint rank, params uint[] arguments)
    {
        _types.Add(new TypeRecord
        {
            Module = module,
            Token = (uint)token,
            ArgStart = (uint)_typeArgs.Count,
            ArgCount = (uint)arguments.Length,
            Flags = flags,
            Rank = rank,
        });
        _typeArgs.AddRange(arguments);
        return (uint)_types.Count - 1;
    }

    public uint Function(
        uint module, int token, FunctionFlags flags = 0, string? name = null, string? type = null, byte[]? signature = null,
        uint declaringType = SnapshotLayout.None, params uint[] arguments)
    {
        var record = new FunctionRecord
        {
            Module = module,
            Token = (uint)token,
            Flags = flags,
            DeclaringType = declaringType,
            TypeArgStart = (uint)_typeArgs.Count,
            TypeArgCount = (uint)arguments.Length,
        };
        _typeArgs.AddRange(arguments);
        (record.NameOffset, record.NameLength) = Text(name);
        (record.TypeNameOffset, record.TypeNameLength) = Text(type);
        (record.SignatureOffset, record.SignatureLength) = Bytes(signature);
        _functions.Add(record);
        return (uint)_functions.Count - 1;
    }

    public uint Function(MethodBase method) => Function(Module(method.Module), method.MetadataToken);

    public SnapshotBuilder Frame(uint function, int offset = 0, FrameFlags flags = 0)
    {
        _frames.Add(new FrameRecord { Function = function, ILOffset = offset, Flags = flags, Address = 0x1000 + (ulong)_frames.Count });
        return this;
    }

    public SnapshotBuilder Frames(IEnumerable<StackFrame> frames)
    {
        foreach (StackFrame frame in frames)
            Frame(Function(frame.GetMethod()!), frame.GetILOffset());
        return this;
    }

    public RawSnapshot Build() => new()
    {
        Info = Info,
        Threads = [],
        Stacks = [],
        Frames = _frames.ToArray(),
        Functions = _functions.ToArray(),
        Types = _types.ToArray(),
        TypeArgs = _typeArgs.ToArray(),
        Modules = _modules.ToArray(),
        Blob = _blob.ToArray(),
    };

    /// <summary>The same as the probe would send it: one thread that stands in all the frames.</summary>
    /// <param name="exception">The type of the exception that the thread handles.</param>
    public byte[] Encode(uint exception = SnapshotLayout.None)
    {
        var bytes = new Snapshots.Format.SnapshotBuilder();
        // Into a blob that is empty, so that all offsets hold.
        bytes.Bytes(_blob.ToArray());
        bytes.Add(SectionKind.Threads, new ThreadRecord
        {
            OsId = 1,
            FrameCount = (uint)_frames.Count,
            CpuNs = -1,
            NameOffset = SnapshotLayout.None,
            ExceptionType = exception,
        });
        bytes.Add<uint>(SectionKind.Stacks, Enumerable.Range(0, _frames.Count).Select(i => (uint)i).ToArray());
        bytes.Add<FrameRecord>(SectionKind.Frames, _frames.ToArray());
        bytes.Add<FunctionRecord>(SectionKind.Functions, _functions.ToArray());
        bytes.Add<TypeRecord>(SectionKind.Types, _types.ToArray());
        bytes.Add<uint>(SectionKind.TypeArgs, _typeArgs.ToArray());
        bytes.Add<ModuleRecord>(SectionKind.Modules, _modules.ToArray());
        return bytes.Build();
    }

    private (uint Offset, uint Length) Text(string? text) =>
        Bytes(text is null ? null : MemoryMarshal.AsBytes(text.AsSpan()).ToArray());

    private (uint Offset, uint Length) Bytes(byte[]? bytes)
    {
        if (bytes is null)
            return (SnapshotLayout.None, 0);
        while (_blob.Count % 8 != 0)
            _blob.Add(0);
        uint offset = (uint)_blob.Count;
        _blob.AddRange(bytes);
        return (offset, (uint)bytes.Length);
    }
}
