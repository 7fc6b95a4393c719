using System.Runtime.InteropServices;
using Stackflare.Processes;
using Stackflare.Snapshots.Format;
using static System.FormattableString;

namespace Stackflare.Capture.External;

/// <summary>What a read from outside did and what it lacks, in sentences for the reader of the dump.</summary>
internal static class ExternalNotes
{
    public const string Swapped = "Async stacks are missing: a part of the process's memory is on a swap device, and reading it would bring it back. " + CaptureNotes.AsyncHint;

    public const string WithoutHeap = "Async stacks are missing: the program ran while its heap was read.";

    /// <param name="stops">What was stopped: the last one counts, the others were for nothing.</param>
    /// <param name="isStill">Whether no thread ran during the read.</param>
    /// <param name="remedy">How to have what is missing of a process that runs.</param>
    /// <param name="withoutHeap">Why the heap was not read; null if it was, or is not wanted.</param>
    public static IEnumerable<string> Of(IReadOnlyList<ThreadStop> stops, bool isStill, string remedy, string? withoutHeap = null)
    {
        int count = stops.Sum(static s => s.Count);
        // In a process that stands still, only threads are held that were stopped before.
        yield return isStill || stops.All(static s => s.Interrupted == 0) ? "Read from outside, without stopping a thread."
            : count == 0 ? "Read from outside: no thread stopped in time."
            : Invariant($"Read from outside: {Threads(stops[^1].Count)} that did not wait {(stops[^1].Count == 1 ? "was" : "were")} stopped for {Length(stops).TotalMilliseconds:0.0} ms.");
        foreach (IGrouping<SkipReason, int> skipped in stops[^1].Skipped.GroupBy(static s => s.Value, static s => s.Key).OrderBy(static g => g.Key))
            yield return Invariant($"{Stacks(skipped.Count())} missing: {Reason(skipped.Key, skipped.Count() == 1)}.");
        string[] calls = [.. stops.SelectMany(static s => s.EndedCalls).Select(static c => SystemCalls.Name(c, Architecture.X64)).Distinct().Order(StringComparer.Ordinal)];
        if (calls.Length > 0)
            yield return $"The stop has ended system calls of the program with EINTR, which the kernel does not restart: {string.Join(", ", calls)}.";
        if (isStill && withoutHeap is not null)
            yield return withoutHeap;
        if (!isStill)
            yield return $"Locks, deadlocks, async stacks and the thread pool are missing: from outside, they are read only while no thread of the process runs. {remedy}";
    }

    /// <summary>How long threads were stopped in all.</summary>
    public static TimeSpan Length(IEnumerable<ThreadStop> stops) => stops.Aggregate(TimeSpan.Zero, static (sum, s) => sum + s.Length);

    /// <summary>Why the runtime was not asked. Contains names of the program.</summary>
    public static IEnumerable<string> Why(StackflareException? reason) => reason is null ? [] : [$"The probe could not be used: {reason.Problem}"];

    private static string Reason(SkipReason reason, bool isOne) => reason switch
    {
        SkipReason.Uninterruptible => isOne ? "it sleeps in the kernel and cannot be interrupted" : "they sleep in the kernel and cannot be interrupted",
        SkipReason.Traced => isOne ? "a debugger or another tracer holds it" : "a debugger or another tracer holds them",
        SkipReason.Refused => isOne ? "it runs, and the kernel refuses to stop it (ptrace)" : "they run, and the kernel refuses to stop them (ptrace)",
        SkipReason.BeganOrEnded => isOne ? "it began or ended while others were copied" : "they began or ended while others were copied",
        _ => isOne ? "it did not stop in time" : "they did not stop in time",
    };

    private static string Threads(int count) => Invariant($"{count:N0} {(count == 1 ? "thread" : "threads")}");

    private static string Stacks(int count) => count == 1 ? "The stack of one thread is" : Invariant($"The stacks of {count:N0} threads are");
}
