namespace Stackflare.Bench.Tools;

/// <summary>Who prints the threads of another process here.</summary>
internal enum ToolKind
{
    /// <summary>The stackflare tool, every stack and every frame printed.</summary>
    StackflareEverything,

    /// <summary>The stackflare tool as it comes: one text for all threads that have the same stack.</summary>
    StackflareDefault,

    /// <summary>A report by a session of the runtime's sampling profiler: a program of ours.</summary>
    EventPipe,

    /// <summary>The runtime team's tool, which does the same.</summary>
    DotnetStack,

    /// <summary>A report by the runtime's debugging interface: a program of ours.</summary>
    Debugger,

    /// <summary>The native debugger.</summary>
    Gdb,

    /// <summary>The JDK's tool, on a JVM.</summary>
    Jstack,
}
