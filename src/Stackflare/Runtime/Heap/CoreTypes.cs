using Stackflare.Runtime.Types;

namespace Stackflare.Runtime.Heap;

/// <summary>The types of CoreLib that matter for async methods.</summary>
internal enum CoreType
{
    None,
    Box,
    PooledBox,
    Task,
    SuspendedTask,
    Continuation,
    TaskContinuation,
    SourceContinuation,
    Dispatcher,
    Timer,
    Semaphore,
    Machine,
    Source,
    SourceOf,
    AsyncResult,
    Disposable,
    Array,
}

/// <summary>Finds the types of CoreLib by their names, and recognizes them by their numbers in its metadata.</summary>
internal sealed class CoreTypes
{
    private const string Nested = "", Threading = "System.Threading", Tasks = "System.Threading.Tasks", Sources = "System.Threading.Tasks.Sources",
        Compiler = "System.Runtime.CompilerServices", Base = "System";

    /// <summary>In the order of the enumeration.</summary>
    private static readonly (string Space, string Name)[] Names =
    [
        (Nested, "AsyncStateMachineBox`1"), (Nested, "StateMachineBox`1"), (Tasks, "Task"), (Nested, "RuntimeAsyncTask`1"), (Compiler, "Continuation"),
        (Compiler, "RuntimeAsyncTaskContinuation"), (Nested, "ValueTaskSourceContinuation"), (Compiler, "AsyncDispatcherInfo"), (Threading, "TimerQueueTimer"),
        (Threading, "SemaphoreSlim"), (Compiler, "IAsyncStateMachine"), (Sources, "IValueTaskSource"), (Sources, "IValueTaskSource`1"), (Base, "IAsyncResult"),
        (Base, "IDisposable"), (Base, "Array"),
    ];

    private readonly uint[] _numbers;
    private readonly Dictionary<uint, CoreType> _types = [];

    private CoreTypes(ModuleMap map, ulong module, uint[] numbers)
    {
        (Map, Module, _numbers) = (map, module, numbers);
        for (int i = 0; i < numbers.Length; i++)
            _types.TryAdd(numbers[i], (CoreType)(i + 1));
        _types.Remove(0);
    }

    /// <summary>CoreLib's module.</summary>
    public ulong Module { get; }

    public ModuleMap Map { get; }

    /// <summary>Finds the types; null if CoreLib's metadata is missing.</summary>
    public static CoreTypes? Find(ProcessMemory memory, RuntimeLayout layout, TypeFields fields)
    {
        ulong module = CoreLib.Find(memory, layout);
        uint[] numbers = module == 0 ? [] : fields.TypesNamed(module, Names);
        return numbers.Length == 0 || layout.Locks.Maps is not { } map || numbers[(int)CoreType.Task - 1] == 0 || numbers[(int)CoreType.Box - 1] == 0
            ? null
            : new CoreTypes(new ModuleMap(memory, map, module), module, numbers);
    }

    /// <summary>Which type has a number in a module's metadata.</summary>
    public CoreType Of(ulong module, uint number) => module == Module ? _types.GetValueOrDefault(number) : CoreType.None;

    /// <summary>The type itself; for a generic one, its definition; 0 if the program has not used it.</summary>
    /// <exception cref="MissingMemoryException">A part of the module's map is missing.</exception>
    public ulong Loaded(CoreType type) => Map.TypeOf(_numbers[(int)type - 1]);
}
