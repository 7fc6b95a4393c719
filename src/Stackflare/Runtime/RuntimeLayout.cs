namespace Stackflare.Runtime;

/// <summary>
/// The table of everything that is assumed about the runtime's own data, for reading it from outside: the other half of the probe's
/// <c>layout_table.c</c>. No other file has a number of the runtime's. A row is an offset or a constant that the runtime describes itself
/// (<see cref="ContractDescriptor"/>), or a constant that was tested on the versions that its comment names. What depends on a group is left out if the
/// group is null.
/// </summary>
/// <remarks>
/// .NET 10.0 has contracts with the versions 1, 2 and 3; .NET 11 has them all as "c1". .NET 9 does not describe its code, and .NET 8 nothing.
/// </remarks>
internal sealed class RuntimeLayout
{
    /// <summary>The version of all contracts of .NET 11 that are used here.</summary>
    public const string C1 = "c1";

    public RuntimeLayout(ContractDescriptor descriptor)
    {
        var reader = new LayoutReader(descriptor);
        Threads = reader.Group(static r => new ThreadLayout(r));
        Code = reader.Group(static r => new CodeLayout(r));
        Images = reader.Group(static r => new ReadyToRunLayout(r));
        Methods = reader.Group(static r => new MethodLayout(r));
        Modules = reader.Group(static r => new ModuleLayout(r));
        Frames = reader.Group(static r => new FrameLayout(r));
        Calls = reader.Group(static r => new CallLayout(r));
        Types = reader.Group(static r => new TypeLayout(r));
        Domain = reader.Group(static r => new DomainLayout(r));
        Instances = reader.Group(static r => new InstanceLayout(r));
        Strings = reader.Group(static r => new StringLayout(r));
        Fields = reader.Group(static r => new FieldLayout(r));
        Exceptions = reader.Group(static r => new ExceptionLayout(r));
        DynamicModules = reader.Group(static r => new DynamicModuleLayout(r));
        InMemorySymbols = reader.Group(static r => new SymbolLayout(r));
        Versions = reader.Group(static r => new VersionLayout(r));
        Heap = new HeapLayout(descriptor, reader);
        Version = descriptor.Text("RuntimeProductVersionString");
        Locks = new LockLayouts(reader, Version);
    }

    public ThreadLayout? Threads { get; }

    public CodeLayout? Code { get; }

    public ReadyToRunLayout? Images { get; }

    public MethodLayout? Methods { get; }

    public ModuleLayout? Modules { get; }

    public FrameLayout? Frames { get; }

    public CallLayout? Calls { get; }

    public TypeLayout? Types { get; }

    public DomainLayout? Domain { get; }

    public InstanceLayout? Instances { get; }

    public StringLayout? Strings { get; }

    public FieldLayout? Fields { get; }

    public ExceptionLayout? Exceptions { get; }

    public DynamicModuleLayout? DynamicModules { get; }

    public SymbolLayout? InMemorySymbols { get; }

    public VersionLayout? Versions { get; }

    /// <summary>Locks, and variables of managed code.</summary>
    public LockLayouts Locks { get; }

    public HeapLayout Heap { get; }

    /// <summary>The runtime's version as it says it itself; null before .NET 11.</summary>
    public string? Version { get; }
}

/// <summary>The runtime's threads.</summary>
internal sealed class ThreadLayout
{
    public ThreadLayout(LayoutReader r)
    {
        r.Needs("Thread", "1", RuntimeLayout.C1);
        // A link of .NET 11 is the address of the next thread; before, that of the link in it.
        Link = r.Field("Thread", "LinkNext");
        LinkTarget = r.Has("Thread", RuntimeLayout.C1) ? 0 : Link;
        Id = r.Field("Thread", "Id");
        OsId = r.Field("Thread", "OSId");
        State = r.Field("Thread", "State");
        Cooperative = r.Field("Thread", "PreemptiveGCDisabled");
        Frame = r.Field("Thread", "Frame");
        Object = r.Field("Thread", "ExposedObject", before: "GCHandle");
        Store = r.Global("ThreadStore");
        First = r.Field("ThreadStore", "FirstThreadLink");
        Finalizer = r.Global("FinalizerThread");
        Bytes = r.Extent("Thread");
    }

