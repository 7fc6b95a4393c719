using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Text;
using Stackflare.Runtime;
using Stackflare.Runtime.Code;
using Stackflare.Runtime.Heap;
using Stackflare.Runtime.Types;
using Stackflare.Snapshots;
using Stackflare.Tests.Symbols;

namespace Stackflare.Tests.Runtime.Heap;

/// <summary>
/// The memory of a program that a test makes up: a runtime that describes itself and its collector, a few types of CoreLib with their metadata, and two
/// regions with objects. Whatever a test wants to be damaged, it overwrites.
/// </summary>
internal sealed class FakeHeap
{
    /// <summary>The number of a type in the metadata, by its order there.</summary>
    private const uint ObjectRow = 2, TaskRow = 3, BoxRow = 4, ContinuationRow = 5, SuspendedRow = 6, ResultRow = 7, DisposableRow = 8, MachineRow = 9, StringRow = 10;

    private const ulong DescriptorAt = 0x10_0000, TextAt = 0x11_0000, PartAt = 0x12_0000, PartTextAt = 0x13_0000, Variables = 0x14_0000, Module = 0x15_0000, TypesAt = 0x20_0000;

    public const ulong Generations = 0x16_0000, Regions = 0x17_0000, ThreadAt = 0x18_0000, GenerationBytes = 64, RegionBytes = 64;

    /// <summary>Of a region: the end of its objects, of its memory, its start, and the next one.</summary>
    public const ulong Allocated = 0, Committed = 8, Memory = 16, Next = 24;

    /// <summary>Addresses of variables.</summary>
    public const ulong InvalidCount = Variables + 0x50, AllocAllocated = Variables + 0x58;

    private ulong _types = TypesAt;
    private readonly ulong[] _ends = [0x100_0000, 0x200_0000];

    public FakeHeap()
    {
        WriteDescriptor();
        Object = AddType(ObjectRow, 0, 24);
        Task = AddType(TaskRow, Object, 72, [8, 16, 24, 32, 40], (1, 8), (2, 16), (3, 24), (4, 32), (5, 40), (6, 48));
        ulong interfaces = _types;
        Bytes.Pointers(interfaces, AddType(ResultRow, Object, 24, at: interfaces + 0x400), AddType(DisposableRow, Object, 24, at: interfaces + 0x800));
        Bytes.Write(Task + 14, (ushort)2).Pointers(Task + 56, interfaces);
        _types += 0x1000;
        Machine = AddType(MachineRow, Object, 32, [], (7, 0), (8, 8));
        Bytes.Write(Machine, 0x01040000u);
        Box = AddType(BoxRow, Task, 88, [8, 16, 24, 32, 40, 64], (9, 56));
        Bytes.Write(Box, 0x01000030u).Write(_types + 4, (ushort)1).Write(_types + 6, (ushort)1).Pointers(_types + 8, _types + 16, Machine).Pointers(Box + 48, _types + 8);
        _types += 0x1000;
        Continuation = AddType(ContinuationRow, Object, 40, [8]);
        Suspended = AddType(SuspendedRow, Task, 72, [8, 16, 24, 32, 40]);
        Text = AddType(StringRow, Object, 22);
        Bytes.Write(Text, 0x80000002u);
        Free = AddType(0, 0, 24);
        Bytes.Write(Free, 0x80000001u);
        ulong array = AddType(0, Object, 24);
        Bytes.Pointers(array + 48, Object);
        Bytes.Pointers(Variables, ThreadAt + 0x800, 0, Object, array, Text, Free).Write(InvalidCount, 0).Pointers(Variables + 0x60, Regions + RegionBytes);
        Bytes.Pointers(ThreadAt + 0x808, 0);
        WriteModule();
    }

    public FakeMemory Bytes { get; } = new() { HasPages = true };

    public ulong Object { get; }

    public ulong Task { get; }

    /// <summary>The box of a method: it has its machine at 56, which has its state first, and at 64 the awaiter.</summary>
    public ulong Box { get; }

