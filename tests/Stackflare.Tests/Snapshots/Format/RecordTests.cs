using System.Runtime.InteropServices;
using Stackflare.Processes;
using Stackflare.Snapshots;
using Stackflare.Snapshots.Format;

namespace Stackflare.Tests.Snapshots.Format;

/// <summary>Files outlive versions: records grow at their end only.</summary>
public sealed class RecordTests
{
    /// <summary>What was once written can be read for ever: a new record gets a line here, and none is changed.</summary>
    private static readonly string[] FirstSizes =
    [
        "BlockerRecord 24", "BusyRecord 24", "DueTimerRecord 24", "ExceptionRecord 16", "FrameRecord 24", "FunctionRecord 56", "HeapFieldRecord 8", "HeapLayoutRecord 32", "HeapObjectRecord 24", "HeapRecord 56",
        "HeldRecord 16", "HostRecord 40", "InfoRecord 72", "LockRecord 32", "ModuleRecord 72", "NoteRecord 8", "ObjectRecord 32", "PoolRecord 32", "PostedRecord 72", "QueuedRecord 8", "ReferenceRecord 16",
        "RunningRecord 16", "SavedAwaitRecord 20", "SavedDocumentRecord 16", "SavedFieldRecord 24", "SavedLineRecord 40", "SavedLockScopesRecord 20", "SavedMethodRecord 48",
        "SavedPdbRecord 32", "SavedPlaceRecord 16", "SavedTypeRecord 16", "SuspensionRecord 16", "TaskRecord 32", "ThreadRecord 56", "TypeRecord 32", "WaitRecord 24",
    ];

    [Fact]
    public void FirstSizesAreAsTheyWere()
    {
        Type[] records = [.. typeof(Snapshot).Assembly.GetTypes().Where(t => t.IsValueType && t.IsAssignableTo(typeof(IRecord)))];
        Assert.Equal(FirstSizes, records.Select(t => $"{t.Name} {FirstSize(t)}").Order(StringComparer.Ordinal));
        Assert.All(records, t => Assert.InRange(FirstSize(t), 1, Marshal.SizeOf(t)));
    }

    [Fact]
    public void LongerRecordsAreReadWithoutWhatIsNotKnown()
    {
        byte[] file = Sample();
        Snapshot read = SnapshotFile.Read(Resized(file, size => size + 8)).Snapshot;
        Assert.Equal(file, Written(read));
    }

    [Fact]
    public void ShorterRecordsAreReadAsOfBeforeTheRest()
    {
        byte[] file = Sample();
        (Snapshot read, _) = SnapshotFile.Read(Resized(file, size => size switch { 88 => 72, _ => size }));
        Assert.Equal(SnapshotFile.Read(file).Snapshot.Threads.Count, read.Threads.Count);
        Assert.Equal(TimeSpan.Zero, read.Timings.Locks);
        // Shorter than ever.
        Assert.Throws<SnapshotFormatException>(() => SnapshotFile.Read(Resized(file, size => size == 88 ? 64 : size)));
    }

    private static int FirstSize(Type record) => ((IRecord)Activator.CreateInstance(record)!).FirstSize;

    private static byte[] Sample() => Written(SnapshotDecoder.Decode(
        SnapshotReader.Read(SnapshotBytes.Sample()),
        new ProcessFacts { ProcessId = 1, ProgramName = "Shop", Platform = "linux-x64", Tasks = KernelTasks.FromSnapshot(new Dictionary<int, TaskStat>()) },
        ["A note."]));

    private static byte[] Written(Snapshot snapshot)
    {
        using var stream = new MemoryStream();
        SnapshotFile.Write(stream, snapshot);
        return stream.ToArray();
    }

    /// <summary>The same file with records of other sizes: longer ones end with ones, which nobody knows.</summary>
    private static byte[] Resized(byte[] file, Func<int, int> resize)
    {
        var directory = new SnapshotDirectory(file);
        var bytes = new SnapshotBytes();
        foreach (DirectoryEntry entry in directory.Entries)
        {
            int size = (int)entry.RecordSize, resized = size > 8 ? resize(size) : size;
            var section = new byte[entry.Length / entry.RecordSize * (ulong)resized];
            section.AsSpan().Fill(1);
            for (int i = 0; i < section.Length / resized; i++)
                directory.Section(entry).Span.Slice(i * size, Math.Min(size, resized)).CopyTo(section.AsSpan(i * resized));
            bytes.Add(new FileSection(entry.Kind, resized, section));
        }
        return bytes.Whole();
    }
}