    public uint Link { get; }

    public uint LinkTarget { get; }

    public uint Id { get; }

    public uint OsId { get; }

    public uint State { get; }

    /// <summary>Whether the thread runs code that the garbage collector must wait for.</summary>
    public uint Cooperative { get; }

    /// <summary>The innermost of the runtime's frame objects.</summary>
    public uint Frame { get; }

    /// <summary>A handle of the managed Thread.</summary>
    public uint Object { get; }

    /// <summary>How many bytes of a thread have all fields that the runtime describes.</summary>
    public uint Bytes { get; }

    /// <summary>The address of the variable with the list.</summary>
    public ulong Store { get; }

    public uint First { get; }

    /// <summary>The address of the variable with the thread that runs finalizers.</summary>
    public ulong Finalizer { get; }

    /// <summary>Flags of the state; .NET 8 to 11.</summary>
    public const uint Hijacked = 0x80, Unstarted = 0x400, Dead = 0x800, Background = 0x200, PoolWorker = 0x01000000;

    /// <summary>
    /// A thread with that flag has the return address that the runtime has replaced, and in the next word the place where it was. .NET 10 and 11 do not
    /// describe them; they are in the first bytes of the thread.
    /// </summary>
    public const uint HijackedBefore = 8, SearchedBytes = 1024;

    /// <summary>A flag of the state: it waits, and an exception could end the wait; .NET 8 to 11.</summary>
    public const uint Waits = 0x02000000;
}

/// <summary>The runtime's frame objects, from which a walk continues behind native code.</summary>
internal sealed class FrameLayout
{
    public FrameLayout(LayoutReader r)
    {
        r.Needs("StackWalk", "1", RuntimeLayout.C1);
        Next = r.Field("Frame", "Next");
        InlinedCall = r.Global("InlinedCallFrameIdentifier");
        CallSp = r.Field("InlinedCallFrame", "CallSiteSP");
        CallAddress = r.Field("InlinedCallFrame", "CallerReturnAddress");
        CallFp = r.Field("InlinedCallFrame", "CalleeSavedFP");
        Resumable = r.Global("ResumableFrameIdentifier");
        Redirected = r.Global("RedirectedThreadFrameIdentifier");
        StoppedContext = r.Field("ResumableFrame", "TargetContextPtr");
        Faulting = r.Global("FaultingExceptionFrameIdentifier");
        FaultingContext = r.Field("FaultingExceptionFrame", "TargetContext");
        Software = r.Global("SoftwareExceptionFrameIdentifier");
        SoftwareContext = r.Field("SoftwareExceptionFrame", "TargetContext");
        Hijack = r.Global("HijackFrameIdentifier");
        HijackAddress = r.Field("HijackFrame", "ReturnAddress");
        HijackSaved = r.Field("HijackFrame", "HijackArgsPtr");
        HijackBytes = r.SizeOf("HijackArgs");
        HijackRegisters = r.Field("HijackArgs", "CalleeSavedRegisters");
        Transitions =
        [
            r.Global("PInvokeCalliFrameIdentifier"), r.Global("PrestubMethodFrameIdentifier"), r.Global("CallCountingHelperFrameIdentifier"),
            r.Global("StubDispatchFrameIdentifier"), r.Global("ExternalMethodFrameIdentifier"), r.Global("DynamicHelperFrameIdentifier"),
        ];
        Block = r.Field("FramedMethodFrame", "TransitionBlockPtr");
        BlockBytes = r.SizeOf("TransitionBlock");
        BlockAddress = r.Field("TransitionBlock", "ReturnAddress");
        BlockRegisters = r.Field("TransitionBlock", "CalleeSavedRegisters");
        SavedRegisters =
        [
            (3, r.Field("CalleeSavedRegisters", "Rbx")), (5, r.Field("CalleeSavedRegisters", "Rbp")), (12, r.Field("CalleeSavedRegisters", "R12")),
            (13, r.Field("CalleeSavedRegisters", "R13")), (14, r.Field("CalleeSavedRegisters", "R14")), (15, r.Field("CalleeSavedRegisters", "R15")),
        ];
    }

