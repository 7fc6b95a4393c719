using System.Runtime.InteropServices;

namespace Stackflare.Snapshots.Format;

/// <summary>
/// Sections that only a snapshot file has: the host writes them, not the probe. This is their definition. The
/// probe's header reserves the kinds from <see cref="FirstSection"/> up for them.
/// </summary>
internal static class HostSectionNumbers
{
    /// <summary>The probe never sends such a kind. If a target does, it is not saved: only the host may write these sections.</summary>
    public const SectionKind FirstSection = HostSection;

    public const SectionKind HostSection = (SectionKind)100;
    public const SectionKind TasksSection = (SectionKind)101;

    /// <summary>Text of the host's sections, separate from the probe's, so that the probe's offsets stay valid.</summary>
    public const SectionKind BlobSection = (SectionKind)102;

    // The modules, methods, types and lines that were found when the file was saved. The records are in Symbols/Saved/SavedRecords.cs.
    public const SectionKind PdbsSection = (SectionKind)103;
    public const SectionKind MethodsSection = (SectionKind)104;
    public const SectionKind TypesSection = (SectionKind)105;
    public const SectionKind DocumentsSection = (SectionKind)106;
    public const SectionKind LinesSection = (SectionKind)107;
    public const SectionKind SymbolsBlobSection = (SectionKind)108;
    public const SectionKind LockScopesSection = (SectionKind)109;
    public const SectionKind FieldsSection = (SectionKind)110;
    public const SectionKind AwaitsSection = (SectionKind)111;
    public const SectionKind PlacesSection = (SectionKind)112;

    /// <summary>The source's notes. Older files do not have this section; for them, the notes follow from the probe's flags.</summary>
    public const SectionKind NotesSection = (SectionKind)113;

    /// <summary>Notes of the source that a redacted dump leaves out.</summary>
    public const SectionKind NotesWithNamesSection = (SectionKind)114;
}

[StructLayout(LayoutKind.Sequential)]
internal struct HostRecord : IRecord
{
    public readonly int FirstSize => 40;

    public uint Pid;
    public uint Reserved;
    public long UptimeNs;
    public uint ProgramOffset;
    public uint ProgramLength;
    public uint PlatformOffset;
    public uint PlatformLength;
    public uint NoteOffset;
    public uint NoteLength;
}

[StructLayout(LayoutKind.Sequential)]
internal struct TaskRecord : IRecord
{
    public readonly int FirstSize => 32;

    /// <summary>What the fields have that came later, in files of before.</summary>
    public static TaskRecord Newer => new() { OffCpuNs = -1 };

    public uint OsId;
    public uint State;
    public uint NameOffset;
    public uint NameLength;
    public long CpuNs;
    public long StartTicks;

    /// <summary>Negative: not known. Older files have shorter records without this field.</summary>
    public long OffCpuNs;
}

[StructLayout(LayoutKind.Sequential)]
internal struct NoteRecord : IRecord
{
    public readonly int FirstSize => 8;

    public uint TextOffset;
    public uint TextLength;
}
