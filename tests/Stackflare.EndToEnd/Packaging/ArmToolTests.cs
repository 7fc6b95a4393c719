using System.IO.Compression;
using Stackflare.EndToEnd.Cli.Harness;
using Stackflare.EndToEnd.Cores;
using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Packaging;

/// <summary>
/// The executable for arm64, as it is in its package, in an emulator. It dumps no process there: the emulator hides the kernel's times of processes, which the name of the runtime's
/// socket has.
/// </summary>
[Collection(typeof(PackageCollection))]
public sealed class ArmToolTests(Packages packages)
{
    [RequiresArmEmulationFact]
    public async Task ItShowsASnapshotAndACoreAsTheOtherOneDoes()
    {
        string tool = Path.Combine(packages.Directory("tool-arm"), "stackflare");
        using (ZipArchive package = packages.Open("Stackflare.Cli.linux-arm64"))
            package.GetEntry("tools/any/linux-arm64/stackflare")!.ExtractToFile(tool);
        File.SetUnixFileMode(tool, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        // Without libraries for arm64: it needs none.
        var emulated = new ToolOptions { Launcher = ["qemu-aarch64"], Executable = tool };
        Assert.Equal(Packages.Version, (await Tool.RunAsync(emulated, "--version")).Output.Trim());

        await using var target = await TargetProcess.StartAsync(Flavour.Optimized, "AsyncNames", TargetOptions.NoTrap);
        string snapshot = Path.Combine(target.TemporaryFolder, "snapshot");
        _ = (await Tool.RunAsync($"{target.Pid}", "--raw", snapshot)).Output;
        await AssertSameAsync(emulated, "show", snapshot);
        await AssertSameAsync(emulated, "show", snapshot, "-f", "json");
        if (RequiresPtraceTheoryAttribute.Reason is null)
            await AssertSameAsync(emulated, "core", await CoreWriter.CreateDumpAsync(target, "withheap"));
    }

    private static async Task AssertSameAsync(ToolOptions emulated, params string[] arguments)
    {
        string expected = (await Tool.RunAsync(arguments)).Output;
        Assert.NotEmpty(expected);
        Assert.Equal(expected, (await Tool.RunAsync(emulated, arguments)).Output);
    }
}
