using System.Runtime.InteropServices;
using Stackflare.Snapshots.Format;

namespace Stackflare.Symbols.Saved;

/// <summary>Flags of a method.</summary>
[Flags]
internal enum SavedMethodFlags : uint
{
    Hidden = 1,
}

/// <summary>Flags of a place.</summary>
[Flags]
internal enum SavedPlaceFlags : uint
{
    /// <summary>The method awaits nothing and only passes on a task.</summary>
    PassedThrough = 1,

    /// <summary>Several calls are possible.</summary>
    Approximate = 2,
}

// The records of the sections with saved symbols. docs/snapshot-format.md describes them.

[StructLayout(LayoutKind.Sequential)]
internal struct SavedPdbRecord : IRecord
{
    public readonly int FirstSize => 32;

    public Guid Id;
    public uint Stamp;
    public uint Module;
    public uint PathOffset;
    public uint PathLength;
}

[StructLayout(LayoutKind.Sequential)]
internal struct SavedMethodRecord : IRecord
{
    public readonly int FirstSize => 48;

    public uint Module;
    public uint Token;
    public SavedMethodFlags Flags;
    public uint TypeOffset;
    public uint TypeLength;
    public uint NameOffset;
    public uint NameLength;
    public uint TypeParametersOffset;
    public uint TypeParametersLength;
    public uint ParametersOffset;
    public uint ParametersLength;
    public uint Reserved;
}

[StructLayout(LayoutKind.Sequential)]
internal struct SavedTypeRecord : IRecord
{
    public readonly int FirstSize => 16;

    public uint Module;
    public uint Token;
    public uint NameOffset;
    public uint NameLength;
}

[StructLayout(LayoutKind.Sequential)]
internal struct SavedDocumentRecord : IRecord
{
    public readonly int FirstSize => 16;

    public uint PathOffset;
    public uint PathLength;
    public uint HashOffset;
    public uint HashLength;
}

[StructLayout(LayoutKind.Sequential)]
internal struct SavedLockScopesRecord : IRecord
{
    public readonly int FirstSize => 20;

    public uint Module;
    public uint Token;
    public uint ILOffset;
    public ushort Exclusive;
    public ushort ReaderWriter;
    public uint WaitsForever;
}

[StructLayout(LayoutKind.Sequential)]
internal struct SavedFieldRecord : IRecord
{
    public readonly int FirstSize => 24;

    public uint Module;
    public uint Token;
    public uint NameOffset;
    public uint NameLength;
    public uint TypeOffset;
    public uint TypeLength;
}

/// <summary>With the offset <see cref="Snapshots.Format.SnapshotConstants.None"/>, it only contains the method of the state machine.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct SavedAwaitRecord : IRecord
{
    public readonly int FirstSize => 20;

    public uint Module;
    public uint Type;
    public uint MoveNext;
    public int State;
    public uint ILOffset;
}

/// <summary>The offset <see cref="Snapshots.Format.SnapshotConstants.None"/> means not known.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct SavedPlaceRecord : IRecord
{
    public readonly int FirstSize => 16;

    public uint Frame;
    public uint ILOffset;
    public uint AwaiterOffset;
    public uint AwaiterLength;

    public SavedPlaceFlags Flags;
}

/// <summary>Status and origin are the values of <see cref="SymbolStatus"/> and <see cref="SourceTextOrigin"/>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct SavedLineRecord : IRecord
{
    public readonly int FirstSize => 40;

    public uint Module;
    public uint Token;
    public uint ILOffset;
    public uint Status;
    public uint Document;
    public uint Line;
    public uint Column;
    public uint TextOrigin;
    public uint TextOffset;
    public uint TextLength;
}
