namespace Stackflare.Redacting;

/// <summary>Lists the frames of a dump.</summary>
internal static class AllFrames
{
    /// <summary>Each frame object once.</summary>
    public static HashSet<DumpFrame> Of(ThreadDump dump)
    {
        var frames = new HashSet<DumpFrame>();
        foreach (DumpThread thread in dump.Threads)
        {
            frames.UnionWith(thread.Frames);
            frames.UnionWith(thread.AsyncCallers);
        }
        var seen = new HashSet<AsyncStack>();
        var open = new Stack<AsyncStack>(dump.AsyncStacks);
        while (open.TryPop(out AsyncStack? stack))
        {
            if (!seen.Add(stack))
                continue;
            frames.UnionWith(stack.Frames);
            foreach (AsyncStack inner in stack.WaitingFor.Unfinished)
                open.Push(inner);
        }
        return frames;
    }
}
