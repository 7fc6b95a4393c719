using Stackflare.Runtime;

namespace Stackflare.Capture.CoreFiles;

/// <summary>A range of memory that is in the core.</summary>
/// <param name="Start">Its address.</param>
/// <param name="Length">Its length in bytes.</param>
/// <param name="Position">Its place in the file.</param>
internal sealed record CoreSegment(ulong Start, ulong Length, ulong Position)
{
    public ulong End => Start + Length;
}

/// <summary>A range of memory into which a file was mapped.</summary>
/// <param name="Start">Its address.</param>
/// <param name="End">The address behind it.</param>
/// <param name="Position">Its place in the file.</param>
/// <param name="Path">The file's path.</param>
/// <param name="IsDeleted">Whether it was not there any more, for example because an update had replaced it.</param>
internal sealed record FileMapping(ulong Start, ulong End, ulong Position, string Path, bool IsDeleted = false);

/// <summary>A file that was mapped into the process.</summary>
/// <param name="Path">Its path.</param>
/// <param name="IsDeleted">Whether it was not there any more.</param>
/// <param name="Start">The address to which its first byte was mapped.</param>
/// <param name="MappedBytes">How many bytes of it, from its start on, were mapped at least, in whole pages.</param>
internal sealed record FileInCore(string Path, bool IsDeleted, ulong Start, ulong MappedBytes);

/// <summary>A thread when the core was written.</summary>
/// <param name="Id">The kernel's id.</param>
/// <param name="Signal">The signal because of which the core was written; 0 for none.</param>
/// <param name="State">Its registers, and its processor time if the core has it.</param>
internal sealed record CoreThread(int Id, int Signal, StoppedThread State);

/// <summary>What the core says of the process.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Command">The beginning of its command line, at most 80 bytes, with spaces between the arguments.</param>
internal sealed record CoreProcess(int Id, string Command);
