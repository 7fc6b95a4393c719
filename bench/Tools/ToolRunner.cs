using System.Diagnostics;
using System.Globalization;
using System.Text;
using Stackflare.Bench.Subjects;

namespace Stackflare.Bench.Tools;

/// <summary>
/// Runs programs to their end, reads what they print as fast as it comes, and says what they cost. Owns the small program that
/// does the measuring, see run-once.c. For one thread.
/// </summary>
internal sealed class ToolRunner : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("stackflare-bench-");

    // Kept from run to run: to grow anew each time would let the programs wait that print the most.
    private byte[] _output = new byte[1 << 20];
    private int _length;

    internal ToolRunner()
    {
        CommandResult compiled = CommandResult.Of("cc", "-O2", "-o", Launcher, Path.Combine(AppContext.BaseDirectory, "run-once.c"));
        if (compiled.Succeeded)
            return;
        Dispose();
        throw new BenchException($"run-once.c could not be compiled: {compiled.Output}");
    }

    /// <summary>What the last command printed.</summary>
    internal string Output => Encoding.UTF8.GetString(_output, 0, _length);

    private string Launcher => Path.Combine(_directory.FullName, "run-once");

    /// <summary>Runs a command; the mark is counted in what it prints.</summary>
    internal ToolSample Run(string[] command, string mark)
    {
        ProcessStartInfo start = CommandResult.Piped(Launcher, command);

        // Asked for symbols, a server on the net answers when it likes.
        start.Environment.Remove("DEBUGINFOD_URLS");
        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        Thread reader = new(() => Read(process.StandardOutput.BaseStream)) { IsBackground = true };
        reader.Start();
        if (!process.WaitForExit(Patience))
        {
            process.Kill();
            throw new BenchException($"{command[0]} did not end within {Patience.TotalMinutes} minutes.");
        }

        reader.Join();
        ReadOnlySpan<byte> output = _output.AsSpan(0, _length);
        string[] said = errors.Result.TrimEnd().Split('\n');
        if (said[^1].Split(' ') is not [string nanoseconds, string microseconds, string kilobytes, string faults, string reads, string code])
            throw new BenchException($"{command[0]} could not be started: {errors.Result}");
        return new ToolSample(
            Number(nanoseconds) / 1e6,
            Number(microseconds) / 1e3,
            Number(kilobytes) / 1024,
            (int)Number(faults),
            (int)Number(reads),
            (int)Number(code),
            output.Count((byte)'\n'),
            output.Length,
            output.Count(Encoding.UTF8.GetBytes(mark)),
            string.Join('\n', said[..^1]).Trim());
    }

    public void Dispose() => _directory.Delete(recursive: true);

    private void Read(Stream pipe)
    {
        _length = 0;
        while (pipe.Read(_output.AsSpan(_length)) is > 0 and int count)
        {
            _length += count;
            if (_length == _output.Length)
                Array.Resize(ref _output, _length * 2);
        }
    }

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
