using System.Globalization;
using System.Text;
using Stackflare.Interop;
using Stackflare.Model;
using Stackflare.Processes;
using Stackflare.Writers;

namespace Stackflare.Cli.Running;

/// <summary>
/// The processes below a process as a tree, and the dumps of the .NET processes among them, the innermost first: the others mostly wait for those. Each dump is
/// taken by a process of its own, so that one that fails or hangs does not cost the others.
/// </summary>
/// <param name="own">The command line of this process.</param>
/// <param name="root">The process.</param>
/// <param name="directory">The directory for a file of each dump; null for none.</param>
/// <param name="timeout">The time limit of each dump in seconds.</param>
/// <param name="log">Where it is written.</param>
internal sealed class TreeReport(OwnCommandLine own, int root, string? directory, double timeout, CiLog log)
{
    private const int MaxDumpBytes = 256 << 20, BufferBytes = 64 << 10, MaxCommand = 200, MaxName = 60;

    /// <summary>Writes the report.</summary>
    /// <param name="withRoot">Whether the process itself is in it.</param>
    /// <returns>The exit code: that of the last dump that failed.</returns>
    public int Write(bool withRoot)
    {
        IReadOnlyList<ProcessTree> below = ProcessTree.Below(root, new HashSet<int> { Environment.ProcessId });
        List<(ProcessTree Place, string Command, FoundProcess? Found)> processes =
        [
            .. (withRoot ? [new ProcessTree(root, 0), .. below.Select(static p => p with { Depth = p.Depth + 1 })] : below)
                .Select(static p => (p, ProcessFiles.CommandLine(p.Pid), ProcessFinder.Look(p.Pid))),
        ];
        var tree = new StringBuilder();
        foreach ((ProcessTree place, string command, FoundProcess? found) in processes)
        {
            string name = EscapedText.Plain(command.Length > MaxCommand ? command[..MaxCommand] + "…" : command is "" ? ProcessFiles.ProgramName(place.Pid) : command);
            tree.Append(CultureInfo.InvariantCulture, $"{new string(' ', 2 + 2 * place.Depth)}{place.Pid} {name}{Kind(found)}\n");
        }
        log.WriteText(Encoding.UTF8.GetBytes(tree.ToString()));
        List<FoundProcess> dumped = [.. processes.OrderByDescending(static p => p.Place.Depth).Where(static p => p.Found is not null).Select(static p => p.Found!)];
        if (dumped.Count == 0)
        {
            log.Say("None of these processes can be dumped: none runs .NET, or the runtime of none answers to this user.");
            return ExitCodes.NotDotNet;
        }
        int result = ExitCodes.Success;
        foreach (FoundProcess process in dumped)
        {
            if (Dump(process) is var code and not ExitCodes.Success)
                result = code;
        }
        return result;
    }

    private static string Kind(FoundProcess? found) => found is null ? "" : found.Target.Runtime.Version is { } version ? $"  (.NET {version})" : "  (.NET)";

    private int Dump(FoundProcess process)
    {
        string title = EscapedText.Plain(string.Create(CultureInfo.InvariantCulture, $"{process.Name}, process {process.Pid}"));
        byte[] dump = Take(process.Pid, out int code);
        if (dump.Length == 0)
            return code;
        log.WriteDump(title, dump);
        // A dump without a verdict says nothing in a summary. Not all deadlocks have a colon here: "Deadlock through a task:".
        if (dump.AsSpan().IndexOf("\nDiagnosis:\n"u8) >= 0 || dump.AsSpan().IndexOf("\nDeadlock"u8) >= 0)
            log.Summarize(title, dump, directory);
        if (directory is not null)
            Save(process, dump);
        return code;
    }

    private void Save(FoundProcess process, byte[] dump)
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"{FileName(process.Name)}-{process.Pid}-{DateTime.UtcNow:yyyyMMdd'T'HHmmss}{DumpFormats.Row(DumpFormat.Text).Extension}");
        try
        {
            Directory.CreateDirectory(directory!);
            ResultOutput.Write(Path.Combine(directory!, name), [dump]);
        }
        catch (Exception e) when (e is StackflareException or IOException or UnauthorizedAccessException)
        {
            log.Say(EscapedText.Plain(e.Message));
        }
    }

    /// <summary>A name of a program, which can contain anything, as a part of the name of a file.</summary>
    private static string FileName(string program) => string.Concat(program.Take(MaxName).Select(static c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' ? c : '_')).TrimStart('.');

    /// <summary>Takes a dump by a process of its own.</summary>
    private byte[] Take(int pid, out int code)
    {
        code = ExitCodes.Failure;
        if (!Posix.TryMakePipe(out int reader, out int writer))
            return [];
        string id = pid.ToString(CultureInfo.InvariantCulture);
        int child = Posix.Spawn(
            OwnCommandLine.Program, own.With("tree", id, "--timeout", timeout.ToString(CultureInfo.InvariantCulture)), own.EnvironmentOfCommand, own.BlockedBefore, writer, hasInput: false);
        Posix.Close(writer);
        using var dump = new MemoryStream();
        byte[] buffer = new byte[BufferBytes];
        // It ends by itself when its time is over.
        while (child > 0 && dump.Length < MaxDumpBytes && Posix.Read(reader, buffer) is > 0 and var count)
            dump.Write(buffer, 0, (int)count);
        Posix.Close(reader);
        if (child > 0)
            code = Posix.WaitForEnd(child);
        return dump.ToArray();
    }
}
