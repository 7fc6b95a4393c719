using System.Globalization;

namespace Stackflare.Analysis;

/// <summary>Finds a finalizer that does not return. One thread runs all finalizers, so no other finalizer runs, and memory and handles are not released.</summary>
internal static class FinalizerFindings
{
    private const string ThreadName = ".NET Finalizer";

    private static readonly TimeSpan LongWait = TimeSpan.FromSeconds(1);

    public static IEnumerable<Finding> In(ThreadDump dump) =>
        from thread in dump.Threads
        where RunsFinalizer(thread) && thread.OffCpuTime >= LongWait && thread.ProgramFrameFrom(0) is not null
        // On .NET 10, this thread also runs the handlers of an exit. A deadlock says more.
        where !HostStoppingFindings.IsExitHandler(thread) && !dump.Deadlocks.Any(d => d.Steps.Any(s => s.Thread == thread) || d.Behind.Contains(thread))
        select new Finding(
            FindingKind.FinalizerBlocked,
            string.Create(CultureInfo.InvariantCulture, $"No finalizer runs: the finalizer thread has been in one for at least {thread.OffCpuTime!.Value.TotalSeconds:0} s"),
            [$"it is {DiagnosisText.Doing(thread)} {DiagnosisText.At(thread.ProgramFrameFrom(0))}"],
            [thread])
        {
            Frames = [new FindingFrame(thread.ProgramFrameFrom(0)!, 1)],
        };

    /// <summary>Whether it is the finalizer thread, and in a finalizer.</summary>
    public static bool RunsFinalizer(DumpThread thread) => thread is { Name: ThreadName, ManagedId.Value: ManagedThreadId.Finalizer } && thread.Frames.Any(static f => f.Module is not null);
}
