using Stackflare.Analysis;
using Stackflare.Snapshots;

namespace Stackflare.Capture;

/// <summary>Dumps with only the kernel's view of a process's threads, if its runtime does not answer.</summary>
/// <param name="host">The process.</param>
/// <param name="runtime">The version of its runtime; null if not known.</param>
/// <param name="error">Why there are no stacks.</param>
/// <param name="outside">Why the process cannot be read from outside; null if that was not tried.</param>
internal sealed class KernelDumpSource(ProcessFacts host, Version? runtime, StackflareException error, StackflareException? outside) : IDumpSource
{
    public ThreadDump Dump(CancellationToken cancellationToken)
    {
        RuntimeThread[] threads = [.. host.Tasks.Waiting()];
        return new ThreadDump
        {
            Process = host.Process(runtime),
            CapturedAt = DateTimeOffset.UtcNow,
            Timings = new CaptureTimings(TimeSpan.Zero, TimeSpan.Zero, TimeSpan.Zero, TimeSpan.Zero, 0),
            HasStacks = false,
            Threads = [],
            RuntimeThreads = threads,
            Findings = [.. SuspensionFindings.In(error, threads)],
            Notes =
            [
                "Only the kernel's view of the threads is available: " + error.Problem,
                .. outside is null ? (string[])[] : [$"Stacks cannot be read from outside either: {outside.Problem} {outside.Remedy}"],
            ],
        };
    }
}
