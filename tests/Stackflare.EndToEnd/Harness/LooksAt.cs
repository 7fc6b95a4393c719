namespace Stackflare.EndToEnd.Harness;

/// <summary>What a test looks at. Not every runtime has all of it: <see cref="Flavour.Has"/>.</summary>
[Flags]
public enum LooksAt
{
    /// <summary>Threads, methods and lines.</summary>
    Stacks = 1,

    /// <summary>What the runtime's data contract tells of a thread: its id, its name, its kind, its exception.</summary>
    Ids = 2,

    /// <summary>The thread pool's own numbers.</summary>
    Pool = 4,

    /// <summary>What threads wait for and hold.</summary>
    Locks = 8,

    /// <summary>Async methods that wait, and all that they wait for.</summary>
    Async = 16,

    /// <summary>Async methods that the compiler made state machines of. From .NET 11 on none of the platform's own are.</summary>
    StateMachines = 64,

    /// <summary>The view of a debugger, which <c>Microsoft.Diagnostics.Runtime</c> gives.</summary>
    Debugger = 32,

    /// <summary>Core files.</summary>
    Cores = 128,
}
