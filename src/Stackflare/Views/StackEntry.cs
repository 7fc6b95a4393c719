using Stackflare.Analysis;

namespace Stackflare.Views;

/// <summary>One part of the dump with a stack of its own: threads with one stack, or async stacks that are alike.</summary>
/// <param name="Threads">The threads; null for async stacks.</param>
/// <param name="Async">The async stacks; null for threads.</param>
/// <param name="Owner">Whose code the stack is.</param>
/// <param name="Place">The program's innermost frame; null if the stack has none.</param>
internal sealed record StackEntry(StackGroup? Threads, AsyncStackGroup? Async, StackOwner Owner, DumpFrame? Place)
{
    /// <summary>How many threads or async stacks the entry has.</summary>
    public long Count => Threads?.Threads.Count ?? Async!.Count;

    /// <summary>Whether it belongs to the framework, is idle, and is therefore not shown.</summary>
    public bool IsIdle { get; init; }
}
