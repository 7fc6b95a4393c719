using System.Runtime.InteropServices;
using Stackflare.Building;
using Stackflare.Processes;
using Stackflare.Snapshots;
using Stackflare.Snapshots.Format;
using Stackflare.Symbols;
using Stackflare.Symbols.Saved;
using Stackflare.Tests.Signals.Outputs;
using Stackflare.Tests.Writers;

namespace Stackflare.Tests.Snapshots.Format;

public sealed class SnapshotFileTests
{
    private static readonly HostFacts Facts = new()
    {
        ProcessId = 100,
        ProgramName = "Shop; \ud83d\ude00\udc00\n",
        Platform = "linux-x64",
        Uptime = TimeSpan.FromTicks(123_456_789),
        Note = "Taken through a container's root.",
        Tasks = KernelTasks.Of(new Dictionary<int, TaskStat>
        {
            [100] = new TaskStat("Shop", 'S', TimeSpan.FromMilliseconds(120), 4711),
            [101] = new TaskStat(".NET SigHandler", 'S', TimeSpan.Zero, 4712) { OffProcessor = TimeSpan.FromMilliseconds(300) },
            [102] = new TaskStat("", 'R', TimeSpan.FromMilliseconds(10), 4713) { OffProcessor = TimeSpan.Zero },
        }),
    };

    [Fact]
    public void ADumpByWayOfAFileIsTheSame()
    {
        RawSnapshot taken = SnapshotReader.Read(Snapshot());
        string direct = Render.Json(DumpBuilder.Build(taken, NewSymbolicator(), Facts, ownThread: null));
        Assert.Contains(nameof(ADumpByWayOfAFileIsTheSame), direct, StringComparison.Ordinal);
        Assert.Contains(Facts.Note!, direct, StringComparison.Ordinal);
        Assert.Contains("SigHandler", direct, StringComparison.Ordinal);

        FileSection[] symbols = NewSymbolicator().Save(taken);
        byte[] file = Write(taken.Encoded, Facts, symbols);
        (RawSnapshot snapshot, HostFacts facts) = SnapshotFile.Read(file);
        Assert.Equal(direct, Render.Json(DumpBuilder.Build(snapshot, NewSymbolicator(), facts, ownThread: null, SavedSymbols.Decode(snapshot))));
        Assert.Equal(direct, Render.Json(DumpBuilder.Build(snapshot, NewSymbolicator(), facts, ownThread: null)));
        // And once more from what was read.
        Assert.Equal(file, Write(snapshot.Encoded, facts, symbols));
        Assert.Equal(Write(taken.Encoded, Facts), Write(snapshot.Encoded, facts));
    }

    [Fact]
    public void FactsComeBack()
    {
        HostFacts facts = SnapshotFile.Read(Write(SnapshotBuilder.Sample(), Facts)).Facts;
        Assert.Equal((Facts.ProcessId, Facts.ProgramName, Facts.Platform), (facts.ProcessId, facts.ProgramName, facts.Platform));
        Assert.Equal((Facts.Uptime, Facts.Note), (facts.Uptime, facts.Note));
        Assert.Equal(Facts.Tasks.All(), facts.Tasks.All());

        var few = new HostFacts { ProcessId = 1, ProgramName = "", Platform = new string('x', 100_000), Tasks = KernelTasks.Of(new Dictionary<int, TaskStat>()) };
        facts = SnapshotFile.Read(Write(SnapshotBuilder.Sample(), few)).Facts;
        Assert.Equal((null, null, ""), (facts.Uptime, facts.Note, facts.ProgramName));
        Assert.Equal(SnapshotLayout.LongestText / 2, facts.Platform.Length);
        Assert.Empty(facts.Tasks.Ids);
    }

