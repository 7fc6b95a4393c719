using System.CommandLine;
using Stackflare.Capture.CoreFiles;

namespace Stackflare.Cli.Commands;

/// <summary><c>stackflare show FILE</c>: dumps from saved snapshots or core files, possibly of other machines.</summary>
internal static class ShowCommand
{
    public static Command Create() => FileDumps.Create(
        "show", "Show saved snapshots, with lines and source if their PDBs are available.",
        "Snapshots that 'stackflare PROCESS --raw FILE' saved, or core files.",
        static (dumps, file) => CoreFile.IsCore(file) ? dumps.OfCore(file) : dumps.OfSnapshot(file));
}
