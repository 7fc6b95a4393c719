using Stackflare.Capture.Probe;

namespace Stackflare.EndToEnd.Harness;

/// <summary>Captures of tests that are not about limits on time: with limits that a busy machine does not reach.</summary>
internal static class Patience
{
    /// <summary>The same options; limits on time that were not given are as wide as they can be.</summary>
    public static CaptureOptions WithPatience(this CaptureOptions options)
    {
        DumpLimits limits = options.Limits, usual = DumpLimits.Default;
        return options with
        {
            Limits = limits with
            {
                Timeout = limits.Timeout == usual.Timeout ? TimeSpan.FromMinutes(2) : limits.Timeout,
                MaxPause = limits.MaxPause == usual.MaxPause ? TimeSpan.FromSeconds(10) : limits.MaxPause,
            },
            // For the other modes, the longest pause is the limit.
            Heap = options.Heap ?? (options.AsyncStacks == AsyncStackMode.Auto ? new HeapLimits { Pause = TimeSpan.FromSeconds(10) } : null),
        };
    }
}
