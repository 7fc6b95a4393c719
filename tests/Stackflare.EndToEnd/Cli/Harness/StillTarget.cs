using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Cli.Harness;

/// <summary>One target for the tests of a class, whose threads stand still.</summary>
public sealed class StillTarget : IAsyncLifetime
{
    private TargetProcess? _process;

    /// <summary>The id as an argument.</summary>
    public string Id => $"{Process.Pid}";

    internal TargetProcess Process => _process!;

    public async ValueTask InitializeAsync() => _process = await TargetProcess.StartAsync(Flavour.Optimized, "NamedThreads", TargetOptions.NoTrap);

    public ValueTask DisposeAsync() => Process.DisposeAsync();
}
