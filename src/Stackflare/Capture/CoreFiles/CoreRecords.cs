using Stackflare.Runtime.Stacks;

namespace Stackflare.Capture.CoreFiles;

/// <summary>A range of memory that is in the core.</summary>
/// <param name="Start">Its address.</param>
/// <param name="Length">Its length in bytes.</param>
/// <param name="Position">Its place in the file.</param>
internal readonly record struct CoreSegment(ulong Start, ulong Length, ulong Position)
{
    public ulong End => Start + Length;
}

/// <summary>A range of memory into which a file was mapped.</summary>
/// <param name="Start">Its address.</param>
/// <param name="End">The address behind it.</param>
/// <param name="Position">Its place in the file.</param>
/// <param name="Path">The file's path.</param>
internal readonly record struct FileMapping(ulong Start, ulong End, ulong Position, string Path);

/// <summary>A thread when the core was written.</summary>
/// <param name="Id">The kernel's id.</param>
/// <param name="Registers">Its registers.</param>
/// <param name="Signal">The signal that it handled; 0 for none.</param>
/// <param name="CpuTime">Processor time used; zero if whoever wrote the core did not record it.</param>
internal sealed record CoreThread(int Id, Registers Registers, int Signal, TimeSpan CpuTime);

/// <summary>What the core says of the process.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Command">The beginning of its command line, at most 80 bytes, with spaces between the arguments.</param>
internal sealed record CoreProcess(int Id, string Command);
