namespace Stackflare.Views;

/// <summary>
/// Recognizes a main thread that only waits until an async <c>Main</c> completes. Its stack is the compiler's <c>Main</c> and framework code, and says
/// nothing else.
/// </summary>
internal static class AsyncMain
{
    /// <summary>The async method that the thread waits for; null if it does something else, or if that is not known.</summary>
    public static MethodName? Of(DumpThread thread)
    {
        if (thread is not { IsMain: true, WaitingFor: { Kind: WaitKind.Task, FrameIndex: var last }, HeldLocks.Count: 0, CurrentException: null, Completeness: StackCompleteness.Complete })
            return null;
        // The caller of the wait is hidden, is called Main, and nothing else called it.
        MethodName? main = null;
        for (int i = last + 1; i < thread.Frames.Count; i++)
        {
            DumpFrame frame = thread.Frames[i];
            // Stubs, and on .NET 11 the managed code that calls the entry point.
            if (frame is { IsHidden: true, Module: null or { IsOfPlatform: true } })
                continue;
            if (main is not null || frame is not { IsHidden: true, Module.IsOfPlatform: false, Method: { Name: "Main" } method })
                return null;
            main = method;
        }
        return main;
    }
}
