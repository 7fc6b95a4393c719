using Stackflare;
using Stackflare.Outputs;
using Stackflare.Triggers;

/// <summary>
/// The runtime calls this type, by exactly this name and without a namespace, if DOTNET_STARTUP_HOOKS contains this assembly. It calls
/// <see cref="Flare.OnSignal"/> for programs that do not call it themselves.
/// </summary>
internal static class StartupHook
{
    /// <summary>Sets the signal handler as the environment variables say. On failure, prints one line; the program continues.</summary>
    public static void Initialize()
    {
        try
        {
            if (EnvironmentSettings.Read().Start() is { } sentence)
                StandardStreamOutput.TryWriteLine($"stackflare: {sentence}");
        }
        catch (StackflareException e)
        {
            StandardStreamOutput.TryWriteLine($"stackflare: {e.Message}");
        }
    }
}