    public ulong Machine { get; }

    public ulong Continuation { get; }

    public ulong Suspended { get; }

    public ulong Text { get; }

    public ulong Free { get; }

    /// <summary>Adds an object to a region.</summary>
    /// <param name="type">Its type.</param>
    /// <param name="bytes">Its size with its header.</param>
    /// <param name="fields">Words at offsets.</param>
    /// <param name="region">The number of the region.</param>
    public ulong Add(ulong type, int bytes, (ulong At, ulong Word)[] fields, int region = 0)
    {
        ulong address = _ends[region];
        Bytes.Write(address, new byte[bytes]).Pointers(address, type);
        foreach ((ulong at, ulong word) in fields)
            Bytes.Pointers(address + at, word);
        _ends[region] += (ulong)bytes;
        return address;
    }

    /// <summary>Adds a method that waits for a task.</summary>
    public ulong AddMethod(ulong awaited, int region = 0) => Add(Box, 88, [(64, awaited)], region);

    public ulong AddTask(int region = 0) => Add(Task, 72, [], region);

    /// <summary>Leaves room in a region.</summary>
    public ulong Skip(int bytes, int region = 0)
    {
        ulong at = _ends[region];
        Bytes.Write(at, new byte[bytes]);
        _ends[region] += (ulong)bytes;
        return at;
    }

    /// <summary>Makes the two regions end behind their objects, the second one by the collector's variable.</summary>
    public FakeHeap Close()
    {
        for (ulong i = 0; i < 2; i++)
        {
            Bytes.Pointers(Regions + (i * RegionBytes), i == 0 ? _ends[0] : 0, 0x1000_0000, 0x100_0000 * (i + 1), 0);
            Bytes.Pointers(Generations + (i * GenerationBytes) + 8, Regions + (i * RegionBytes));
        }
        Bytes.Pointers(AllocAllocated, _ends[1]);
        return this;
    }

    /// <summary>Adds the part of the heap in which a thread will allocate.</summary>
    public void AddContext(ulong start, ulong end) =>
        Bytes.Pointers(ThreadAt + 0x808, ThreadAt).Pointers(ThreadAt + 40, ThreadAt + 0x400).Pointers(ThreadAt + 112, 0).Pointers(ThreadAt + 0x408, start, end);

    /// <summary>Reads the heap; null if it could not be found.</summary>
    public SnapshotHeap? Read(List<string> notes, HeapBudget? budget = null)
    {
        ProcessMemory memory = Bytes.Memory;
        var layout = new RuntimeLayout(ContractDescriptor.Read(memory, DescriptorAt)!);
        var snapshot = new SnapshotBuilder { Host = CodeSnapshot.Host };
        var images = new ModuleImages(memory, layout);
        var modules = new ModuleReader(memory, layout, images, snapshot, 1 << 20);
        var types = new TypeReader(memory, layout, modules, snapshot);
        var methods = new MethodReader(memory, layout, images, modules, types, snapshot) { CoreLib = Module };
        var code = new CodeMap(memory, Layouts.Code(), images: null);
        AsyncHeap? heap = AsyncHeap.Open(memory, layout, images, debuggerTable: 0, (types, new TypeFields(memory, layout, images), methods, code, snapshot), budget ?? new HeapBudget { Time = TimeSpan.FromMinutes(1) }, notes);
        heap?.LookAt(0, ThreadAt, []);
        snapshot.Heap = heap?.Finish(notes, new Version(11, 0), clock: default);
        return snapshot.Build().Heap;
    }

    /// <summary>Writes a type, its class and its fields.</summary>
    /// <param name="row">Its number in the metadata.</param>
    /// <param name="parent">Its base type.</param>
    /// <param name="bytes">The size of an object with its header.</param>
    /// <param name="references">Offsets of references.</param>
    /// <param name="fields">Numbers of fields in the metadata, and their offsets in an object.</param>
    private ulong AddType(uint row, ulong parent, uint bytes, uint[] references, params (uint Row, uint Offset)[] fields)
    {
        ulong type = AddType(row, parent, bytes, fields: fields);
        if (references.Length == 0)
            return type;
        Bytes.Write(type, 0x01000000u).Pointers(type - 8, (ulong)references.Length);
        for (int i = 0; i < references.Length; i++)
            Bytes.Pointers(type - 8 - ((ulong)(i + 1) * 16), unchecked(8ul - bytes), references[i]);
        return type;
    }

