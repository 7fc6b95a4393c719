using System.Globalization;
using Stackflare.Snapshots;
using Stackflare.Snapshots.Format;

namespace Stackflare.Building.Async;

/// <summary>The sentences of a dump that say which async methods it does not have.</summary>
internal static class AsyncNotes
{
    private const string HowToAsk = "The option Async (--async) looks for them all the same.";

    /// <param name="snapshot">The snapshot.</param>
    /// <param name="stacks">What was made of its heap; null if nothing was.</param>
    public static IEnumerable<string> Of(RawSnapshot snapshot, AsyncStackBuilder? stacks)
    {
        switch (snapshot.HeapOmission)
        {
            case HeapOmission.OtherMain:
                yield return "Async methods that wait are not known: another profiler is attached to the program, and the heap can be looked through for one only.";
                break;
            case HeapOmission.OthersBeside:
                yield return "Async methods that wait were not looked for: the program was started with a notification-only profiler, which would be told of nothing from then on.";
                break;
            case HeapOmission.MainForbidden when snapshot.Info.RuntimeMajor >= 9:
                yield return string.Create(
                    CultureInfo.InvariantCulture,
                    $"Async methods that wait were not looked for: on .NET {snapshot.Info.RuntimeMajor} that takes the main profiler's place, and an option or a variable forbids it.");
                break;
        }
        if (snapshot.Heap is not { Info: var info })
            yield break;
        switch (info.Status)
        {
            // Before .NET 9 they are missing with the locks; see DumpNotes.
            case HeapStatus.Unavailable or HeapStatus.Unknown when snapshot.Info.RuntimeMajor >= 9 && !snapshot.Info.Lacking.HasFlag(SnapshotParts.Async):
                yield return "Async methods that wait are not available: this runtime keeps them in a way that is not known.";
                break;
            case HeapStatus.TooLarge:
                yield return string.Create(
                    CultureInfo.InvariantCulture,
                    $"Async methods that wait were not looked for: the program has {info.HeapBytes >> 20:N0} MiB of memory, and would have to stand still meanwhile. {HowToAsk}");
                break;
            case HeapStatus.Collecting:
                yield return "Async methods that wait are not known: a background garbage collection was under way. Try again.";
                break;
            case HeapStatus.NeedsMain when snapshot.HeapOmission == HeapOmission.None:
                yield return "Async methods that wait are not known: where the heap is could not be read. Try again.";
                break;
            case HeapStatus.Refused:
                yield return string.Create(CultureInfo.InvariantCulture, $"Async methods that wait are not known: the runtime refused to look through the heap (0x{info.HResult:X8}).");
                break;
        }
        if (info.Flags.HasFlag(HeapFlags.PartLost))
            yield return "Some async methods that wait may be missing: a part of the heap was not as it should be.";
        if (info.Flags.HasFlag(HeapFlags.ReferencesTruncated))
            yield return "What some async methods wait for may be missing: an object has more references than are followed.";
        if (info.Flags.HasFlag(HeapFlags.Unreadable))
        {
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"Async methods that the runtime itself suspends (runtime-async) are missing: .NET {snapshot.Info.RuntimeMajor} does not tell where they wait, .NET 11 does.");
        }
        if (info.Flags.HasFlag(HeapFlags.TimeTruncated))
        {
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"Some async methods that wait are missing: of the heap, {info.SeenObjects:N0} objects were looked at until the limit on the pause was reached. {HowToAsk}");
        }
        else if ((info.Flags & (HeapFlags.ObjectsTruncated | HeapFlags.BytesTruncated)) != 0 || stacks is { IsTruncated: true })
        {
            yield return "Some async methods that wait are missing: there are too many.";
        }
    }
}
