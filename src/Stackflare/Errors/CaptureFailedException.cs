namespace Stackflare;

/// <summary>The runtime refused to attach the probe, or to suspend its threads.</summary>
public sealed class CaptureFailedException : StackflareException
{
    internal CaptureFailedException(string problem, string remedy, int errorCode)
        : base(errorCode == 0 ? $"{problem}." : $"{problem} (0x{errorCode:X8}).", remedy) =>
        HResult = errorCode;
}
