using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Cli.Harness;

/// <summary>The tool on a terminal, with keys. The shell around it says the terminal's settings before and after it, and its exit code.</summary>
internal sealed partial class ToolTerminal : IAsyncDisposable
{
    private readonly Process _process;
    private readonly Task _output;

    public ToolTerminal(int columns, int rows, params string[] arguments)
    {
        string tool = $"'{Tool.Path}' {string.Join(' ', arguments)}";
        string script = $"trap : INT; stty cols {columns} rows {rows}; echo \"TTY=$(tty)\"; echo \"BEFORE=$(stty -g)\"; sh -c 'echo \"PID=$$\"; exec {tool.Replace("'", "'\\''", StringComparison.Ordinal)}'; echo \"CODE=$?\"; echo \"AFTER=$(stty -g)\"";
        var start = new ProcessStartInfo("script", ["-qfec", script, "/dev/null"]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["TERM"] = "xterm-256color";
        start.Environment["SHELL"] = "/bin/sh";
        start.Environment.Remove("NO_COLOR");
        _process = Programs.Start(start);
        Output = new Feed("terminal", () => Text);
        _output = Output.ReadAsync(_process.StandardOutput.BaseStream);
    }

    public Feed Output { get; }

    /// <summary>All that came, with line feeds as they should be.</summary>
    public string Text => Output.Text.Replace("\r\n", "\n", StringComparison.Ordinal);

    public int Pid => int.Parse(Said("PID"), CultureInfo.InvariantCulture);

    /// <summary>The rows of the last screen that was drawn whole, without colours.</summary>
    public string[] Screen => Codes().Replace(Text.Split("\e[?1049l")[0].Split("\e[H")[^2], "").Split('\n', StringSplitOptions.TrimEntries);

    /// <summary>Waits for a text.</summary>
    public Task WaitForAsync(string text) => Output.WaitAsync(_ => Text.Contains(text, StringComparison.Ordinal) ? text : null, $"\"{text}\"");

    public Task WaitForScreenAsync(string what, Func<string[], bool> isThere) =>
        Output.WaitAsync(_ => Text.Split("\e[H").Length > 2 && isThere(Screen) ? what : null, what);

    public async Task TypeAsync(string keys)
    {
        await _process.StandardInput.WriteAsync(keys);
        await _process.StandardInput.FlushAsync();
    }

    public async Task ResizeAsync(int columns, int rows) =>
        (await new Command("stty", "-F", Said("TTY"), "cols", $"{columns}", "rows", $"{rows}").RunAsync()).Succeeded();

    /// <summary>Fails unless the terminal's settings are as before.</summary>
    public async Task AssertIsAsBeforeAsync() => Assert.Equal(Said("BEFORE"), (await new Command("stty", "-F", Said("TTY"), "-g").RunAsync()).Succeeded().Trim());

    /// <summary>Waits for the end. Fails unless the terminal is as before. Gives the exit code.</summary>
    public async Task<int> WaitForEndAsync()
    {
        await WaitForAsync("AFTER=");
        _process.StandardInput.Close();
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Deadline.Usual);
        await _output;
        Assert.Equal(Said("BEFORE"), Said("AFTER"));
        // Whatever the tool has switched on is off again, once.
        foreach (string mode in (string[])["?1049", "?25", "?7"])
        {
            if (Regex.Matches(Text, $@"\e\[{Regex.Escape(mode)}([hl])") is [.., var last])
                Assert.Equal(mode == "?1049" ? "l" : "h", last.Groups[1].Value);
        }
        return int.Parse(Said("CODE"), CultureInfo.InvariantCulture);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        await _output;
        _process.Dispose();
    }

    private string Said(string name) => Regex.Match(Text, $@"(?m){name}=(\S+)$") is { Success: true } match ? match.Groups[1].Value : throw new TargetException($"The shell has not said {name}.", Text);

    [GeneratedRegex(@"\e\[[?\d;]*[A-Za-z]")]
    private static partial Regex Codes();
}
