using System.Diagnostics;
using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Cli.Harness;

/// <summary>A running tool. It ends with its owner.</summary>
internal sealed class ToolProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly string _commandLine;
    private readonly Task _output, _errors;
    private readonly long _start = Stopwatch.GetTimestamp();

    public ToolProcess(Process process, string commandLine)
    {
        _process = process;
        _commandLine = commandLine;
        Output = new Feed("standard output", Describe);
        Errors = new Feed("standard error", Describe);
        process.StandardInput.Close();
        _output = Output.ReadAsync(process.StandardOutput.BaseStream);
        _errors = Errors.ReadAsync(process.StandardError.BaseStream);
    }

    public int Pid => _process.Id;

    public Feed Output { get; }

    public Feed Errors { get; }

    public bool HasExited => _process.HasExited;

    /// <summary>Sends a signal, unless it has ended: its id stays its own until it is waited for.</summary>
    public void Send(int signal)
    {
        if (!_process.HasExited)
            Kernel.SendIfAlive(_process.Id, signal);
    }

    /// <summary>Waits for the end. One that does not come fails the test.</summary>
    public async Task<ToolResult> WaitAsync()
    {
        try
        {
            await _process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Deadline.Usual);
        }
        catch (TimeoutException)
        {
            throw new TargetException("The tool did not end.", Describe());
        }

        var time = Stopwatch.GetElapsedTime(_start);
        await Task.WhenAll(_output, _errors);
        return new ToolResult(_process.ExitCode, Output.Bytes, Errors.Text, time, _commandLine);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        await Task.WhenAll(_output, _errors);
        _process.Dispose();
    }

    private string Describe() =>
        $"tool {(_process.HasExited ? $"exited with {_process.ExitCode}" : "runs")}: {_commandLine}\n--- standard output\n{Output.Text}\n--- standard error\n{Errors.Text}\n---";
}
