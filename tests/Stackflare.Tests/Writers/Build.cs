namespace Stackflare.Tests.Writers;

/// <summary>Parts of hand-built dumps.</summary>
internal static class Build
{
    public static readonly ModuleIdentity App = new("MyApp.dll", "/app/MyApp.dll", new Guid("6f1f3c3e-0d5a-4a53-9b7e-2f1d5d1c9a10"));
    public static readonly ModuleIdentity CoreLib =
        new("System.Private.CoreLib.dll", "/usr/share/dotnet/System.Private.CoreLib.dll", new Guid("0b1d7d0e-7a34-4c40-8b4c-9f8f5a4b7c11"));

    public static ThreadDump Dump(params IReadOnlyList<DumpThread> threads) => Dump(threads, [], []);

    public static ThreadDump Dump(IReadOnlyList<DumpThread> threads, IReadOnlyList<RuntimeThread> runtimeThreads, IReadOnlyList<string> notes,
        DumpedProcess? process = null) => new()
        {
            Process = process ?? Process(),
            CapturedAt = new DateTimeOffset(2026, 11, 22, 17, 35, 0, 123, TimeSpan.Zero),
            Timings = new CaptureTimings(Ms(0.4), Ms(0.1), Ms(0.25), Ms(1.5), 2),
            Threads = threads,
            RuntimeThreads = runtimeThreads,
            Notes = notes,
        };

    public static DumpedProcess Process(string name = "MyApp", string version = "10.0.12") => new()
    {
        Id = 4242,
        Name = name,
        RuntimeVersion = Version.Parse(version),
        Platform = "linux-x64",
        Uptime = new TimeSpan(3, 12, 40),
    };

    public static DumpThread Thread(int id, string? name, ThreadActivity activity, IReadOnlyList<DumpFrame> frames, bool main = false,
        bool? background = true, bool? pool = false, double? cpu = 3, DumpException? exception = null, bool own = false, bool managedId = true,
        StackCompleteness? completeness = null) => new()
        {
            OsId = new OsThreadId(4241 + id),
            ManagedId = managedId ? new ManagedThreadId(id) : null,
            Name = name,
            IsMain = main,
            Activity = activity,
            IsBackground = background,
            IsThreadPool = pool,
            CpuTime = cpu is { } ms ? Ms(ms) : null,
            HasExactCpuTime = cpu is not null,
            CurrentException = exception,
            Frames = frames,
            Completeness = completeness ?? (frames.Count == 0 ? StackCompleteness.NoManagedFrames : StackCompleteness.Complete),
            IsOwn = own,
        };

    public static DumpException Exception(string type, string? message = null, DumpException? inner = null) => new() { Type = type, Message = message, Inner = inner };

    /// <summary>A frame of the program, with source.</summary>
    public static DumpFrame Frame(string name, int line, string? text, string parameters = "", string type = "MyApp.Program",
        string typeParameters = "", string path = "/src/Program.cs", SourceTextOrigin origin = SourceTextOrigin.File, bool hidden = false,
        IReadOnlyList<string>? typeArguments = null) => new()
        {
            Kind = FrameKind.Managed,
            Method = new MethodName(type, name, typeParameters, parameters),
            Source = new SourceLocation(path, line, 9, text, origin),
            Symbols = SymbolStatus.Found,
            Module = App,
            MetadataToken = 0x06000010 + (line & 0xf),
            ILOffset = line,
            Address = new CodeAddress(0x7f0012340000 + (ulong)line),
            IsHidden = hidden,
            TypeArguments = typeArguments ?? [],
        };

    /// <summary>A frame of the platform, without symbols.</summary>
    public static DumpFrame Platform(string type, string name, string? parameters = "", bool hidden = false, ModuleIdentity? module = null,
        SymbolStatus symbols = SymbolStatus.NoPdb) => new()
        {
            Kind = FrameKind.Managed,
            Method = new MethodName(type, name, "", parameters),
            Symbols = symbols,
            Module = module ?? CoreLib,
            MetadataToken = 0x06001234,
            ILOffset = null,
            Address = new CodeAddress(0x7f0056780000),
            IsHidden = hidden,
        };

    /// <summary>An async method of the program that waits.</summary>
    public static DumpFrame Async(string name, int line, string? text, string parameters = "", string type = "MyApp.Program", string path = "/src/Program.cs", bool hidden = false) => new()
    {
        Kind = FrameKind.Async,
        Method = new MethodName(type, name, "", parameters),
        Source = new SourceLocation(path, line, 9, text, SourceTextOrigin.File),
        Symbols = SymbolStatus.Found,
        Module = App,
        MetadataToken = 0x06000010 + (line & 0xf),
        ILOffset = line,
        IsHidden = hidden,
    };

    /// <summary>One of the platform, without symbols.</summary>
    public static DumpFrame PlatformAsync(string type, string name, string? parameters = "") => new()
    {
        Kind = FrameKind.Async,
        Method = new MethodName(type, name, "", parameters),
        Symbols = SymbolStatus.NoPdb,
        Module = CoreLib,
        MetadataToken = 0x06001234,
        ILOffset = 77,
    };

    public static AsyncStack Stack(AsyncWait wait, params IReadOnlyList<DumpFrame> frames) => new() { Frames = frames, WaitingFor = wait };

    public static AsyncWait For(AsyncWaitKind kind, string? type = null, ulong? at = null, string? operation = null, double? due = null, int? done = null, int? total = null, string? remote = null,
        params IReadOnlyList<AsyncStack> unfinished) => new()
        {
            Kind = kind,
            Type = type,
            Object = at is { } address ? new ObjectAddress(address) : null,
            Operation = operation,
            RemoteEnd = remote,
            DueIn = due is { } seconds ? Ms(seconds * 1000) : null,
            Pending = total is { } of ? Math.Max(0, of - (done ?? 0)) : null,
            Total = total,
            Unfinished = unfinished,
        };

    public static ThreadDump AsyncDump(IReadOnlyList<DumpThread> threads, params IReadOnlyList<AsyncStack> stacks) => new()
    {
        Process = Process(),
        CapturedAt = new DateTimeOffset(2026, 11, 22, 17, 35, 0, 123, TimeSpan.Zero),
        Timings = new CaptureTimings(Ms(6.4), Ms(0.1), Ms(0.25), Ms(1.5), 2) { Heap = Ms(5.5) },
        Threads = threads,
        RuntimeThreads = [],
        HasAsyncStacks = true,
        AsyncStacks = stacks,
    };

    public static DumpFrame Native { get; } = new()
    {
        Kind = FrameKind.Native,
        Method = new MethodName("", "[native code]", "", null),
        Symbols = SymbolStatus.NotApplicable,
    };

    public static DumpFrame Dynamic { get; } = new()
    {
        Kind = FrameKind.Dynamic,
        Method = new MethodName("", "Compiled", "", null),
        Symbols = SymbolStatus.NotApplicable,
        Address = new CodeAddress(0x7f0099990000),
    };

    private static TimeSpan Ms(double ms) => TimeSpan.FromTicks((long)(ms * TimeSpan.TicksPerMillisecond));
}
