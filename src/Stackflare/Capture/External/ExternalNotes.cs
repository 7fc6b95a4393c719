using System.Runtime.InteropServices;
using Stackflare.Processes;
using static System.FormattableString;

namespace Stackflare.Capture.External;

/// <summary>What a read from outside did and what it lacks, in sentences for the reader of the dump.</summary>
internal static class ExternalNotes
{
    public static IEnumerable<string> Of(ThreadStop stop)
    {
        yield return stop.Interrupted == 0 ? "Read from outside, without stopping a thread."
            : stop.Count == 0 ? "Read from outside: no thread stopped in time."
            : Invariant($"Read from outside: {Threads(stop.Count)} that did not wait {(stop.Count == 1 ? "was" : "were")} stopped for {stop.Length.TotalMilliseconds:0.0} ms.");
        foreach (IGrouping<SkipReason, int> skipped in stop.Skipped.GroupBy(static s => s.Value, static s => s.Key).OrderBy(static g => g.Key))
            yield return Invariant($"{Stacks(skipped.Count())} missing: {Reason(skipped.Key, skipped.Count() == 1)}.");
        string[] calls = [.. stop.EndedCalls.Select(static c => SystemCalls.Name(c, Architecture.X64)).Distinct().Order(StringComparer.Ordinal)];
        if (calls.Length > 0)
            yield return $"The stop has ended system calls of the program with EINTR, which the kernel does not restart: {string.Join(", ", calls)}.";
        yield return "Locks, and what else threads wait for, are not read from outside yet, so deadlocks are not found.";
        yield return "Async stacks and the thread pool are not read from outside yet.";
    }

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
