using Stackflare.Analysis;

namespace Stackflare.Building.Waits;

/// <summary>
/// Finds which thread runs what another thread waits for inside the runtime or the framework: a static constructor, the callback of a cancellation, or
/// the finalizers. No object connects the two threads, but their stacks do.
/// </summary>
internal static class RuntimeWaits
{
    private const string StaticConstructor = ".cctor", CoreLib = "System.Private.CoreLib.dll";

    /// <summary>Sets what the threads wait for. They have their frames and their other waits.</summary>
    public static void Find(IReadOnlyList<DumpThread> threads)
    {
        List<ClassInit>? running = null;
        foreach (DumpThread thread in threads)
        {
            switch (thread.WaitingFor)
            {
                case { Kind: WaitKind.CancellationCallback } wait:
                    wait.Runners = Only(threads.Where(t => t != thread && RunsCallbacks(t)));
                    break;
                case { Kind: WaitKind.Finalizers } wait:
                    wait.Runners = Only(threads.Where(t => t != thread && FinalizerFindings.RunsFinalizer(t)));
                    break;
                case null when InitFramesOf(thread) is > 0 and var frames:
                    thread.WaitingFor = WaitForClass(thread, frames, running ??= [.. threads.SelectMany(Running)]);
                    break;
            }
        }
    }

    /// <summary>
    /// The wait of a thread that is asleep in the runtime's code that runs static constructors: another thread runs the static constructor of the
    /// class. If several threads run static constructors, the class must be the one whose method entered that code.
    /// </summary>
    private static DumpWait? WaitForClass(DumpThread thread, int frames, List<ClassInit> running)
    {
        // Stubs of the runtime can be between this code and its caller.
        DumpFrame? caller = thread.Frames.Skip(frames).FirstOrDefault(static f => f.Module is not null);
        List<ClassInit> others = running.FindAll(r => r.Thread != thread);
        List<ClassInit> same = others.FindAll(r => caller is not null && r.Frame.Method.DeclaringType == caller.Method.DeclaringType && r.Frame.Module == caller.Module);
        if (same.Count > 0)
            others = same;
        if (others.Count == 0 || others.Exists(o => o.Thread != others[0].Thread))
            return null;
        return new DumpWait
        {
            Kind = WaitKind.StaticConstructor,
            FrameIndex = frames - 1,
            ObjectType = others.Count == 1 ? others[0].Frame.Method.DeclaringType : null,
            Timeout = Timeout.InfiniteTimeSpan,
            AtLeast = thread.OffCpuTime,
            Runners = [others[0].Thread],
        };
    }

    /// <summary>The number of innermost frames of a sleeping thread that belong to the runtime's code for static constructors.</summary>
    private static int InitFramesOf(DumpThread thread)
    {
        if (thread.Activity != ThreadActivity.Waiting)
            return 0;
        int end = 0;
        for (int i = 0; i < thread.Frames.Count; i++)
        {
            DumpFrame frame = thread.Frames[i];
            if (IsInit(frame))
                end = i + 1;
            else if (frame.Module is not null)
                break;
        }
        return end;
    }

    private static bool IsInit(DumpFrame frame) => frame.Module is { Name: CoreLib } && frame.Method switch
    {
        { DeclaringType: "System.Runtime.CompilerServices.InitHelpers" or "System.Runtime.CompilerServices.StaticsHelpers" or "System.Runtime.CompilerServices.GenericsHelpers" } => true,
        { DeclaringType: "System.Runtime.CompilerServices.RuntimeHelpers", Name: "RunClassConstructor" or "RunModuleConstructor" } => true,
        _ => false,
    };

    private static IEnumerable<ClassInit> Running(DumpThread thread) =>
        from frame in thread.Frames
        where frame is { Kind: FrameKind.Managed, Method.Name: StaticConstructor }
        select new ClassInit(thread, frame);

    private static bool RunsCallbacks(DumpThread thread) => thread.Frames.Any(static f =>
        f is { Module.Name: CoreLib, Method: { DeclaringType: "System.Threading.CancellationTokenSource", Name: "ExecuteCallbackHandlers" } });

    private static IReadOnlyList<DumpThread> Only(IEnumerable<DumpThread> threads) => threads.Take(2).ToArray() is [var only] ? [only] : [];

    /// <summary>A thread that runs a static constructor.</summary>
    private readonly record struct ClassInit(DumpThread Thread, DumpFrame Frame);
}
