using System.Diagnostics;
using System.Text.RegularExpressions;
using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Cli.Harness;

/// <summary>A web application: the sample's, if not another.</summary>
internal sealed partial class WebServer : IAsyncDisposable
{
    private readonly TemporaryFolder _temporary = new();
    private readonly Process _process;
    private readonly Task _reading, _errors;

    private WebServer(Flavour flavour, string program, IEnumerable<(string Name, string Value)> environment, string[] arguments)
    {
        var start = new ProcessStartInfo(program, [.. arguments, "--urls", "http://127.0.0.1:0"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in flavour.Environment)
            start.Environment[name] = value;
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        start.Environment["TMPDIR"] = _temporary.Path;
        _process = Programs.Start(start);
        Output = new Feed("standard output", () => Output!.Text);
        _reading = Output.ReadAsync(_process.StandardOutput.BaseStream);
        Errors = new Feed("standard error", () => $"{Output.Text}\n{Errors!.Text}");
        _errors = Errors.ReadAsync(_process.StandardError.BaseStream);
    }

    public int Pid => _process.Id;

    public Feed Output { get; }

    public Feed Errors { get; }

    public Uri Address { get; private set; } = null!;

    /// <summary>Starts it and waits until it says that it is up.</summary>
    /// <param name="flavour">What it runs on: a flavour of the machine's runtime or of a runtime that is shared.</param>
    /// <param name="program">The program; null for the sample.</param>
    /// <param name="arguments">Its arguments, besides the address.</param>
    public static Task<WebServer> StartAsync(Flavour flavour, string? program = null, params string[] arguments) =>
        StartAsync(flavour, program ?? Path.Combine(TestPaths.RepositoryRoot, "samples", "WebApp", "bin", TestPaths.Configuration, "net10.0", "WebApp"), [], arguments);

    /// <summary>Starts one with environment variables and waits until it says that it is up.</summary>
    public static async Task<WebServer> StartAsync(Flavour flavour, string program, IEnumerable<(string Name, string Value)> environment, params string[] arguments)
    {
        var server = new WebServer(flavour, program, environment, arguments);
        try
        {
            var line = await server.Output.WaitAsync(bytes => Up().Match(System.Text.Encoding.UTF8.GetString(bytes.Span)) is { Success: true } match ? match : null, "its address");
            server.Address = new Uri(line.Groups[1].Value);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits for its end and gives its exit code.</summary>
    public async Task<int> WaitForExitAsync()
    {
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Deadline.Usual);
        await _errors;
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        await Task.WhenAll(_reading, _errors);
        _process.Dispose();
        _temporary.Dispose();
    }

    [GeneratedRegex(@"(?m)^(http://127\.0\.0\.1:\d+)\S* is up\.")]
    private static partial Regex Up();
}