    public uint Next { get; }

    /// <summary>The kinds of frame objects, by their first word.</summary>
    public ulong InlinedCall { get; }

    public ulong Resumable { get; }

    public ulong Redirected { get; }

    public ulong Faulting { get; }

    public ulong Software { get; }

    public ulong Hijack { get; }

    /// <summary>Those of calls that went to the runtime.</summary>
    public ulong[] Transitions { get; }

    public uint CallSp { get; }

    public uint CallAddress { get; }

    public uint CallFp { get; }

    public uint StoppedContext { get; }

    public uint FaultingContext { get; }

    public uint SoftwareContext { get; }

    public uint HijackAddress { get; }

    public uint HijackSaved { get; }

    public uint HijackBytes { get; }

    public uint HijackRegisters { get; }

    public uint Block { get; }

    public uint BlockBytes { get; }

    public uint BlockAddress { get; }

    public uint BlockRegisters { get; }

    /// <summary>Numbers of registers (as in unwind codes), and where they are in a block of saved registers.</summary>
    public (int Register, uint Offset)[] SavedRegisters { get; }

    /// <summary>The registers in a CONTEXT for x64, in the order of their numbers, and its instruction pointer: the public declaration in winnt.h.</summary>
    public const uint ContextRegisters = 0x78, ContextIp = 0xF8;
}

/// <summary>Which native method a frame object of a call is for.</summary>
internal sealed class CallLayout
{
    public CallLayout(LayoutReader r)
    {
        // .NET 10.0 does not describe it.
        Target = r.Field("InlinedCallFrame", "Datum", r.Has("StackWalk", "1") ? 16u : null);
    }

    public uint Target { get; }

    /// <summary>Marks in the lowest bits of the target, and the one of a call of a function pointer; .NET 9 to 11.</summary>
    public const ulong Marks = 7, NotMethod = 1;
}

/// <summary>Strings.</summary>
internal sealed class StringLayout
{
    public StringLayout(LayoutReader r)
    {
        r.Needs("Object", "1", RuntimeLayout.C1);
        Type = r.Global("StringMethodTable");
        Length = r.Field("String", "m_StringLength");
        Characters = r.Field("String", "m_FirstChar");
    }

    /// <summary>The address of the variable with the type.</summary>
    public ulong Type { get; }

    public uint Length { get; }

    public uint Characters { get; }
}

/// <summary>The exception that a thread handles.</summary>
internal sealed class ExceptionLayout
{
    public ExceptionLayout(LayoutReader r)
    {
        r.Needs("Exception", "1", RuntimeLayout.C1);
        Tracker = r.Field("Thread", "ExceptionTracker");
        Thrown = r.Field("ExceptionInfo", "ThrownObject");
        // Before .NET 11, it is a handle.
        IsHandle = !r.Has("Exception", RuntimeLayout.C1);
        Message = r.Field("Exception", "_message");
        Inner = r.Field("Exception", "_innerException");
    }

    public uint Tracker { get; }

    public uint Thrown { get; }

    public bool IsHandle { get; }

    public uint Message { get; }

    public uint Inner { get; }
}

/// <summary>The program.</summary>
internal sealed class DomainLayout
{
    public DomainLayout(LayoutReader r)
    {
        r.Needs("Loader", "1", RuntimeLayout.C1);
        Variable = r.Global("AppDomain");
        Program = r.Field("AppDomain", "RootAssembly");
        Module = r.Field("Assembly", "Module");
    }

    /// <summary>The address of the variable with the one domain.</summary>
    public ulong Variable { get; }

    /// <summary>The program's assembly.</summary>
    public uint Program { get; }

    public uint Module { get; }
}
