using System.Diagnostics;
using System.Reflection;
using Stackflare.Processes;
using Stackflare.Runtime;
using Stackflare.Snapshots;

namespace Stackflare.Tests.Symbols;

/// <summary>The snapshot that a capture of given frames would have yielded: of one thread, which stands in all of them.</summary>
internal sealed class CodeSnapshot
{
    private readonly SnapshotBuilder _builder = new() { Host = Host, RuntimeVersion = new Version(10, 0) };
    private readonly List<int> _stack = [];
    private readonly Dictionary<Module, int> _known = [];

    public static ProcessFacts Host { get; } = new()
    {
        ProcessId = 1,
        ProgramName = "Shop",
        Platform = "linux-x64",
        Tasks = KernelTasks.FromSnapshot(new Dictionary<int, TaskStat>()),
    };

    /// <summary>Nothing but the process.</summary>
    public static OutsideFacts Outside { get; } = new(Host, new Dictionary<int, StoppedThread>(), default);

    /// <summary>The paths of modules are what this makes of them.</summary>
    public Func<string, string> PathOf { get; init; } = path => path;

    public int Module(string? path, Guid? mvid, byte[]? image = null, byte[]? symbols = null, bool isMapped = false, bool isDynamic = false) =>
        _builder.Add(new SnapshotModule { Path = path, Mvid = mvid, Image = image, Symbols = symbols, IsImageMapped = isMapped, IsDynamic = isDynamic });

    public int Module(Module module)
    {
        if (!_known.TryGetValue(module, out int index))
            _known[module] = index = Module(PathOf(module.FullyQualifiedName), module.ModuleVersionId);
        return index;
    }

    public int Type(int? module, int token, params int?[] arguments) => _builder.Add(new SnapshotType { Module = module, Token = (uint)token, Arguments = arguments });

    public int Type(Type type, params int?[] arguments) => Type(Module(type.Module), type.MetadataToken, arguments);

    public int Array(int element, int rank) => _builder.Add(new SnapshotType { IsArray = true, Rank = rank, Arguments = new int?[] { element } });

    public int Method(
        int? module, int token, string? name = null, string? type = null, byte[]? signature = null, bool isDynamic = false, int? declaringType = null, params int?[] arguments) =>
        _builder.Add(new SnapshotMethod
        {
            Module = module,
            Token = (uint)token,
            Name = name,
            TypeName = type,
            Signature = signature,
            IsDynamic = isDynamic,
            DeclaringType = declaringType,
            TypeArguments = arguments,
        });

    public int Method(MethodBase method) => Method(Module(method.Module), method.MetadataToken);

    /// <param name="method">The method; null for native code.</param>
    /// <param name="offset">Where in its IL; negative where that is not known.</param>
    public CodeSnapshot Frame(int? method, int offset = 0)
    {
        _stack.Add(_builder.Add(new SnapshotFrame { Method = method, ILOffset = offset < 0 ? null : offset, Address = 0x1000 + (ulong)_stack.Count }));
        return this;
    }

    public CodeSnapshot Frames(IEnumerable<StackFrame> frames)
    {
        foreach (StackFrame frame in frames)
            Frame(Method(frame.GetMethod()!), frame.GetILOffset());
        return this;
    }

    /// <param name="exception">The type of the exception that the thread handles.</param>
    public Snapshot Build(int? exception = null)
    {
        _builder.Add(new SnapshotThread { OsId = 1, Stack = _stack.ToArray(), ExceptionType = exception });
        return _builder.Build();
    }
}
