using System.Runtime.InteropServices;
using Stackflare.Building;
using Stackflare.Processes;
using Stackflare.Snapshots;
using Stackflare.Snapshots.Format;
using Stackflare.Symbols;
using Stackflare.Symbols.Saved;
using Stackflare.Tests.Outputs;
using Stackflare.Tests.Symbols.Saved;
using Stackflare.Tests.Writers;

namespace Stackflare.Tests.Snapshots.Format;

public sealed class SnapshotFileTests
{
    private static readonly ProcessFacts Facts = new()
    {
        ProcessId = 100,
        ProgramName = "Shop; \ud83d\ude00\udc00\n",
        Platform = "linux-x64",
        Uptime = TimeSpan.FromTicks(123_456_789),
        Note = "Taken through a container's root.",
        Tasks = KernelTasks.FromSnapshot(new Dictionary<int, TaskStat>
        {
            [100] = new TaskStat("Shop", 'S', TimeSpan.FromMilliseconds(120), 4711),
            [101] = new TaskStat(".NET SigHandler", 'S', TimeSpan.Zero, 4712) { OffCpuTime = TimeSpan.FromMilliseconds(300) },
            [102] = new TaskStat("", 'R', TimeSpan.FromMilliseconds(10), 4713) { OffCpuTime = TimeSpan.Zero },
        }),
    };

    [Fact]
    public void ADumpByWayOfAFileIsTheSame()
    {
        Snapshot taken = Taken(Sample(), Facts, "A note of the source's.");
        string direct = Render.Json(DumpBuilder.Build(taken, NewSymbolicator(), ownThread: null));
        Assert.Contains(nameof(ADumpByWayOfAFileIsTheSame), direct, StringComparison.Ordinal);
        Assert.Contains(Facts.Note!, direct, StringComparison.Ordinal);
        Assert.Contains(taken.Notes[0], direct, StringComparison.Ordinal);
        Assert.Contains("SigHandler", direct, StringComparison.Ordinal);

        FileSection[] symbols = SymbolSaver.Save(taken, NewSymbolicator());
        byte[] file = Write(taken, symbols);
        (Snapshot snapshot, SnapshotDirectory directory) = SnapshotFile.Read(file);
        Assert.Equal(direct, Render.Json(DumpBuilder.Build(snapshot, NewSymbolicator(), ownThread: null, SavedSymbols.Decode(snapshot, directory))));
        Assert.Equal(direct, Render.Json(DumpBuilder.Build(snapshot, NewSymbolicator(), ownThread: null)));
        // And once more from what was read.
        Assert.Equal(file, Write(snapshot, symbols));
        Assert.Equal(Write(taken), Write(snapshot));
    }

    /// <summary>Of one of everything: each section is made again as it was, so that nothing of it was lost on the way.</summary>
    [Fact]
    public void AllOfASnapshotIsInItsFile()
    {
        var sample = SnapshotReader.Read(SnapshotBytes.Sample());
        byte[] once = Write(SnapshotDecoder.Decode(sample, Facts, ["One.", "Two."], "Of main."));
        (Snapshot read, SnapshotDirectory directory) = SnapshotFile.Read(once);
        Assert.Equal(["One.", "Two."], read.Notes);
        Assert.Equal(["Of main."], read.NotesWithNames);
        Assert.Equal(once, Write(read));
        RawSnapshot back = SnapshotReader.Read(directory);
        foreach (DirectoryEntry entry in new SnapshotDirectory(SnapshotBytes.Sample()).Entries)
            Assert.True(directory.Has(entry.Kind) || entry.Kind == SectionKind.Blockers, $"{entry.Kind}");
        Assert.All(directory.Entries.ToArray(), e => Assert.Equal(0u, e.Offset % 8));
        Assert.Equal(sample.Heap!.Bytes.ToArray(), back.Heap!.Bytes.ToArray());
        Assert.Equal(sample.Heap.Layouts, back.Heap.Layouts);
        Assert.Equal(sample.Heap.Running, back.Heap.Running);
        Assert.Equal(sample.Objects, back.Objects);
        Assert.Equal(sample.References, back.References);
        Assert.Equal(sample.Held, back.Held);
        Assert.Equal(sample.Waits, back.Waits);
        Assert.Equal(sample.Busy, back.Busy);
        Assert.Equal(sample.Pool, back.Pool);
        Assert.Equal(sample.TypeArgs, back.TypeArgs);
    }

