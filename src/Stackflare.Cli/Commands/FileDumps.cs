using System.CommandLine;
using Microsoft.Win32.SafeHandles;
using Stackflare.Building;
using Stackflare.Capture.CoreFiles;
using Stackflare.Interop;
using Stackflare.Model;
using Stackflare.Snapshots;
using Stackflare.Snapshots.Format;
using Stackflare.Symbols;
using Stackflare.Symbols.Saved;

namespace Stackflare.Cli.Commands;

/// <summary>Dumps from files, possibly of other machines: saved snapshots and core files.</summary>
internal sealed class FileDumps(SymbolOptions options)
{
    /// <summary>The maximum size of a capture. A larger file is not a valid snapshot.</summary>
    private const long LargestFile = 1L << 30;

    private readonly Symbolicator _symbolicator = new(options);

    /// <summary>Whether the heaps of core files are read for async methods, and for how long.</summary>
    private AsyncStackMode AsyncStacks { get; init; }

    /// <summary>Adds a command that shows files.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="description">What it does.</param>
    /// <param name="files">What its files are.</param>
    /// <param name="read">Reads one file.</param>
    /// <param name="readsHeaps">Whether it reads heaps, so that there are options for it.</param>
    public static Command Create(string name, string description, string files, Func<FileDumps, string, ThreadDump> read, bool readsHeaps = false)
    {
        var shared = new SharedOptions();
        var argument = new Argument<string[]>("file") { Description = files, Arity = ArgumentArity.OneOrMore, HelpName = "FILE" };
        // The parser takes a mistyped option for a file.
        argument.Validators.Add(static r =>
        {
            foreach (string word in r.Tokens.Select(static t => t.Value).Where(Usage.IsOption))
                r.AddError($"'{word}' is not an option.");
        });
        var withAsync = new Option<bool>("--async") { Description = "Include all async stacks, however long it takes to read the heap." };
        var noAsync = new Option<bool>("--no-async") { Description = "Leave out async stacks." };
        var command = new Command(name, description) { argument };
        if (readsHeaps)
        {
            command.Options.Add(withAsync);
            command.Options.Add(noAsync);
        }
        shared.AddTo(command);
        command.SetAction(result =>
        {
            if (readsHeaps && result.GetValue(withAsync) && result.GetValue(noAsync))
                return Usage.Error("--async and --no-async cannot be combined.");
            var dumps = new FileDumps(SymbolOptions.ForTool with
            {
                SourceText = !result.GetValue(shared.NoSource),
                SymbolDirectories = result.GetValue(shared.Symbols) ?? [],
            })
            {
                AsyncStacks = !readsHeaps ? AsyncStackMode.Auto : result.GetValue(withAsync) ? AsyncStackMode.Always : result.GetValue(noAsync) ? AsyncStackMode.Never : AsyncStackMode.Auto,
            };
            return shared.Success(result, shared.Write(result, (result.GetValue(argument) ?? []).Select(file => read(dumps, file)), interval: null));
        });
        return command;
    }

    /// <summary>The dump of a saved snapshot.</summary>
    public ThreadDump OfSnapshot(string file)
    {
        try
        {
            (Snapshot snapshot, SnapshotDirectory directory) = SnapshotFile.Read(Bytes(file));
            return DumpBuilder.Build(snapshot, _symbolicator, ownThread: null, SavedSymbols.Decode(snapshot, directory));
        }
        catch (SnapshotFormatException e)
        {
            throw e.Of(file);
        }
    }

    /// <summary>The dump of a core file.</summary>
    public ThreadDump OfCore(string file)
    {
        Snapshot snapshot = CoreCapture.Take(file, DumpLimits.Default, out string? executable, AsyncStacks);
        // The assemblies of a single-file program are in its executable, and each core can be of another program.
        return DumpBuilder.Build(snapshot, new Symbolicator(options with { SingleFilePath = executable }), ownThread: null);
    }

    private static byte[] Bytes(string file)
    {
        try
        {
            using SafeFileHandle handle = SafeOpen.Regular(file)
                ?? throw new SnapshotFormatException("it does not exist, is not a regular file, is empty, or cannot be read");
            long length = RandomAccess.GetLength(handle);
            if (length > LargestFile)
                throw new SnapshotFormatException($"it has {length} bytes");
            byte[] bytes = new byte[length];
            if (FileRead.Fill(handle, bytes, 0) < length)
                throw new SnapshotFormatException("it became shorter while it was read");
            return bytes;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SnapshotFormatException(EscapedText.Plain(e.Message.TrimEnd('.')), e);
        }
    }
}
