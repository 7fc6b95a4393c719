using Stackflare;
using Stackflare.Signals;
using Stackflare.Signals.Outputs;

/// <summary>
/// What the runtime calls, by this very name outside of any namespace, when DOTNET_STARTUP_HOOKS names this assembly: does what
/// <see cref="Flare.OnSignal"/> does, for a program that knows nothing of it.
/// </summary>
internal static class StartupHook
{
    /// <summary>Sets the trap by the settings in the environment. A failure is one line; the program runs on.</summary>
    public static void Initialize()
    {
        try
        {
            // For as long as the process lives: the trap's own thread keeps it.
            _ = Flare.OnSignal(EnvironmentSettings.Read());
        }
        catch (StackflareException e)
        {
            StandardErrorOutput.TryWriteLine($"stackflare: {e.Message}");
        }
    }
}
