namespace Stackflare.Redacting;

/// <summary>Words and names that are kept: they come from the language, the framework or the runtime, and say nothing about a program.</summary>
internal static class PublicWords
{
    /// <summary>Parts of names of code.</summary>
    public static readonly HashSet<string> OfCode = new(
    [
        // What the language adds to names, and what Stackflare makes of generated names.
        "ctor", "cctor", "lambda", "get", "set", "init", "add", "remove", "this", "operator", "implicit", "explicit", "checked", "true", "false",
        "async", "method", "anonymous", "type", "captured", "variables", "native", "dynamic", "code", "Main", "Finalize", "Dispose", "DisposeAsync", "MoveNext", "Invoke",
        "params", "ref", "out", "in", "ByRef", "T", "TResult", "TKey", "TValue", "TSource", "TState",
        // Types of parameters, which stack traces spell without their namespaces.
        "Void", "Boolean", "Byte", "SByte", "Char", "Int16", "UInt16", "Int32", "UInt32", "Int64", "UInt64", "Int128", "UInt128", "IntPtr", "UIntPtr", "Half", "Single", "Double", "Decimal", "String",
        "Object", "Type", "Exception", "Guid", "Uri", "DateTime", "DateTimeOffset", "DateOnly", "TimeOnly", "TimeSpan", "Nullable", "Array", "Span", "ReadOnlySpan", "Memory", "ReadOnlyMemory",
        "Action", "Func", "Predicate", "EventArgs", "EventHandler", "Task", "ValueTask", "CancellationToken", "CancellationTokenSource", "Thread", "Timer", "PeriodicTimer", "Stream", "List", "Dictionary",
        "HashSet", "Queue", "Stack", "IEnumerable", "IEnumerator", "IAsyncEnumerable", "IAsyncEnumerator", "IReadOnlyList", "IList", "ICollection", "IDictionary", "KeyValuePair", "Tuple", "ValueTuple",
        "IServiceProvider", "HttpContext", "TaskAwaiter", "ValueTaskAwaiter", "ConfiguredTaskAwaiter", "ConfiguredValueTaskAwaiter", "YieldAwaiter",
        // Operations of waits, and what the framework's own timers are for.
        "Accept", "Connect", "Disconnect", "Receive", "ReceiveFrom", "ReceiveMessageFrom", "Send", "SendPackets", "SendTo", "Read", "Write", "Delay", "WaitAsync", "CancelAfter",
        // The runtime's stubs.
        "IL_STUB_PInvoke", "IL_STUB_ReversePInvoke", "IL_STUB_StructMarshal", "IL_STUB_Array", "IL_STUB_UnboxingStub", "IL_STUB_InstantiatingStub", "IL_STUB_DelegateInvoke", "IL_STUB",
    ],
    StringComparer.Ordinal);

    private static readonly string[] RuntimeThreads =
    [
        ".NET BGC", ".NET Counter Poller", ".NET Debugger", ".NET DebugPipe", ".NET EventPipe", ".NET EventPipe Thread", ".NET File Watcher", ".NET Finalizer", ".NET Long Running Task",
        ".NET Network Address Change", ".NET Server GC", ".NET SigHandler", ".NET Signal Handler", ".NET Sockets", ".NET SynchManager", ".NET Tiered Compilation Worker", ".NET Timer", ".NET TP Gate",
        ".NET TP Wait", ".NET TP Worker", ".NET Wait Subsystem", "Main", "Finalizer", "dotnet",
    ];

    /// <summary>The kernel keeps 15 characters of a name.</summary>
    private const int KernelNameLength = 15;

    /// <summary>Names that the runtime gives to threads.</summary>
    public static readonly HashSet<string> OfThreads = new(RuntimeThreads.Concat(RuntimeThreads.Where(static n => n.Length > KernelNameLength).Select(static n => n[..KernelNameLength])), StringComparer.Ordinal);

    /// <summary>Methods of HTTP.</summary>
    public static readonly HashSet<string> OfRequests = new(["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"], StringComparer.Ordinal);

    /// <summary>Extensions of files.</summary>
    public static readonly HashSet<string> OfFiles = new([".cs", ".vb", ".fs", ".il", ".razor", ".cshtml", ".dll", ".exe"], StringComparer.OrdinalIgnoreCase);
}
