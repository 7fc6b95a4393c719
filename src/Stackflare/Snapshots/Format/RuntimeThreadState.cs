namespace Stackflare.Snapshots.Format;

/// <summary>The runtime's own state flags of a thread, those of them that a dump shows.</summary>
[Flags]
internal enum RuntimeThreadState : uint
{
    Background = 0x200,
    ThreadPoolWorker = 0x01000000,
}
