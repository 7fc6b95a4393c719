namespace Stackflare;

/// <summary>The process was started with the runtime's diagnostics disabled, so stacks cannot be captured.</summary>
public sealed class DiagnosticsDisabledException : StackflareException
{
    internal DiagnosticsDisabledException(string setting)
        : base(
            StackflareError.DiagnosticsDisabled,
            $"The runtime's diagnostics are disabled in this process ({setting}).",
            $"Start it without {setting.Split('=')[0]}.")
    {
    }
}
