namespace Stackflare.Runtime;

/// <summary>Where the runtime's record of a thread is.</summary>
/// <param name="OsId">The kernel's id of the thread, in its own pid namespace.</param>
/// <param name="Address">The address of the record.</param>
/// <param name="Bytes">How many bytes of it are used here.</param>
internal sealed record ThreadPlace(int OsId, ulong Address, int Bytes);
