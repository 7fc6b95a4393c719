using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Stackflare.EndToEnd.Cli.Harness;

/// <summary>A test that reads a profile with Go's pprof; it is skipped where there is no Go.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class RequiresGoFactAttribute : FactAttribute
{
    private static readonly bool Exists = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(f => File.Exists(Path.Combine(f, "go")));

    public RequiresGoFactAttribute([CallerFilePath] string? file = null, [CallerLineNumber] int line = -1)
        : base(file, line) => Skip = Exists ? null : "There is no Go, with pprof.";

    /// <summary>What <c>go</c> writes; it must succeed.</summary>
    internal static async Task<string> RunAsync(params string[] arguments)
    {
        using Process go = Process.Start(new ProcessStartInfo("go", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> errors = go.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        string output = await go.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await go.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(go.ExitCode == 0, await errors);
        return output;
    }
}