    private ulong AddType(uint row, ulong parent, uint bytes, ulong? at = null, params (uint Row, uint Offset)[] fields)
    {
        ulong type = at ?? _types + 0x400, owner = type + 0x100, list = type + 0x200;
        _types += at is null ? 0x1000u : 0;
        ushort inherited = parent == 0 || !Bytes.Memory.TryRead(parent + 0x100 + 50, out ushort count) ? (ushort)0 : count;
        Bytes.Write(type, 0u).Write(type + 4, bytes).Write(type + 8, row << 8).Write(type + 14, (ushort)0).Pointers(type + 16, parent, Module, 0, owner, 0, 0);
        Bytes.Pointers(owner + 16, type, list).Write(owner + 50, (ushort)(inherited + fields.Length));
        for (int i = 0; i < fields.Length; i++)
        {
            bool isStruct = row == MachineRow;
            Bytes.Pointers(list + ((ulong)i * 16), type).Write(list + ((ulong)i * 16) + 8, fields[i].Row).Write(list + ((ulong)i * 16) + 12, fields[i].Offset - (isStruct ? 0 : 8u));
        }
        return type;
    }

    private void WriteModule()
    {
        byte[] metadata = Metadata();
        ulong map = Module + 0x400, table = Module + 0x500, dynamic = Module + 0x1000;
        Bytes.Write(Module + 16, 0x40u).Pointers(Module + 32, dynamic).Pointers(Module + 40, 0, table).Write(Module + 56, 16u).Pointers(map, 0);
        Bytes.Pointers(table + (TaskRow * 8), Task).Pointers(table + (BoxRow * 8), Box);
        Bytes.Write(dynamic, metadata.Length).Write(dynamic + 4, metadata);
    }

    private static byte[] Metadata()
    {
        var builder = new MetadataBuilder();
        builder.AddModule(0, builder.GetOrAddString("CoreLib"), builder.GetOrAddGuid(Guid.Empty), default, default);
        (string Space, string Name, string[] Fields)[] types =
        [
            ("", "<Module>", []), ("System", "Object", []),
            ("System.Threading.Tasks", "Task", ["m_action", "m_stateObject", "m_continuationObject", "m_taskScheduler", "m_contingentProperties", "m_stateFlags"]),
            ("", "AsyncStateMachineBox`1", []), ("System.Runtime.CompilerServices", "Continuation", []), ("", "RuntimeAsyncTask`1", []), ("System", "IAsyncResult", []),
            ("System", "IDisposable", []), ("", "<M>d__1", ["<>1__state", "<>u__1"]), ("System", "String", []),
        ];
        var signature = new BlobBuilder();
        new BlobEncoder(signature).Field().Type().Object();
        BlobHandle blob = builder.GetOrAddBlob(signature);
        int field = 1;
        foreach ((string space, string name, string[] fields) in types)
        {
            builder.AddTypeDefinition(TypeAttributes.Class, builder.GetOrAddString(space), builder.GetOrAddString(name), default, MetadataTokens.FieldDefinitionHandle(field), MetadataTokens.MethodDefinitionHandle(1));
            foreach (string own in fields)
                builder.AddFieldDefinition(FieldAttributes.Private, builder.GetOrAddString(own), blob);
            field += fields.Length;
        }
        var bytes = new BlobBuilder();
        new MetadataRootBuilder(builder).Serialize(bytes, 0, 0);
        return bytes.ToArray();
    }

