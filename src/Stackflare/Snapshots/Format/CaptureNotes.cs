using static System.FormattableString;

namespace Stackflare.Snapshots.Format;

/// <summary>Notes about what the probe could not provide.</summary>
internal static class CaptureNotes
{
    /// <summary>How to get async methods. The tool replaces it by its own option.</summary>
    internal const string AsyncHint = "The option AsyncStacks includes them anyway.";

    public static IReadOnlyList<string> Describe(RawSnapshot snapshot)
    {
        var notes = new List<string>();
        int threads = snapshot.Threads.Length;
        InfoRecord info = snapshot.Info;
        if (info.Flags.HasFlag(InfoFlags.ThreadsTruncated))
            notes.Add(Invariant($"Only {threads:N0} of {info.ThreadTotal:N0} threads are listed: the limit on threads was reached."));
        if (info.Flags.HasFlag(InfoFlags.TimeTruncated))
        {
            int late = snapshot.Threads.Count(t => t.Flags.HasFlag(ThreadFlags.NotWalked));
            notes.Add(late == 0 ? "Some stacks are cut short: the limit on the pause was reached." : Invariant($"{late:N0} threads have no stack: the limit on the pause was reached before their turn."));
        }
        if (info.Flags.HasFlag(InfoFlags.FramesTruncated))
            notes.Add("Some stacks are cut short or missing: the limit on frames was reached.");
        if (info.Flags.HasFlag(InfoFlags.TablesTruncated))
            notes.Add("Some names are missing: the snapshot was full, or the limit on the pause was reached.");
        if (snapshot.Functions.Any(f => f.Flags.HasFlag(FunctionFlags.ArgsTruncated)))
            notes.Add("Some methods have more type arguments than are shown.");
        if (snapshot.Modules.Any(m => m.Flags.HasFlag(ModuleFlags.ImageTruncated)))
            notes.Add("Some assemblies that have no file were not copied, and their methods have no names or lines: the limit on bytes or on the pause was reached.");
        if (info.Flags.HasFlag(InfoFlags.DebugInfoOff))
            notes.Add("There are no lines: the process runs with DOTNET_EnableDiagnostics_Debugger=0, so that the runtime keeps no map from code to source.");
        if (MissingParts.Note(info) is { } missing)
            notes.Add(missing);
        if (!info.Flags.HasFlag(InfoFlags.Contract) && !info.Lacking.HasFlag(SnapshotParts.Threads))
        {
            notes.Add(info.RuntimeMajor < 9
                ? $".NET {info.RuntimeMajor} does not provide managed thread ids, states and full thread names; names are the kernel's, 15 characters at most."
                : "The runtime does not provide managed thread ids, states and full thread names; names are the kernel's, 15 characters at most.");
        }
        if (!info.Flags.HasFlag(InfoFlags.Locks) && !info.Flags.HasFlag(InfoFlags.Sample) && !info.Lacking.HasFlag(SnapshotParts.Locks))
        {
            notes.Add(info.RuntimeMajor < 9
                ? $"Locks, deadlocks and async stacks are not available on .NET {info.RuntimeMajor}: they need .NET 9 or later."
                : "Locks and deadlocks are not available: the data layout of this runtime is not known.");
        }
        if (info.Flags.HasFlag(InfoFlags.LocksTruncated))
        {
            notes.Add("Some locks, or objects that threads wait for, are missing: a limit was reached, on their number or on the pause.");
        }
        if (snapshot.WalkWasRefused)
            notes.Add("There are no stacks: another profiler is attached to the program, and the runtime does not let a second one walk stacks.");
        if (snapshot.Frames.Any(f => f.Flags.HasFlag(FrameFlags.OffsetLost) && !IsDynamic(snapshot, f)))
            notes.Add("Methods in collectible load contexts have no lines: on this runtime, their code cannot be kept alive after the pause.");
        notes.AddRange(HeapNotes(snapshot));
        return notes;
    }

    private static bool IsDynamic(RawSnapshot snapshot, in FrameRecord frame) =>
        frame.Function == SnapshotConstants.None || snapshot.Functions[frame.Function].Flags.HasFlag(FunctionFlags.Dynamic);

    private static IEnumerable<string> HeapNotes(RawSnapshot snapshot)
    {
        switch (snapshot.HeapOmission)
        {
            case HeapOmission.OtherMain:
                yield return "Async stacks are not available: another profiler is attached to the program, and only one profiler can read the heap.";
                break;
            case HeapOmission.OthersBeside:
                yield return "Async stacks are not included: the program was started with a notification-only profiler, which would get no more notifications.";
                break;
            case HeapOmission.MainForbidden when snapshot.Info.RuntimeMajor >= 9:
                yield return Invariant($"Async stacks are not included: on .NET {snapshot.Info.RuntimeMajor} they need the main profiler slot, and an option or a variable forbids it.");
                break;
            case HeapOmission.Held:
                yield return Invariant($"Async stacks are not included: on .NET {snapshot.Info.RuntimeMajor} they are not available once the process has begun to exit.");
                break;
        }
        if (snapshot.Heap is not { Info: var info })
            yield break;
        switch (info.Status)
        {
            // Before .NET 9, they are missing together with the locks; see above.
            case HeapStatus.Unavailable or HeapStatus.Unknown when snapshot.Info.RuntimeMajor >= 9 && !snapshot.Info.Lacking.HasFlag(SnapshotParts.Async):
                yield return "Async stacks are not available: the data layout of this runtime is not known.";
                break;
            case HeapStatus.TooLarge:
                yield return Invariant($"Async stacks are not included: the program has {info.HeapBytes >> 20:N0} MiB of memory, so reading the heap would take a long pause. {AsyncHint}");
                break;
            case HeapStatus.Collecting:
                yield return "Async stacks are not available: a background garbage collection was running. Try again.";
                break;
            case HeapStatus.NeedsMain when snapshot.HeapOmission == HeapOmission.None:
                yield return "Async stacks are not available: the location of the heap could not be read. Try again.";
                break;
            case HeapStatus.Refused:
                yield return Invariant($"Async stacks are not available: the runtime refused to enumerate the heap (0x{info.HResult:X8}).");
                break;
        }
        if (info.Flags.HasFlag(HeapFlags.PartLost))
            yield return "Some async stacks may be missing: a part of the heap was inconsistent.";
        if (info.Flags.HasFlag(HeapFlags.ReferencesTruncated))
            yield return "What some async methods wait for may be missing: an object has more references than are followed.";
        if (info.Flags.HasFlag(HeapFlags.Unreadable))
        {
            yield return Invariant($"Methods that use runtime-async are missing from the async stacks: .NET {snapshot.Info.RuntimeMajor} does not record where they wait, .NET 11 does.");
        }
        if (info.Flags.HasFlag(HeapFlags.TimeTruncated))
        {
            yield return Invariant($"Some async stacks are missing: the limit on the pause was reached after {info.SeenObjects:N0} objects of the heap. {AsyncHint}");
        }
        else if ((info.Flags & (HeapFlags.ObjectsTruncated | HeapFlags.BytesTruncated)) != 0)
        {
            yield return SnapshotHeap.TooMany;
        }
    }
}
