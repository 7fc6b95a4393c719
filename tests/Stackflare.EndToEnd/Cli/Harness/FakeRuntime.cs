using System.Diagnostics;
using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Cli.Harness;

/// <summary>A process that is taken for one of .NET and answers as no runtime would; see fake_runtime.c.</summary>
internal sealed class FakeRuntime : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private Process? _process;
    private string? _library;

    public int Pid => _process!.Id;

    /// <param name="how">How it answers.</param>
    /// <param name="version">The version of the runtime that it is taken for.</param>
    /// <param name="isMusl">Whether it is taken for a program of another C library.</param>
    public static async Task<FakeRuntime> StartAsync(string how, string version = "10.0.0", bool isMusl = false)
    {
        var fake = new FakeRuntime();
        try
        {
            await fake.RunAsync(how, version, isMusl);
            return fake;
        }
        catch
        {
            await fake.DisposeAsync();
            throw;
        }
    }

    /// <summary>Marks the runtime's library, which the process has loaded, as one for another processor.</summary>
    public void PretendToBeForArm()
    {
        const int machine = 18, arm64 = 0xb7;
        using var file = new FileStream(_library!, FileMode.Open, FileAccess.Write) { Position = machine };
        file.WriteByte(arm64);
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is { } process)
        {
            process.Kill();
            await process.WaitForExitAsync();
            process.Dispose();
        }

        _folder.Dispose();
    }

    private async Task RunAsync(string how, string version, bool isMusl)
    {
        var program = Path.Combine(_folder.Path, "fake");
        await CompileAsync([Path.Combine(TestPaths.RepositoryRoot, "tests", "Stackflare.EndToEnd", "Cli", "Harness", "fake_runtime.c"), "-o", program]);
        List<string> libraries = [Path.Combine(_folder.Path, "Microsoft.NETCore.App", version, "libcoreclr.so")];
        if (isMusl)
            libraries.Add(Path.Combine(_folder.Path, "ld-musl-x86_64.so.1"));
        _library = libraries[0];
        foreach (var library in libraries)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(library)!);
            await CompileAsync(["-shared", "-fPIC", "-x", "c", "/dev/null", "-o", library]);
        }

        var start = new ProcessStartInfo(program, [how]) { RedirectStandardOutput = true };
        start.Environment["LD_PRELOAD"] = string.Join(':', libraries);
        start.Environment["TMPDIR"] = _folder.Path;
        _process = Programs.Start(start);
        Assert.Equal("READY", await _process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));
    }

    internal static async Task CompileAsync(string[] arguments)
    {
        string compiler = Environment.GetEnvironmentVariable("CC") is { Length: > 0 } cc ? cc : "cc";
        using var compile = Process.Start(compiler, ["-std=c11", "-O1", "-Wall", "-Werror", .. arguments]);
        await compile.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, compile.ExitCode);
    }
}
