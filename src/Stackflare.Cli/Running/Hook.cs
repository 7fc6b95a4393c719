using System.Text;

namespace Stackflare.Cli.Running;

/// <summary>The environment variables that have a .NET program load the library at its start, and dump itself.</summary>
internal static class Hook
{
    private const string Library = "Stackflare.dll", StartupHooks = "DOTNET_STARTUP_HOOKS=";

    /// <summary>What is watched, unless the environment says something else.</summary>
    private const string Watch = "STACKFLARE_WATCH=", Watched = "threadpool,shutdown";

    /// <summary>The library beside this program; null if there is none.</summary>
    public static string? Find() => Path.Combine(AppContext.BaseDirectory, Library) is var path && File.Exists(path) ? path : null;

    /// <summary>Adds the variables.</summary>
    /// <param name="environment">The environment.</param>
    /// <param name="library">The library; null to add nothing.</param>
    public static IReadOnlyList<byte[]> Add(IReadOnlyList<byte[]> environment, string? library)
    {
        if (library is null)
            return environment;
        List<byte[]> added = [.. environment];
        // Other hooks keep their place: a later one can rely on an earlier one.
        int at = added.FindIndex(static v => v.AsSpan().StartsWith(Encoding.UTF8.GetBytes(StartupHooks)));
        if (at < 0)
            added.Add(OwnCommandLine.Bytes(StartupHooks + library));
        else
            added[at] = [.. added[at].AsSpan(..^1), .. OwnCommandLine.Bytes((added[at].Length > StartupHooks.Length + 1 ? ":" : "") + library)];
        if (!added.Exists(static v => v.AsSpan().StartsWith(Encoding.UTF8.GetBytes(Watch))))
            added.Add(OwnCommandLine.Bytes(Watch + Watched));
        return added;
    }
}
