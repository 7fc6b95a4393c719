using System.CommandLine;

namespace Stackflare.Cli.Commands;

/// <summary><c>stackflare core FILE</c>: dumps from core files.</summary>
internal static class CoreCommand
{
    public static Command Create() => FileDumps.Create(
        "core", "Show the threads of a core file, with lines and source if the PDBs are available.",
        "Core files that createdump, gcore or the kernel wrote, of .NET 10 or 11 on x64.",
        static (dumps, file) => dumps.OfCore(file),
        readsHeaps: true);
}
