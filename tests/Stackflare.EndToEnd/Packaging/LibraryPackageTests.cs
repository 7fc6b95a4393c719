using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Packaging;

/// <summary>A program of somebody who has the library from its package.</summary>
[Collection(typeof(PackageCollection))]
public sealed class LibraryPackageTests(Packages packages)
{
    private const string Program = """
        using Stackflare;

        Thread worker = new(Work.Run) { Name = "worker", IsBackground = true };
        worker.Start();
        SpinWait.SpinUntil(() => worker.ThreadState.HasFlag(ThreadState.WaitSleepJoin));
        if (args is ["wait"])
        {
            Console.WriteLine("READY");
            Console.In.Read();
            return;
        }
        // A warm-up would compile at the same time, on another thread.
        using (Flare.OnSignal(new SignalOptions { WarmUp = false }))
            Flare.Dump(Console.Out, capture: new CaptureOptions { Limits = new DumpLimits { Timeout = TimeSpan.FromMinutes(1), MaxPause = TimeSpan.FromSeconds(10) } });

        Console.WriteLine($"compiled: {System.Runtime.JitInfo.GetCompiledMethodCount()} of {typeof(Flare).Assembly.Location}");

        static class Work
        {
            public static void Run()
            {
                Thread.Sleep(Timeout.Infinite);
            }
        }

        """;

    private static readonly int SleepLine = Program[..Program.IndexOf("Thread.Sleep", StringComparison.Ordinal)].Count(c => c == '\n') + 1;

    [Fact]
    public async Task AProgramForAnyPlatformFindsItsProbe()
    {
        string folder = await ProjectAsync("portable");
        await packages.DotnetAsync("portable", "build", "-o", "out");
        Assert.False(File.Exists($"{folder}/out/libstackflare_probe.so"));
        Assert.True(File.Exists($"{folder}/out/runtimes/linux-x64/native/libstackflare_probe.so"));
        var program = new Command("dotnet", $"{folder}/out/portable.dll") { Environment = new Dictionary<string, string> { ["DOTNET_TieredCompilation"] = "0" } };
        int compiled = CompiledMethods(await AssertDumpsAsync(folder, program), $"{folder}/out/runtimes/linux-x64/lib/net10.0");

        // Without it, the program has the IL to compile.
        Directory.Delete($"{folder}/out/runtimes/linux-x64/lib", recursive: true);
        File.Delete($"{folder}/out/portable.deps.json");
        int all = CompiledMethods(await AssertDumpsAsync(folder, program), $"{folder}/out");
        Assert.InRange(compiled, 1, all * 2 / 3);
    }

    [Theory]
    [InlineData("single-file", false)]
    [InlineData("single-file-extracting", true)]
    public async Task ASingleFileFindsItsProbe(string name, bool extracting)
    {
        string folder = await ProjectAsync(name);
        await packages.DotnetAsync(
            name, "publish", "-r", "linux-x64", "-o", "out", "-p:PublishSingleFile=true", $"-p:SelfContained={!extracting}",
            $"-p:IncludeNativeLibrariesForSelfExtract={extracting}", "-p:DebugType=embedded");
        Assert.Equal(!extracting, File.Exists($"{folder}/out/libstackflare_probe.so"));
        await AssertDumpsAsync(folder, new Command($"{folder}/out/{name}"));
    }

    [RequiresArmEmulationFact]
    public async Task AProgramForArmFindsItsProbeAndItWorks()
    {
        string folder = await ProjectAsync("arm");
        await packages.DotnetAsync("arm", "publish", "-r", "linux-arm64", "-o", "out", "-p:SelfContained=true", "-p:InvariantGlobalization=true");
        string dump = await AssertDumpsAsync(folder, ArmEmulation.Run($"{folder}/out/arm"));
        Assert.Contains(" linux-arm64, ", dump, StringComparison.Ordinal);
        Assert.Contains("\"worker\" #", dump, StringComparison.Ordinal); // a name that is read through the runtime's data contract
    }

    [RequiresMuslFact]
    public async Task AProgramForMuslFindsItsProbeAndItWorksForTheToolAsWell()
    {
        string folder = await ProjectAsync("musl");
        await packages.DotnetAsync("musl", "publish", "-r", "linux-musl-x64", "-o", "out", "-p:SelfContained=true", "-p:InvariantGlobalization=true");
        var environment = await MuslLibraries.PrepareAsync(packages.Directory("musl/libraries"));
        await AssertDumpsAsync(folder, new Command($"{folder}/out/musl") { Environment = environment });

        var start = new ProcessStartInfo($"{folder}/out/musl", ["wait"]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        using var program = Process.Start(start)!;
        Assert.Equal("READY", await program.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));
        await AssertDumpsAsync(folder, new Command(Cli.Harness.Tool.Path, $"{program.Id}"));
        program.StandardInput.Close();
        await program.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, program.ExitCode);
    }

    [Theory]
    [InlineData("lib/net8.0")]
    [InlineData("runtimes/linux-x64/lib/net10.0")]
    public async Task ThePackageItselfServesAsAStartupHook(string library)
    {
        await ProjectAsync("hook");
        await packages.DotnetAsync("hook", "restore");
        await using var target = await TargetProcess.StartAsync(Flavour.Plain, "NamedThreads", TargetOptions.NoTrap with
        {
            Environment = new Dictionary<string, string?>
            {
                ["DOTNET_STARTUP_HOOKS"] = $"{packages.Unpacked}/stackflare/{Packages.Version}/{library}/Stackflare.dll",
                ["STACKFLARE_FORMAT"] = "json",
            },
        });
        JsonDump dump = await target.DumpAsync();
        Assert.All(target.Truth.Threads, thread => thread.AssertIn(dump));
    }

    [Fact]
    public async Task PublishingAheadOfTimeWarns()
    {
        await ProjectAsync("ahead");
        await packages.DotnetAsync("ahead", "restore");
        string output = await packages.DotnetAsync("ahead", "msbuild", "-t:StackflareCheckPublish", "-p:PublishAot=true");
        Assert.Contains("warning STACKFLARE001", output, StringComparison.Ordinal);
    }

    /// <summary>How many methods the program has compiled until the end of its first dump.</summary>
    private static int CompiledMethods(string output, string folder)
    {
        Match line = Regex.Match(output, "^compiled: ([0-9]+) of (.*)/Stackflare.dll$", RegexOptions.Multiline);
        Assert.Equal(folder, line.Groups[2].Value);
        return int.Parse(line.Groups[1].Value, CultureInfo.InvariantCulture);
    }

    private Task<string> ProjectAsync(string name) => packages.ProjectAsync(name, "Microsoft.NET.Sdk", "Stackflare", Program);

    private static async Task<string> AssertDumpsAsync(string folder, Command program)
    {
        string dump = (await program.RunAsync()).Succeeded();
        Assert.Contains($"\n   at Work.Run() in {folder}/Program.cs:line {SleepLine}\n      Thread.Sleep(Timeout.Infinite);\n", dump, StringComparison.Ordinal);
        return dump;
    }
}
