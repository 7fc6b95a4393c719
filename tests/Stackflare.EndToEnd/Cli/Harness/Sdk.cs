using System.Diagnostics;
using System.Globalization;
using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Cli.Harness;

/// <summary>The .NET SDK with a temporary directory of its own, so that no other build's servers are met. They end with it.</summary>
internal sealed class Sdk : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private readonly TemporaryFolder _temporary = new();
    private Process? _interactive;

    /// <summary>The compiler's server has its pipe in /tmp itself; with a name of its own it is another server than everybody's.</summary>
    private string CompilerPipe => _temporary.Path + ".pipe";

    /// <summary>Builds a small project. The compiler and a node stay for the next build.</summary>
    public async Task BuildAsync()
    {
        var project = Directory.CreateDirectory(Path.Combine(_temporary.Path, "p")).FullName;
        await File.WriteAllTextAsync(Path.Combine(project, "p.csproj"), """
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <TargetFramework>net10.0</TargetFramework>
                <OutputType>Exe</OutputType>
                <UseAppHost>false</UseAppHost>
                <NuGetAudit>false</NuGetAudit>
              </PropertyGroup>
            </Project>
            """);
        await File.WriteAllTextAsync(Path.Combine(project, "p.cs"), "System.Console.WriteLine();");
        using var build = Start(project, "build", "-nodeReuse:true", "-p:UseSharedCompilation=true", "-p:SharedCompilationId=" + Path.GetFileName(CompilerPipe));
        var output = build.StandardOutput.ReadToEndAsync();
        await build.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Patience);
        Assert.True(build.ExitCode == 0, await output);
    }

    /// <summary>Starts an interactive session of F# and waits until it waits for its next line.</summary>
    /// <returns>The id of the process that it runs in.</returns>
    public async Task<int> StartInteractiveAsync()
    {
        _interactive = Start(_temporary.Path, "fsi", "--nologo", "--quiet", "--readline-");
        await _interactive.StandardInput.WriteLineAsync("System.Console.WriteLine(\"READY {0}\", System.Environment.ProcessId);;");
        await _interactive.StandardInput.FlushAsync();
        while (await _interactive.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Patience) is { } line)
        {
            if (line.Split("READY ") is [_, var id])
                return int.Parse(id, CultureInfo.InvariantCulture);
        }

        throw new InvalidOperationException("The session ended.");
    }

    /// <summary>The one process of ours whose command line has a part.</summary>
    public int Process(string part) => Processes().Single(p => File.ReadAllText($"/proc/{p}/cmdline").Replace('\0', ' ').Contains(part, StringComparison.Ordinal));

    public async ValueTask DisposeAsync()
    {
        foreach (var pid in Processes())
            Kernel.KillIfAlive(pid);
        if (_interactive is not null)
        {
            await _interactive.WaitForExitAsync();
            _interactive.Dispose();
        }

        await Poll.UntilAsync(() => Processes().Length == 0, "the end of the servers", () => "");
        File.Delete(CompilerPipe);
        _temporary.Dispose();
    }

    private Process Start(string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", arguments)
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
        return System.Diagnostics.Process.Start(start)!;
    }

    /// <summary>Known by their temporary directory.</summary>
    private int[] Processes() =>
    [
        .. Directory.GetDirectories("/proc").Select(Path.GetFileName).Where(n => char.IsAsciiDigit(n![0]))
            .Select(n => int.Parse(n!, CultureInfo.InvariantCulture)).Where(id => id != Environment.ProcessId && IsOurs(id)),
    ];

    private bool IsOurs(int id)
    {
        try
        {
            return File.ReadAllText($"/proc/{id}/environ").Split('\0').Contains("TMPDIR=" + _temporary.Path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
