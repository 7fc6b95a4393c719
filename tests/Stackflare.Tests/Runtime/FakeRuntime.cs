using Stackflare.Runtime;
using Stackflare.Runtime.Code;
using Stackflare.Runtime.Stacks;
using Stackflare.Runtime.Types;
using Stackflare.Snapshots;

namespace Stackflare.Tests.Runtime;

/// <summary>Memory with one thread of a runtime and with compiled methods, laid out as the runtime that the tests run on does it.</summary>
internal sealed class FakeRuntime
{
    public const ulong Heap = 0x7F00_0000_0000, ThreadAt = 0x6000_0000, Stack = 0x7FFF_0000;

    private const ulong Fragment = 0x7800, Section = 0x7000, Node = 0x5000, Map = 0x40_0000, Headers = 0x20_0000, Codes = 0x1_0000;
    private static readonly Lazy<RuntimeLayout> Own = new(static () =>
    {
        using var own = new OwnProcess();
        return new RuntimeLayout(own.Descriptor(new ProcessMemory(own)));
    });

    private readonly uint[] _starts = new uint[0x1000];

    public FakeRuntime()
    {
        CodeLayout code = Layout.Code!;
        ulong table = code.Map;
        for (int level = CodeLayout.MapLevels - 1; level >= 0; level--)
        {
            ulong next = level == 0 ? Fragment : 0x10_0000 + ((ulong)level * 0x1000);
            Memory.Pointers(table + (((Heap >> (CodeLayout.MapLowestBit + (level * CodeLayout.MapLevelBits))) & 0xFF) * 8), next);
            table = next;
        }
        Memory.Pointers(Fragment + code.FragmentBegin, Heap).Pointers(Fragment + code.FragmentEnd, Heap + 0x20000).Pointers(Fragment + code.FragmentSection, Section)
            .Pointers(Section + code.SectionBegin, Heap).Write(Section + code.SectionFlags, CodeLayout.SectionIsCodeHeap).Pointers(Section + code.SectionHeaps, Node)
            .Pointers(Node + code.HeapStart, Heap).Pointers(Node + code.HeapEnd, Heap + 0x20000).Pointers(Node + code.HeapBase, Heap).Pointers(Node + code.HeapMap, Map);
        Memory.Write(ThreadAt + Layout.Threads!.State, 0u).Write(ThreadAt + Layout.Threads.Cooperative, 0u).Pointers(ThreadAt + Layout.Threads.Frame, ulong.MaxValue);
        Memory.Write(ThreadAt, new byte[ThreadLayout.SearchedBytes]);
        Objects(ulong.MaxValue);
        for (ulong i = 0; i < 512; i++)
            Memory.Pointers(Stack + (i * 8), 0xF00 + i);
    }

    public static RuntimeLayout Layout => Own.Value;

    /// <summary>Pages around what is written have zeros, as in a process.</summary>
    public FakeMemory Memory { get; } = new() { HasPages = true };

    public List<MappedImage> Images { get; } = [];

    /// <summary>A method with a frame of 32 bytes, whose code has nothing but bytes without meaning. Returns its address.</summary>
    public ulong Method(uint start)
    {
        CodeLayout code = Layout.Code!;
        uint unit = start >> CodeLayout.MapUnitBits;
        _starts[unit / 8] |= (((start & 0x1F) >> 2) + 1) << (int)(28 - (unit % 8 * 4));
        for (int i = 0; i < _starts.Length; i++)
            Memory.Write(Map + ((ulong)i * 4), _starts[i]);
        ulong header = Headers + ((ulong)start * 16);
        Memory.Write(Heap + start, Enumerable.Repeat((byte)0xCC, 0x100).ToArray()).Pointers(Heap + start - 8, header)
            .Pointers(header + code.HeaderMethod, 0x111_0000 + start).Write(header + code.HeaderUnwindCount, 1u).Pointers(header + code.HeaderClauses, 0);
        // sub rsp, 32
        Memory.Write(Heap + Codes, 1, 4, 1, 0, 4, 0x32);
        ulong part = header + code.HeaderUnwind;
        Memory.Write(part + code.FunctionBegin, start).Write(part + code.FunctionEnd, start + 0x100).Write(part + code.FunctionUnwind, (uint)Codes);
        return Heap + start;
    }

    /// <summary>The thread's innermost frame object.</summary>
    public FakeRuntime Objects(ulong first)
    {
        Memory.Pointers(ThreadAt + Layout.Threads!.Frame, first);
        return this;
    }

    public FakeRuntime State(uint state)
    {
        Memory.Write(ThreadAt + Layout.Threads!.State, state);
        return this;
    }

    public FakeRuntime IsCooperative()
    {
        Memory.Write(ThreadAt + Layout.Threads!.Cooperative, 1u);
        return this;
    }

    /// <summary>The frames, by their instruction pointers; 0 for native code.</summary>
    public ulong[] Walk(Registers? registers, out WalkEnd end, int limit = 100)
    {
        ProcessMemory memory = Memory.Memory;
        var images = new ModuleImages(memory, Layout);
        var snapshot = new SnapshotBuilder { Host = Symbols.CodeSnapshot.Host };
        var modules = new ModuleReader(memory, Layout, images, snapshot, 0);
        var methods = new MethodReader(memory, Layout, images, modules, new TypeReader(memory, Layout, modules, snapshot), snapshot) { CoreLib = 0 };
        var walker = new StackWalker(memory, Layout, new CodeMap(memory, Layout.Code!, null), methods, new MappedImages(Images));
        return [.. walker.Walk(ThreadAt, registers, limit, out end).Select(static f => f.Ip)];
    }
}