    [Fact]
    public void FactsComeBack()
    {
        ProcessFacts facts = SnapshotFile.Read(Write(Taken(SnapshotBytes.Sample(), Facts))).Snapshot.Host;
        Assert.Equal((Facts.ProcessId, Facts.ProgramName, Facts.Platform), (facts.ProcessId, facts.ProgramName, facts.Platform));
        Assert.Equal((Facts.Uptime, Facts.Note), (facts.Uptime, facts.Note));
        Assert.Equal(Facts.Tasks.All(), facts.Tasks.All());

        var few = new ProcessFacts { ProcessId = 1, ProgramName = "", Platform = new string('x', 100_000), Tasks = KernelTasks.FromSnapshot(new Dictionary<int, TaskStat>()) };
        facts = SnapshotFile.Read(Write(Taken(SnapshotBytes.Sample(), few))).Snapshot.Host;
        Assert.Equal((null, null, ""), (facts.Uptime, facts.Note, facts.ProgramName));
        Assert.Equal(SnapshotConstants.LongestText / 2, facts.Platform.Length);
        Assert.Empty(facts.Tasks.Ids);
    }

    [Fact]
    public void AFileOfBeforeItWasKnownHowLongThreadsWaitIsRead()
    {
        var builder = new SnapshotBytes();
        builder.Add(HostSectionNumbers.HostSection, new HostRecord { NoteOffset = SnapshotConstants.None });
        builder.Add(HostSectionNumbers.TasksSection, new FirstTask { OsId = 7, StartTicks = 8 }, new FirstTask { OsId = 9, StartTicks = 10 });
        builder.Add(HostSectionNumbers.BlobSection, 0ul);
        Assert.Equal(
            [new(7, new TaskStat("", '\0', TimeSpan.Zero, 8)), new(9, new TaskStat("", '\0', TimeSpan.Zero, 10))],
            SnapshotFile.Read(builder.Build()).Snapshot.Host.Tasks.All().OrderBy(t => t.Key));
    }

    [Fact]
    public void NobodyElseSpeaksForTheHost()
    {
        var builder = new SnapshotBytes();
        builder.Add(HostSectionNumbers.HostSection, new HostRecord { Pid = 666 });
        builder.Add((SectionKind)150, 1ul);
        byte[] file = Write(Taken(builder.Build(), Facts));
        Assert.Equal(100, SnapshotFile.Read(file).Snapshot.Host.ProcessId);
        Assert.DoesNotContain((SectionKind)150, new SnapshotDirectory(file).Entries.ToArray().Select(e => e.Kind));
    }

    [Fact]
    public void WhatIsNoFileOfOursIsAnError()
    {
        Fails("0 host records", SnapshotBytes.Sample());
        Fails("not finished", SavedDump.Write(new SnapshotBytes { Info = new InfoRecord { Phase = CapturePhase.Suspend } }));
        Fails("fewer than a header", "no snapshot"u8.ToArray());
    }

    /// <summary>A file of before the source's notes were saved: the probe's flags say the same.</summary>
    [Fact]
    public void AFileWithoutNotesHasThoseOfItsFlags()
    {
        var info = new InfoRecord { Phase = CapturePhase.Done, RuntimeMajor = 10, Flags = InfoFlags.Contract | InfoFlags.Locks | InfoFlags.FramesTruncated };
        Snapshot read = SnapshotFile.Read(SavedDump.Write(new SnapshotBytes { Info = info })).Snapshot;
        Assert.Contains("the limit on frames was reached", Assert.Single(read.Notes), StringComparison.Ordinal);
        Assert.Equal(read.Notes, SnapshotFile.Read(Write(read)).Snapshot.Notes);
    }

    [Fact]
    public void TasksThatShareTextOrIdsAreRefused()
    {
        Fails("lies outside", WithTasks(new TaskRecord { OsId = 1, NameLength = 8 }, new TaskRecord { OsId = 2, NameLength = 8 }));
        Fails("is there twice", WithTasks(new TaskRecord { OsId = 1, NameLength = 2 }, new TaskRecord { OsId = 1, NameLength = 2 }));
        Fails("is not a valid kernel id", WithTasks(new TaskRecord { OsId = uint.MaxValue, NameLength = 2 }));
        Fails("is not there", WithTasks(new TaskRecord { OsId = 1, NameOffset = SnapshotConstants.None }));

        static byte[] WithTasks(params TaskRecord[] tasks)
        {
            var builder = new SnapshotBytes();
            builder.Add(HostSectionNumbers.HostSection, new HostRecord { NoteOffset = SnapshotConstants.None });
            builder.Add<TaskRecord>(HostSectionNumbers.TasksSection, tasks);
            builder.Add(HostSectionNumbers.BlobSection, 0ul);
            return builder.Build();
        }
    }

