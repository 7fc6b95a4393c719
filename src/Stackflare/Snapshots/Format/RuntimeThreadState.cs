namespace Stackflare.Snapshots.Format;

/// <summary>The runtime's state flags of a thread, as far as a dump shows them.</summary>
[Flags]
internal enum RuntimeThreadState : uint
{
    Background = 0x200,
    ThreadPoolWorker = 0x01000000,
}
