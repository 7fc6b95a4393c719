using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Cli.Harness;

/// <summary>One target for the tests of a class, whose threads stand still: all that come are there, and those that go have gone.</summary>
public sealed class StillTarget : IAsyncLifetime
{
    private TargetProcess? _process;

    /// <summary>The id as an argument.</summary>
    public string Id => $"{Process.Pid}";

    internal TargetProcess Process => _process!;

    public async ValueTask InitializeAsync()
    {
        _process = await TargetProcess.StartAsync(Flavour.Optimized, "NamedThreads", TargetOptions.NoTrap);
        // The first dump makes the runtime start a thread that stays; the console's comes some moments after the first line was read.
        _ = (await Tool.RunAsync(Id)).Output;
        await Poll.UntilAsync(
            () => Process.ThreadNames is var names && names.Contains(".NET SigHandler") && !names.Any(KernelThreads.IsPassing),
            "the target's threads to come to rest",
            () => string.Join('\n', Process.ThreadNames));
    }

    public ValueTask DisposeAsync() => Process.DisposeAsync();
}