    private void WriteDescriptor()
    {
        Write(DescriptorAt, TextAt, """
            {"types":{"Thread":{"Id":16,"OSId":24,"State":0,"PreemptiveGCDisabled":4,"Frame":8,"LinkNext":112,"ExposedObject":32,"RuntimeThreadLocals":40},"ThreadStore":{"FirstThreadLink":8},
            "RuntimeThreadLocals":{"AllocContext":0},"EEAllocContext":{"GCAllocationContext":8},"GCAllocContext":{"Pointer":0,"Limit":8},
            "Object":{"m_pMethTab":0},"String":{"m_FirstChar":12,"m_StringLength":8},"Array":{"!":16,"m_NumComponents":8},
            "MethodTable":{"MTFlags":0,"BaseSize":4,"MTFlags2":8,"NumInterfaces":14,"ParentMethodTable":16,"Module":24,"AuxiliaryData":32,"EEClassOrCanonMT":40,"PerInstInfo":48},
            "EEClass":{"MethodTable":16,"FieldDescList":24,"NumInstanceFields":50},"FieldDesc":{"MTOfEnclosingClass":0,"DWord1":8,"DWord2":12},
            "GenericsDictInfo":{"NumDicts":4,"NumTypeArgs":6},"InstantiatedMethodDesc":{"PerInstInfo":24,"NumGenericArgs":34},
            "Module":{"Path":0,"FileName":8,"Flags":16,"PEAssembly":24,"DynamicMetadata":32,"TypeDefToMethodTableMap":40},"DynamicMetadata":{"Size":0,"Data":4},
            "ModuleLookupMap":{"Next":0,"TableData":8,"Count":16,"SupportedFlagsMask":24},"PEAssembly":{"PEImage":0},"PEImage":{"LoadedImageLayout":0,"FlatImageLayout":8,"ProbeExtensionResult":16},
            "ProbeExtensionResult":{"Type":0},"PEImageLayout":{"Base":0,"Size":8,"Flags":12},
            "ContinuationObject":{"Next":8,"ResumeInfo":16},"AsyncResumeInfo":{"DiagnosticIP":8}},
            """ + FormattableString.Invariant($$"""
            "globals":{"ThreadStore":"0x{{Variables:x}}","FinalizerThread":"0x{{Variables + 8:x}}","ObjectMethodTable":"0x{{Variables + 16:x}}","ObjectArrayMethodTable":"0x{{Variables + 24:x}}",
            "StringMethodTable":"0x{{Variables + 32:x}}","FreeObjectMethodTable":"0x{{Variables + 40:x}}","ObjectToMethodTableUnmask":7},
            """) + """
            "contracts":{"Thread":"c1","RuntimeTypeSystem":"c1","Object":"c1","Loader":"c1","EcmaMetadata":"c1"},"subDescriptors":{"GC":[[0],"pointer"]}}
            """);
        Bytes.Pointers(Variables + 0x70, Variables + 0x78, PartAt);
        Bytes.Write(DescriptorAt + 24, 1u).Pointers(DescriptorAt + 32, Variables + 0x70);
        Write(PartAt, PartTextAt, """
            {"types":{"Generation":{"!":64,"StartSegment":8},"HeapSegment":{"Allocated":0,"Committed":8,"Mem":16,"Next":24}},
            """ + FormattableString.Invariant($$"""
            "globals":{"TotalGenerationCount":"0x2","GCHeapGenerationTable":"0x{{Generations:x}}","GCHeapEphemeralHeapSegment":"0x{{Variables + 0x60:x}}","GCHeapAllocAllocated":"0x{{AllocAllocated:x}}",
            "StructureInvalidCount":"0x{{InvalidCount:x}}","GCIdentifiers":["workstation, regions,","string"]},
            """) + """
            "contracts":{"GC":"c1"}}
            """);

        void Write(ulong at, ulong textAt, string text)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(text);
            Bytes.Pointers(at, 0x0043414443434e44).Write(at + 12, (uint)bytes.Length).Pointers(at + 16, textAt).Write(textAt, bytes);
        }
    }
}
