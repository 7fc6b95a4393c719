using Stackflare.Snapshots.Format;
using Stackflare.Symbols.Names;
using Stackflare.Symbols.Saved;
using Stackflare.Tests.Snapshots.Format;
using Stackflare.Tests.Symbols.Saved;

namespace Stackflare.Tests.Building.Async;

/// <summary>Makes a file with a heap in which anything may refer to anything, under names that the file brings itself.</summary>
internal sealed class HostileHeap
{
    /// <summary>Where objects of all types have what they have.</summary>
    public const int Action = 8, Continuation = 16, Task = 24, State = 32, Awaiter = 40, Next = 48, Previous = 56, Bytes = 64;

    public const int Due = 8, Start = 16;

    private const uint None = SnapshotConstants.None;
    private readonly List<TypeRecord> _types = [];
    private readonly List<uint> _typeArgs = [];
    private readonly List<HeapLayoutRecord> _layouts = [];
    private readonly List<HeapFieldRecord> _fields = [];
    private readonly List<uint> _references = [];
    private readonly List<HeapObjectRecord> _objects = [];
    private readonly List<byte> _bytes = [];
    private readonly Dictionary<string, uint> _names = [];
    private readonly SavedSymbolsWriter _saved = new();

    public List<RunningRecord> Running { get; } = [];

    /// <summary>By what continuations have; of one frame, which is of no method.</summary>
    public List<ulong> Suspensions { get; } = [];

    public long NowNs { get; set; } = 1_000_000_000_000;

    public int Count => _objects.Count;

    /// <summary>The address that the object of a number has, or will have.</summary>
    public static ulong At(int index) => 0x1000 + ((ulong)index * 16);

    public uint Type(string? name, uint parent = None, uint argument = None, uint[]? references = null, HeapLayoutFlags flags = 0, params (string Name, int Offset)[] fields)
    {
        uint type = (uint)_types.Count, token = 0x02000001 + type;
        _types.Add(new TypeRecord { Module = 0, Token = token, ArgStart = (uint)_typeArgs.Count, ArgCount = argument == None ? 0u : 1u });
        if (argument != None)
            _typeArgs.Add(argument);
        if (name is not null)
            _saved.Type(0, token, name);
        references ??= [];
        _layouts.Add(new HeapLayoutRecord
        {
            Type = type,
            Parent = parent,
            FirstField = (uint)_fields.Count,
            FieldCount = (uint)fields.Length,
            FirstReference = (uint)_references.Count,
            ReferenceCount = (uint)references.Length,
            Size = Bytes,
            Flags = flags,
        });
        _references.AddRange(references);
        foreach ((string field, int offset) in fields)
        {
            if (!_names.TryGetValue(field, out uint known))
            {
                _names[field] = known = 0x04000001 + (uint)_names.Count;
                _saved.Field(0, known, new FieldSymbol(field, field switch { "<>u__2" => "MyAwaiter", "_core" => "ManualResetValueTaskSourceCore`1", _ => "TaskAwaiter" }));
            }
            _fields.Add(new HeapFieldRecord { Token = known, Offset = (uint)offset });
        }
        return type;
    }

    /// <summary>Adds an object with words at the given offsets.</summary>
    public ulong Object(uint type, HeapObjectFlags flags, int length = Bytes, params ReadOnlySpan<(int Offset, ulong Word)> words)
    {
        int at = _bytes.Count;
        ulong address = At(_objects.Count);
        _objects.Add(new HeapObjectRecord { Address = address, Type = type, Flags = flags, BytesOffset = (uint)at, BytesLength = (uint)length });
        _bytes.AddRange(new byte[length]);
        Span<byte> bytes = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_bytes)[at..];
        foreach ((int offset, ulong word) in words)
        {
            if (offset + sizeof(ulong) <= length)
                System.Buffers.Binary.BinaryPrimitives.WriteUInt64LittleEndian(bytes[offset..], word);
        }
        return address;
    }

    /// <summary>An array of tasks.</summary>
    public ulong Array(uint type, params ReadOnlySpan<ulong> elements)
    {
        var words = new (int, ulong)[elements.Length + 1];
        words[0] = (8, (ulong)elements.Length);
        for (int i = 0; i < elements.Length; i++)
            words[i + 1] = (16 + (i * 8), elements[i]);
        return Object(type, HeapObjectFlags.Array, 16 + (elements.Length * 8), words);
    }

    public byte[] File()
    {
        var builder = new SnapshotBytes();
        (uint path, uint length) = builder.Text("/app/Shop.dll");
        builder.Add(SectionKind.Modules, new ModuleRecord { PathOffset = path, PathLength = length, ImageOffset = None, SymbolsOffset = None });
        builder.Add(SectionKind.Types, [.. _types]);
        builder.Add(SectionKind.TypeArgs, [.. _typeArgs]);
        builder.Add(SectionKind.Threads, new ThreadRecord { OsId = 1, FrameCount = 1, NameOffset = None, ExceptionType = None });
        builder.Add(SectionKind.Frames, new FrameRecord { Function = None });
        builder.Add(SectionKind.Stacks, 0u);
        builder.Add(SectionKind.Heap, new HeapRecord { Status = HeapStatus.Walked, NowNs = NowNs });
        builder.Add(SectionKind.HeapObjects, [.. _objects]);
        builder.Add(SectionKind.HeapBytes, [.. _bytes]);
        builder.Add(SectionKind.HeapLayouts, [.. _layouts]);
        builder.Add(SectionKind.HeapFields, [.. _fields]);
        builder.Add(SectionKind.HeapReferences, [.. _references]);
        builder.Add(SectionKind.Running, [.. Running]);
        builder.Add(SectionKind.Suspensions, [.. Suspensions.Order().Select(s => new SuspensionRecord { ResumeInfo = s })]);
        return SavedDump.Write(builder, _saved.Sections());
    }
}