    [Fact]
    public void AFileOfBeforeItWasKnownHowLongThreadsWaitIsRead()
    {
        var builder = new SnapshotBuilder();
        builder.Add(HostLayout.HostSection, new HostRecord { NoteOffset = SnapshotLayout.None });
        builder.Add(HostLayout.TasksSection, new FirstTask { OsId = 7, StartTicks = 8 }, new FirstTask { OsId = 9, StartTicks = 10 });
        builder.Add(HostLayout.BlobSection, 0ul);
        Assert.Equal(
            [new(7, new TaskStat("", '\0', TimeSpan.Zero, 8)), new(9, new TaskStat("", '\0', TimeSpan.Zero, 10))],
            SnapshotFile.Read(builder.Build()).Facts.Tasks.All().OrderBy(t => t.Key));
    }

    [Fact]
    public void TheProbesSectionsAreInItAsTheyWere()
    {
        var builder = new SnapshotBuilder();
        builder.Add((SectionKind)42, 7ul, 8ul);
        (uint offset, uint length) = builder.Text("text");
        byte[] snapshot = builder.Build();
        var before = new SnapshotDirectory(snapshot);
        FileSection[] more = [new(HostLayout.TypesSection, 4, [1, 2, 3, 4]), new(HostLayout.SymbolsBlobSection, 1, [5])];
        var after = new SnapshotDirectory(Write(snapshot, Facts, more));
        Assert.All(more, s => Assert.Equal(s.Bytes, after.Blob(s.Kind).ToArray()));
        Assert.Equal(before.Header.Nonce, after.Header.Nonce);
        foreach (DirectoryEntry entry in before.Entries)
            Assert.Equal(before.Section(entry).ToArray(), after.Blob(entry.Kind).ToArray());
        Assert.All(after.Entries.ToArray(), e => Assert.Equal(0u, e.Offset % 8));
        // As any snapshot, it can be read by who knows nothing of the host's sections.
        Assert.Equal("text", SnapshotReader.Read(after.Bytes).Text(offset, length));
    }

    [Fact]
    public void NobodyElseSpeaksForTheHost()
    {
        var builder = new SnapshotBuilder();
        builder.Add(HostLayout.HostSection, new HostRecord { Pid = 666 });
        builder.Add((SectionKind)150, 1ul);
        byte[] file = Write(builder.Build(), Facts);
        Assert.Equal(100, SnapshotFile.Read(file).Facts.ProcessId);
        Assert.DoesNotContain((SectionKind)150, new SnapshotDirectory(file).Entries.ToArray().Select(e => e.Kind));
    }

    [Fact]
    public void WhatIsNoFileOfOursIsAnError()
    {
        Fails("0 host records", SnapshotBuilder.Sample());
        Fails("not finished", Write(new SnapshotBuilder { Info = new InfoRecord { Phase = CapturePhase.Suspend } }.Build(), Facts));
        Assert.Throws<SnapshotFormatException>(() => Write("no snapshot"u8.ToArray(), Facts));

        var full = new SnapshotBuilder();
        for (int i = 0; i < 60; i++)
            full.Add((SectionKind)(40 + i), 1ul);
        Assert.NotNull(SnapshotReader.Read(full.Build()));
        Assert.Throws<SnapshotFormatException>(() => Write(full.Build(), Facts));
    }

    [Fact]
    public void TasksThatShareTextOrIdsAreRefused()
    {
        Fails("lies outside", WithTasks(new TaskRecord { OsId = 1, NameLength = 8 }, new TaskRecord { OsId = 2, NameLength = 8 }));
        Fails("is there twice", WithTasks(new TaskRecord { OsId = 1, NameLength = 2 }, new TaskRecord { OsId = 1, NameLength = 2 }));
        Fails("is no id", WithTasks(new TaskRecord { OsId = uint.MaxValue, NameLength = 2 }));
        Fails("is not there", WithTasks(new TaskRecord { OsId = 1, NameOffset = SnapshotLayout.None }));

        static byte[] WithTasks(params TaskRecord[] tasks)
        {
            var builder = new SnapshotBuilder();
            builder.Add(HostLayout.HostSection, new HostRecord { NoteOffset = SnapshotLayout.None });
            builder.Add<TaskRecord>(HostLayout.TasksSection, tasks);
            builder.Add(HostLayout.BlobSection, 0ul);
            return builder.Build();
        }
    }

