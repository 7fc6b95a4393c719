using System.CommandLine;
using Stackflare.Analysis;
using Stackflare.Capture;
using Stackflare.Writers;
using Stackflare.Writers.Profiles;

namespace Stackflare.Cli.Commands;

/// <summary><c>stackflare record PROCESS</c>: samples over some time, added up to a flame graph.</summary>
internal static class RecordCommand
{
    private static readonly string Names = string.Join(", ", RecordingFormat.All.Select(static f => f.Name));

    public static Command Create()
    {
        var shared = new SharedOptions();
        var process = new Argument<string>("process") { Description = "The process: its id, or the name of its program.", HelpName = "pid|name" };
        Option<double> duration = NumberOption.Create("--duration", "-d", 10.0, least: 0, most: 86_400);
        (duration.Description, duration.HelpName) = ("How long, in seconds; 0 for no limit, until Ctrl+C.", "S");
        Option<double> rate = NumberOption.Create("--rate", "-r", 100.0, least: 0.01, most: 1000);
        (rate.Description, rate.HelpName) = ("Samples each second, at most: fewer are taken if the program would be paused for more than 1 % of the time.", "N");
        var wall = new Option<bool>("--wall") { Description = "Count all of the time; the default." };
        var cpu = new Option<bool>("--cpu") { Description = "Count only the time in which a thread ran." };
        var blocked = new Option<bool>("--blocked") { Description = "Count only the time in which a thread did not run." };
        var withAsync = new Option<bool>("--async") { Description = "Include async stacks. The pauses are longer, so there are fewer samples." };
        var format = new Option<string?>("--format", "-f") { Description = $"The format: {Names}. By default, that of the file's extension.", HelpName = string.Join('|', RecordingFormat.All.Select(static f => f.Name)) };
        var all = new Option<bool>("--all") { Description = "Include idle threads of the framework, and hidden frames." };
        Option<double> timeout = NumberOption.Create("--timeout", alias: null, 5.0, least: 0.01, most: 600);
        (timeout.Description, timeout.HelpName) = ("Time limit of a sample in seconds.", "S");
        DumpCommand.CheckIsNoOption(process);
        format.CompletionSources.Clear();
        format.CompletionSources.Add([.. RecordingFormat.All.Select(static f => f.Name)]);
        var command = new Command("record", "Record where a process spends its time.") { process, duration, rate, wall, cpu, blocked, withAsync, format, timeout, shared.Output, all, shared.Redact, shared.RedactKey, shared.Symbols };
        command.SetAction(result =>
        {
            bool[] modes = [result.GetValue(wall), result.GetValue(cpu), result.GetValue(blocked)];
            if (modes.Count(static m => m) > 1)
                return Usage.Error("Use one of --wall, --cpu and --blocked.");
            RecordingMode mode = modes[1] ? RecordingMode.Cpu : modes[2] ? RecordingMode.Blocked : RecordingMode.Wall;
            if (result.GetValue(withAsync) && mode is not RecordingMode.Wall)
                return Usage.Error("--async needs --wall: an async method that waits does not run.");
            string? file = result.GetValue(shared.Output) is { } name and not SharedOptions.StandardOutput ? name : null;
            if ((result.GetValue(format) is { } named ? RecordingFormat.Named(named) : file is null ? null : RecordingFormat.Of(file)) is not { } form)
            {
                return Usage.Error(
                    result.GetValue(format) is { } unknown ? $"'{unknown}' is not a format of recordings. Use {Names}."
                    : file is null ? "Name a file with --output, or a format with --format."
                    : $"The extension of '{file}' is not that of a format. Use {string.Join(", ", RecordingFormat.All.Select(static f => f.Extension))}, or --format.");
            }
            var options = new CaptureOptions { AsyncStacks = result.GetValue(withAsync) ? AsyncStackMode.Auto : AsyncStackMode.Never, Limits = new DumpLimits { Timeout = TimeSpan.FromSeconds(result.GetValue(timeout)) } };
            TimeSpan? end = result.GetValue(duration) is > 0 and var seconds ? TimeSpan.FromSeconds(seconds) : null;
            using ProcessCapture capture = DumpCommand.Look(result.GetValue(process)!, options, result.GetValue(shared.Symbols) ?? []);
            using var interrupt = new Interrupt();
            var rendering = new RenderOptions { ShowHidden = result.GetValue(all), Redaction = shared.RedactionFor(result) };
            using var samples = new StackSamples(rendering, forPeople: true) { KeepsIdle = form.ShowsIdle };
            var recorder = new Recorder(capture, new Recording(mode, samples), rendering, new SampleClock(TimeSpan.FromSeconds(1 / result.GetValue(rate)), end), interrupt);
            using var bytes = new PooledBytes();
            // The file is found to be writable before the recording begins.
            try
            {
                ResultOutput.Write(file, Pieces());
            }
            catch (OperationCanceledException)
            {
                // Ctrl+C came before the first sample.
            }
            if (samples.Count > 0)
                Recorder.Say($"stackflare: {recorder.Summary(result.GetValue(rate))}\n");
            return samples.Count == 0 ? ExitCodes.Interrupted
                // A process that has ended was recorded to its end.
                : recorder.Error is { Error: not StackflareError.NoSuchProcess } error ? ExitCodes.For(error) : ExitCodes.Success;

            IEnumerable<ReadOnlyMemory<byte>> Pieces()
            {
                recorder.Run();
                if (samples.Count == 0)
                    throw recorder.Error ?? (Exception)new OperationCanceledException();
                form.Write(samples, mode, bytes);
                yield return bytes.WrittenMemory;
            }
        });
        return command;
    }
}
