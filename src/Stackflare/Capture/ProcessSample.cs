using Stackflare.Snapshots;

namespace Stackflare.Capture;

/// <summary>A snapshot of another process, with what the kernel said of it just before.</summary>
internal sealed record ProcessSample(RawSnapshot Snapshot, HostFacts Facts);
