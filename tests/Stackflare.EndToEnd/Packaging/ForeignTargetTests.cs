using System.Diagnostics;
using Stackflare.Capture;
using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Packaging;

/// <summary>Each process gets the probe that it can load, or a reason why there is none.</summary>
public sealed class ForeignTargetTests
{
    private const ushort Arm64 = 183; // EM_AARCH64

    [Fact]
    public async Task AnOrdinaryProcessSharesOurNamespaces()
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Plain, "NamedThreads", TargetOptions.NoTrap);
        var seen = Processes.TargetProcess.Inspect(target.Pid);
        // So that it is reached without a file in any directory.
        Assert.Equal("", seen.RootPrefix);
        Assert.True(seen.SharesNetwork);
        Assert.True(seen.SharesProcesses);
        Assert.True(Capture.Probe.ProbeTransport.CanUseMemory(seen));
    }

    [Fact]
    public async Task AnOrdinaryProcessIsGivenTheProbeForGlibc()
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Plain, "NamedThreads", TargetOptions.NoTrap);
        Assert.Equal("linux-x64", AskedFor(target.Pid));
    }

    [RequiresCompilerFact("musl-gcc")]
    public async Task AProcessOnMuslIsGivenTheProbeForMusl()
    {
        using var program = await PretenderAsync("musl-gcc", ownMachine: true);
        Assert.Equal("linux-musl-x64", AskedFor(program.Id));
    }

    [RequiresCompilerFact("musl-gcc")]
    public async Task WithoutThatProbeItIsSaidWhatIsMissing()
    {
        using var program = await PretenderAsync("musl-gcc", ownMachine: true);
        var error = Assert.Throws<StackflareException>(() => Look(program.Id, _ => null));
        Assert.Equal(StackflareError.LibcMismatch, error.Error);
        Assert.Contains("musl", error.Problem, StringComparison.Ordinal);
        Assert.Contains("linux-musl-x64", error.Problem, StringComparison.Ordinal);
        Assert.Contains("musl-gcc", error.Remedy, StringComparison.Ordinal);
    }

    [RequiresCompilerFact("musl-gcc")]
    public async Task TheProbeForMuslLoadsInAProcessOnMusl()
    {
        using var folder = new TemporaryFolder();
        string program = Path.Combine(folder.Path, "load");
        (await new Command("musl-gcc", "-o", program, "native/probe/tests/load.c").RunAsync()).Succeeded();
        (await new Command(program, "src/Stackflare/obj/probe/linux-musl-x64/libstackflare_probe.so").RunAsync()).Succeeded();
    }

    [Fact]
    public async Task AProcessForAnotherProcessorIsRefused()
    {
        using var program = await PretenderAsync("cc", ownMachine: false);
        var error = Assert.Throws<StackflareException>(() => Look(program.Id, _ => throw new InvalidOperationException("asked for a probe")));
        Assert.Equal(StackflareError.Unsupported, error.Error);
        Assert.Contains("arm64", error.Problem, StringComparison.Ordinal);
        Assert.Contains("x64", error.Problem, StringComparison.Ordinal);
        Assert.Contains("arm64", error.Remedy, StringComparison.Ordinal);
    }

    private static string AskedFor(int pid)
    {
        var asked = new List<string>();
        Look(pid, platform =>
        {
            asked.Add(platform);
            return [];
        });
        return Assert.Single(asked);
    }

    private static void Look(int pid, Func<string, byte[]?> probes) =>
        _ = new ProcessCapture(Processes.TargetProcess.Inspect(pid), platform => probes(platform) is { } probe ? probe : default(ReadOnlyMemory<byte>?), CaptureOptions.Default, []);

    /// <summary>A program that has mapped a file by the name of the runtime's library.</summary>
    private static async Task<Pretender> PretenderAsync(string compiler, bool ownMachine)
    {
        var folder = new TemporaryFolder();
        string program = Path.Combine(folder.Path, "mapper"), library = Path.Combine(folder.Path, "libcoreclr.so");
        string source = Path.Combine(TestPaths.RepositoryRoot, "tests/Stackflare.EndToEnd/Packaging/mapper.c");
        (await new Command(compiler, "-o", program, source).RunAsync()).Succeeded();
        byte[] image = await File.ReadAllBytesAsync(program, TestContext.Current.CancellationToken);
        if (!ownMachine)
            BitConverter.TryWriteBytes(image.AsSpan(18), Arm64);
        await File.WriteAllBytesAsync(library, image, TestContext.Current.CancellationToken);

        var process = Process.Start(new ProcessStartInfo(program, [library]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        Assert.Equal("READY", await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));
        return new Pretender(process, folder);
    }

    private sealed record Pretender(Process Process, TemporaryFolder Folder) : IDisposable
    {
        public int Id => Process.Id;

        public void Dispose()
        {
            Process.StandardInput.Close();
            Process.WaitForExit();
            Process.Dispose();
            Folder.Dispose();
        }
    }
}