    [Fact]
    public void EveryCutIsAnErrorOfOurs()
    {
        byte[] whole = Write(Taken(Sample(), Facts));
        for (int length = 0; length < whole.Length; length++)
            Assert.Throws<SnapshotFormatException>(() => SnapshotFile.Read(whole.AsMemory(0, length)));
        Damage.CutEverywhere(whole, ReadsOrFailsCleanly);
    }

    [Fact]
    public void EveryFlippedByteIsReadOrIsAnErrorOfOurs() => Damage.FlipEverywhere(Write(Taken(Sample(), Facts)), ReadsOrFailsCleanly);

    [Fact]
    public void SavedFileIsTheOwnersAlone()
    {
        using var directory = new TemporaryDirectory();
        SnapshotFile.Save(directory["a.snapshot"], Taken(SnapshotBytes.Sample(), Facts));
        string path = Assert.Single(Directory.GetFileSystemEntries(directory.Path));
        Assert.Equal(Write(Taken(SnapshotBytes.Sample(), Facts)), File.ReadAllBytes(path));
        if (OperatingSystem.IsLinux())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
    }

    /// <summary>A thread in a method of this assembly, so that there is something to find names and lines for.</summary>
    private static byte[] Sample()
    {
        var builder = new SnapshotBytes();
        var method = typeof(SnapshotFileTests).GetMethod(nameof(ADumpByWayOfAFileIsTheSame))!;
        (uint nameAt, uint nameLength) = builder.Text("worker");
        (uint pathAt, uint pathLength) = builder.Text(method.Module.FullyQualifiedName);
        builder.Add(SectionKind.Threads,
            new ThreadRecord
            {
                OsId = 100,
                ManagedId = 1,
                FrameCount = 2,
                CpuNs = -1,
                Flags = ThreadFlags.StateKnown,
                NameOffset = SnapshotConstants.None,
                ExceptionType = SnapshotConstants.None,
            },
            new ThreadRecord { OsId = 102, FirstFrame = 2, FrameCount = 1, NameOffset = nameAt, NameLength = nameLength, ExceptionType = SnapshotConstants.None });
        builder.Add(SectionKind.Stacks, 0u, 1u, 0u);
        builder.Add(SectionKind.Frames,
            new FrameRecord { Address = 0x1000, ILOffset = 0 },
            new FrameRecord { Address = 0x2000, Function = SnapshotConstants.None, ILOffset = -1, Flags = FrameFlags.Native });
        builder.Add(SectionKind.Functions, new FunctionRecord
        {
            Token = (uint)method.MetadataToken,
            DeclaringType = SnapshotConstants.None,
            NameOffset = SnapshotConstants.None,
            TypeNameOffset = SnapshotConstants.None,
            SignatureOffset = SnapshotConstants.None,
        });
        builder.Add(SectionKind.Modules, new ModuleRecord
        {
            Mvid = method.Module.ModuleVersionId,
            PathOffset = pathAt,
            PathLength = pathLength,
            ImageOffset = SnapshotConstants.None,
            SymbolsOffset = SnapshotConstants.None,
            Flags = ModuleFlags.OnDisk | ModuleFlags.Mvid,
        });
        return builder.Build();
    }

    private static Symbolicator NewSymbolicator() => new(new SymbolOptions());

    private static Snapshot Taken(byte[] bytes, ProcessFacts facts, params string[] notes) => SnapshotDecoder.Decode(SnapshotReader.Read(bytes), facts, notes);

    private static byte[] Write(Snapshot snapshot, params ReadOnlySpan<FileSection> more)
    {
        using var stream = new MemoryStream();
        SnapshotFile.Write(stream, snapshot, more);
        return stream.ToArray();
    }

    private static void Fails(string expected, byte[] file) => Assert.Contains(
        expected, Assert.Throws<SnapshotFormatException>(() => SnapshotFile.Read(file)).Message, StringComparison.Ordinal);

    /// <summary>True when the bytes were read and made a dump, false for an error of ours; any other exception fails the test.</summary>
    private static bool ReadsOrFailsCleanly(byte[] bytes)
    {
        try
        {
            return SnapshotFile.Read(bytes).Snapshot.Host.Tasks.Ids.Count <= bytes.Length / 32;
        }
        catch (SnapshotFormatException)
        {
            return false;
        }
    }

    [StructLayout(LayoutKind.Explicit, Size = 32)]
    private struct FirstTask
    {
        [FieldOffset(0)] public uint OsId;
        [FieldOffset(24)] public long StartTicks;
    }
}
