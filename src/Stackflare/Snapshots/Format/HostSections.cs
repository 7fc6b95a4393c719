using Stackflare.Processes;

namespace Stackflare.Snapshots.Format;

/// <summary>The host's information as sections of a snapshot.</summary>
internal static class HostSections
{
    private const long NotKnown = -1;

    /// <summary>The sections in the order of the file.</summary>
    public static FileSection[] Encode(ProcessFacts facts, IReadOnlyList<string> notes, IReadOnlyList<string> notesWithNames)
    {
        var blob = new BlobWriter();
        var host = new HostRecord { Pid = (uint)facts.ProcessId, UptimeNs = facts.Uptime is { } uptime ? Nanoseconds(uptime) : NotKnown };
        (host.ProgramOffset, host.ProgramLength) = blob.Add(facts.ProgramName);
        (host.PlatformOffset, host.PlatformLength) = blob.Add(facts.Platform);
        (host.NoteOffset, host.NoteLength) = blob.Add(facts.Note);

        Dictionary<int, TaskStat> all = facts.Tasks.All();
        var tasks = new TaskRecord[all.Count];
        int next = 0;
        // Sorted, so that the same information gives the same bytes.
        foreach ((int id, TaskStat stat) in all.OrderBy(static t => t.Key))
        {
            var task = new TaskRecord { OsId = (uint)id, State = stat.State, CpuNs = Nanoseconds(stat.CpuTime), StartTicks = stat.StartTicks };
            task.OffCpuNs = stat.OffCpuTime is { } off ? Nanoseconds(off) : NotKnown;
            (task.NameOffset, task.NameLength) = blob.Add(stat.Name);
            tasks[next++] = task;
        }
        NoteRecord[] plain = Notes(notes), withNames = Notes(notesWithNames);
        return
        [
            FileSection.Of(HostSectionNumbers.HostSection, host),
            FileSection.Of<TaskRecord>(HostSectionNumbers.TasksSection, tasks),
            FileSection.Of<byte>(HostSectionNumbers.BlobSection, blob.ToArray()),
            FileSection.Of<NoteRecord>(HostSectionNumbers.NotesSection, plain),
            FileSection.Of<NoteRecord>(HostSectionNumbers.NotesWithNamesSection, withNames),
        ];

        NoteRecord[] Notes(IReadOnlyList<string> notes)
        {
            var records = new NoteRecord[notes.Count];
            for (int i = 0; i < records.Length; i++)
                (records[i].TextOffset, records[i].TextLength) = blob.Add(notes[i]);
            return records;
        }
    }

    /// <returns>The host's information, and the source's notes (null in files that do not have them) without and with names.</returns>
    /// <exception cref="SnapshotFormatException">The sections are missing or damaged.</exception>
    public static (ProcessFacts Facts, IReadOnlyList<string>? Notes, IReadOnlyList<string>? NotesWithNames) Decode(SnapshotDirectory directory)
    {
        var host = directory.Single<HostRecord>(HostSectionNumbers.HostSection, "host");
        ReadOnlyMemory<byte> blob = directory.Blob(HostSectionNumbers.BlobSection);
        // Texts must not overlap, as in the rest of a snapshot: a small file must not become a large dump.
        long total = 0;
        string program = Required(host.ProgramOffset, host.ProgramLength, "the program's name");
        string platform = Required(host.PlatformOffset, host.PlatformLength, "the platform");
        string? note = Text(host.NoteOffset, host.NoteLength, "the note");

        TaskRecord[] records = directory.Records(HostSectionNumbers.TasksSection, TaskRecord.Newer);
        var tasks = new Dictionary<int, TaskStat>(records.Length);
        foreach (ref readonly TaskRecord task in records.AsSpan())
        {
            string name = Required(task.NameOffset, task.NameLength, "a task's name");
            var stat = new TaskStat(name, (char)task.State, Time(task.CpuNs), task.StartTicks) { OffCpuTime = task.OffCpuNs < 0 ? null : Time(task.OffCpuNs) };
            if (!tasks.TryAdd(Id(task.OsId), stat))
                throw new SnapshotFormatException($"task {task.OsId} is there twice");
        }
        string[]? notes = Notes(HostSectionNumbers.NotesSection), notesWithNames = Notes(HostSectionNumbers.NotesWithNamesSection);
        var facts = new ProcessFacts
        {
            ProcessId = Id(host.Pid),
            ProgramName = program,
            Platform = platform,
            Uptime = host.UptimeNs < 0 ? null : Time(host.UptimeNs),
            Note = note,
            Tasks = KernelTasks.FromSnapshot(tasks),
        };
        return (facts, notes, notesWithNames);

        string[]? Notes(SectionKind section) =>
            directory.Has(section) ? Array.ConvertAll(directory.Records<NoteRecord>(section), n => Required(n.TextOffset, n.TextLength, "a note")) : null;

        string? Text(uint offset, uint length, string what)
        {
            SnapshotReader.Text(offset, length, blob.Length, what, ref total);
            return offset == SnapshotConstants.None ? null : SnapshotConstants.Text(blob, offset, length);
        }

        string Required(uint offset, uint length, string what) =>
            Text(offset, length, what) ?? throw new SnapshotFormatException($"{what} is not there");
    }

    private static int Id(uint id) => id <= int.MaxValue ? (int)id : throw new SnapshotFormatException($"{id} is not a valid kernel id");

    private static long Nanoseconds(TimeSpan time) => Math.Clamp(time.Ticks, 0, long.MaxValue / 100) * 100;

    private static TimeSpan Time(long nanoseconds) => TimeSpan.FromTicks(Math.Max(0, nanoseconds) / 100);
}