    [Fact]
    public void EveryCutIsAnErrorOfOurs()
    {
        byte[] whole = Write(Snapshot(), Facts);
        for (int length = 0; length < whole.Length; length++)
            Assert.Throws<SnapshotFormatException>(() => SnapshotFile.Read(whole.AsMemory(0, length)));
        Damage.CutEverywhere(whole, ReadsOrFailsCleanly);
    }

    [Fact]
    public void EveryFlippedByteIsReadOrIsAnErrorOfOurs() => Damage.FlipEverywhere(Write(Snapshot(), Facts), ReadsOrFailsCleanly);

    [Fact]
    public void SavedFileIsTheOwnersAlone()
    {
        using var directory = new TemporaryDirectory();
        SnapshotFile.Save(directory["a.snapshot"], SnapshotBuilder.Sample(), Facts);
        string path = Assert.Single(Directory.GetFileSystemEntries(directory.Path));
        Assert.Equal(Write(SnapshotBuilder.Sample(), Facts), File.ReadAllBytes(path));
        if (OperatingSystem.IsLinux())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
    }

    /// <summary>A thread in a method of this assembly, so that there is something to find names and lines for.</summary>
    private static byte[] Snapshot()
    {
        var builder = new SnapshotBuilder();
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
                NameOffset = SnapshotLayout.None,
                ExceptionType = SnapshotLayout.None,
            },
            new ThreadRecord { OsId = 102, FirstFrame = 2, FrameCount = 1, NameOffset = nameAt, NameLength = nameLength, ExceptionType = SnapshotLayout.None });
        builder.Add(SectionKind.Stacks, 0u, 1u, 0u);
        builder.Add(SectionKind.Frames,
            new FrameRecord { Address = 0x1000, ILOffset = 0 },
            new FrameRecord { Address = 0x2000, Function = SnapshotLayout.None, ILOffset = -1, Flags = FrameFlags.Native });
        builder.Add(SectionKind.Functions, new FunctionRecord
        {
            Token = (uint)method.MetadataToken,
            DeclaringType = SnapshotLayout.None,
            NameOffset = SnapshotLayout.None,
            TypeNameOffset = SnapshotLayout.None,
            SignatureOffset = SnapshotLayout.None,
        });
        builder.Add(SectionKind.Modules, new ModuleRecord
        {
            Mvid = method.Module.ModuleVersionId,
            PathOffset = pathAt,
            PathLength = pathLength,
            ImageOffset = SnapshotLayout.None,
            SymbolsOffset = SnapshotLayout.None,
            Flags = ModuleFlags.OnDisk | ModuleFlags.Mvid,
        });
        return builder.Build();
    }

    private static Symbolicator NewSymbolicator() => new(new SymbolOptions());

    private static byte[] Write(ReadOnlyMemory<byte> snapshot, HostFacts facts, params ReadOnlySpan<FileSection> more)
    {
        using var stream = new MemoryStream();
        SnapshotFile.Write(stream, snapshot, facts, more);
        return stream.ToArray();
    }

    private static void Fails(string expected, byte[] file) => Assert.Contains(
        expected, Assert.Throws<SnapshotFormatException>(() => SnapshotFile.Read(file)).Message, StringComparison.Ordinal);

    /// <summary>True when the bytes were read and made a dump, false for an error of ours; any other exception fails the test.</summary>
    private static bool ReadsOrFailsCleanly(byte[] bytes)
    {
        try
        {
            (RawSnapshot snapshot, HostFacts facts) = SnapshotFile.Read(bytes);
            _ = facts.Process(snapshot.Info);
            return facts.Tasks.Ids.Count <= bytes.Length / 32;
        }
        catch (SnapshotFormatException)
        {
            return false;
        }
    }

    [StructLayout(LayoutKind.Explicit, Size = HostLayout.FirstTaskRecordSize)]
    private struct FirstTask
    {
        [FieldOffset(0)] public uint OsId;
        [FieldOffset(24)] public long StartTicks;
    }
}
