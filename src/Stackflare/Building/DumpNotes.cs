using Stackflare.Capture.Probe;
using Stackflare.Snapshots;
using Stackflare.Snapshots.Format;
using static System.FormattableString;

namespace Stackflare.Building;

/// <summary>The sentences of a dump that say what could not be had.</summary>
internal static class DumpNotes
{
    public static IReadOnlyList<string> Of(RawSnapshot snapshot, int threads)
    {
        var notes = new List<string>();
        InfoRecord info = snapshot.Info;
        if (info.Flags.HasFlag(InfoFlags.ThreadsTruncated))
            notes.Add(Invariant($"Only {threads:N0} of {info.ThreadTotal:N0} threads are listed: the limit on threads was reached."));
        if (info.Flags.HasFlag(InfoFlags.TimeTruncated))
        {
            int late = snapshot.Threads.Count(t => t.Flags.HasFlag(ThreadFlags.NotWalked));
            notes.Add(Invariant($"{late:N0} threads have no stack: the limit on the pause was reached before their turn."));
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
                ? $".NET {info.RuntimeMajor} does not give managed thread ids, states and long thread names; names are the kernel's, 15 characters at most."
                : "The runtime does not give managed thread ids, states and long thread names; names are the kernel's, 15 characters at most.");
        }
        if (!info.Flags.HasFlag(InfoFlags.Locks) && !info.Lacking.HasFlag(SnapshotParts.Locks))
        {
            notes.Add(info.RuntimeMajor < 9
                ? $"Locks, deadlocks and async methods that wait are not available: .NET {info.RuntimeMajor} gives no way to read them, .NET 9 does."
                : "Locks and deadlocks are not available: this runtime keeps them in a way that is not known.");
        }
        if (info.Flags.HasFlag(InfoFlags.LocksTruncated))
        {
            notes.Add("Some locks, or what threads wait for, are missing: a limit was reached, on their number or on the pause.");
        }
        if (ProfilerPlaces.WasOverlooked(snapshot))
            notes.Add("There are no stacks: another profiler is attached to the program, and the runtime lets no second one walk them any more.");
        if (snapshot.Frames.Any(f => f.Flags.HasFlag(FrameFlags.OffsetLost) && !IsDynamic(snapshot, f)))
            notes.Add("Methods in collectible load contexts have no lines: this runtime gives no way to keep their code alive after the pause.");
        return notes;
    }

    private static bool IsDynamic(RawSnapshot snapshot, in FrameRecord frame) =>
        frame.Function == SnapshotLayout.None || snapshot.Functions[frame.Function].Flags.HasFlag(FunctionFlags.Dynamic);
}
