using System.Diagnostics;
using System.Globalization;
using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Cli.Harness;

/// <summary>The .NET SDK with a temporary directory of its own, so that no other build's servers are met. They end with it.</summary>
internal sealed class Sdk : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private readonly TemporaryFolder _temporary = new();
    private readonly List<Process> _started = [];

    /// <summary>The compiler's server has its pipe in /tmp itself; with a name of its own it is another server than everybody's.</summary>
    private string CompilerPipe => _temporary.Path + ".pipe";

    /// <summary>Builds a small project, and returns while the build waits behind its last step: so the compiler and a node are there.</summary>
    /// <remarks>
    /// A node that has nothing more to do ends, where other builds of the machine have nodes. The compiler's server is there before. A build that starts one itself waits
    /// 20 s for it, then compiles without; and the server, which finds that its first client has gone, ends.
    /// </remarks>
    public async Task BuildAsync()
    {
        await StartCompilerAsync();
        var project = Directory.CreateDirectory(Path.Combine(_temporary.Path, "p")).FullName;
        await File.WriteAllTextAsync(Path.Combine(project, "p.csproj"), """
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <TargetFramework>net10.0</TargetFramework>
                <OutputType>Exe</OutputType>
                <UseAppHost>false</UseAppHost>
                <NuGetAudit>false</NuGetAudit>
              </PropertyGroup>
              <Target Name="Stay" AfterTargets="Build">
                <Exec Command="touch built &amp;&amp; exec sleep infinity" />
              </Target>
            </Project>
            """);
        await File.WriteAllTextAsync(Path.Combine(project, "p.cs"), "System.Console.WriteLine();");
        Process build = Start(project, "build", "-p:UseSharedCompilation=true", "-p:SharedCompilationId=" + Path.GetFileName(CompilerPipe));
        _started.Add(build);
        var output = build.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        string built = Path.Combine(project, "built");
        await Poll.UntilAsync(() => File.Exists(built) || build.HasExited, "the build", () => "it runs");
        Assert.True(File.Exists(built), build.HasExited ? await output : "");
    }

    /// <summary>Starts an interactive session of F# and waits until it waits for its next line.</summary>
    /// <returns>The id of the process that it runs in.</returns>
    public async Task<int> StartInteractiveAsync()
    {
        Process interactive = Start(_temporary.Path, "fsi", "--nologo", "--quiet", "--readline-");
        _started.Add(interactive);
        await interactive.StandardInput.WriteLineAsync("System.Console.WriteLine(\"READY {0}\", System.Environment.ProcessId);;");
        await interactive.StandardInput.FlushAsync();
        while (await interactive.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Patience) is { } line)
        {
            if (line.Split("READY ") is [_, var id])
                return int.Parse(id, CultureInfo.InvariantCulture);
        }

        throw new InvalidOperationException("The session ended.");
    }

    /// <summary>The one process of ours, but for the shells that start them, whose command line has a part.</summary>
    public int Process(string part) => Processes().Single(p => Read(p, "comm") != "sh\n" && Read(p, "cmdline").Replace('\0', ' ').Contains(part, StringComparison.Ordinal));

    public async ValueTask DisposeAsync()
    {
        foreach (var pid in Processes())
            Kernel.KillIfAlive(pid);
        foreach (Process started in _started)
        {
            await started.WaitForExitAsync();
            started.Dispose();
        }

        await Poll.UntilAsync(() => Processes().Length == 0, "the end of the servers", () => "");
        File.Delete(CompilerPipe);
        _temporary.Dispose();
    }

    /// <summary>Starts the compiler's server and waits until it listens: whoever connects then does not have to wait for it.</summary>
    private async Task StartCompilerAsync()
    {
        string version = (await AnswerAsync("--version")).Trim();
        // A line is: 10.0.401 [/usr/share/dotnet/sdk]
        string folder = (await AnswerAsync("--list-sdks")).Split('\n').Single(l => l.StartsWith(version + " [", StringComparison.Ordinal)).Split('[', ']')[1];
        Process server = Start(_temporary.Path, Path.Combine(folder, version, "Roslyn", "bincore", "VBCSCompiler.dll"), "-pipename:" + Path.GetFileName(CompilerPipe));
        _started.Add(server);
        await Poll.UntilAsync(() => File.Exists(CompilerPipe), "the compiler's server to listen", () => server.HasExited ? $"it ended with {server.ExitCode}" : "it runs");
    }

    private async Task<string> AnswerAsync(string question)
    {
        using Process command = Start(_temporary.Path, question);
        string answer = await command.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await command.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Patience);
        return answer;
    }

    private Process Start(string folder, params string[] arguments)
    {
        // A debugger looks at what runs here: see Grandchild.
        var start = new ProcessStartInfo("sh", ["-c", TargetOptions.Grandchild, "dotnet", .. arguments])
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        foreach (var name in start.Environment.Keys.Where(n => n.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase) || n.StartsWith("DOTNET_Enable", StringComparison.Ordinal)).ToArray())
            start.Environment.Remove(name);
        start.Environment["TMPDIR"] = _temporary.Path;
        start.Environment["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1";
        start.Environment["DOTNET_NOLOGO"] = "1";
        // Else the first node is the command itself, which ends.
        start.Environment["MSBUILDNOINPROCNODE"] = "1";
        // Nodes of other builds that are idle are not met either: they do not know the word.
        start.Environment["MSBUILDNODEHANDSHAKESALT"] = _temporary.Path;
        return System.Diagnostics.Process.Start(start)!;
    }

    /// <summary>Known by their temporary directory.</summary>
    private int[] Processes() =>
    [
        .. Directory.GetDirectories("/proc").Select(Path.GetFileName).Where(n => char.IsAsciiDigit(n![0]))
            .Select(n => int.Parse(n!, CultureInfo.InvariantCulture)).Where(id => id != Environment.ProcessId && IsOurs(id)),
    ];

    private bool IsOurs(int id) => Read(id, "environ").Split('\0').Contains("TMPDIR=" + _temporary.Path);

    /// <summary>What the kernel says of a process; nothing of one that has ended, or is not to be looked at.</summary>
    private static string Read(int id, string file)
    {
        try
        {
            return File.ReadAllText($"/proc/{id}/{file}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
