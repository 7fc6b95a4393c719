namespace Stackflare.Views;

/// <summary>Idle threads of the framework that are shown in one line.</summary>
/// <param name="Method">The method that says what the threads are for; null if they have no managed frames.</param>
internal sealed record IdleGroup(MethodName? Method)
{
    /// <summary>The threads, in the order of the dump; at least one.</summary>
    public List<DumpThread> Threads { get; } = [];
}
