using System.CommandLine;
using Microsoft.Win32.SafeHandles;
using Stackflare.Building;
using Stackflare.Interop;
using Stackflare.Model;
using Stackflare.Snapshots;
using Stackflare.Snapshots.Format;
using Stackflare.Symbols;
using Stackflare.Symbols.Modules;
using Stackflare.Symbols.Saved;

namespace Stackflare.Cli.Commands;

/// <summary><c>stackflare show FILE</c>: dumps from saved snapshots, possibly of other machines.</summary>
internal static class ShowCommand
{
    /// <summary>The maximum size of a capture. A larger file is not a valid snapshot.</summary>
    private const long LargestFile = 1L << 30;

    public static Command Create()
    {
        var shared = new SharedOptions();
        var files = new Argument<string[]>("file") { Description = "Snapshots that 'stackflare PROCESS --raw FILE' saved.", Arity = ArgumentArity.OneOrMore, HelpName = "FILE" };
        // The parser takes a mistyped option for a file.
        files.Validators.Add(static r =>
        {
            foreach (string word in r.Tokens.Select(static t => t.Value).Where(Usage.IsOption))
                r.AddError($"'{word}' is not an option.");
        });
        var command = new Command("show", "Show saved snapshots, with lines and source if their PDBs are available.") { files };
        shared.AddTo(command);
        command.SetAction(result =>
        {
            var symbolicator = new Symbolicator(SymbolOptions.ForTool with
            {
                SourceText = !result.GetValue(shared.NoSource),
                SymbolDirectories = result.GetValue(shared.Symbols) ?? [],
            });
            IEnumerable<ThreadDump> dumps = (result.GetValue(files) ?? []).Select(file => Read(file, symbolicator));
            return shared.Success(result, shared.Write(result, dumps, interval: null));
        });
        return command;
    }

    private static ThreadDump Read(string file, Symbolicator symbolicator)
    {
        try
        {
            (Snapshot snapshot, SnapshotDirectory directory) = SnapshotFile.Read(Bytes(file));
            return DumpBuilder.Build(snapshot, symbolicator, ownThread: null, SavedSymbols.Decode(snapshot, directory));
        }
        catch (SnapshotFormatException e)
        {
            throw e.Of(file);
        }
    }

    private static byte[] Bytes(string file)
    {
        try
        {
            using SafeFileHandle handle = SafeOpen.Regular(file)
                ?? throw new SnapshotFormatException("it does not exist, is not a regular file, or cannot be read");
            long length = RandomAccess.GetLength(handle);
            if (length > LargestFile)
                throw new SnapshotFormatException($"it has {length} bytes");
            byte[] bytes = new byte[length];
            if (RegularFile.Fill(handle, bytes, 0) < length)
                throw new SnapshotFormatException("it became shorter while it was read");
            return bytes;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SnapshotFormatException(EscapedText.Plain(e.Message.TrimEnd('.')), e);
        }
    }
}
