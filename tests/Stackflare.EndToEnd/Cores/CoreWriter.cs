using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Cores;

/// <summary>Writes cores of running processes.</summary>
internal static class CoreWriter
{
    private const string Tool = "createdump";

    /// <summary>A core that the runtime's own tool writes.</summary>
    /// <param name="target">The process.</param>
    /// <param name="kind">full, withheap, normal or triage.</param>
    public static Task<string> CreateDumpAsync(TargetProcess target, string kind) => CreateDumpAsync(target.Pid, RuntimeOf(target), kind, target.TemporaryFolder);

    /// <summary>The same of any process.</summary>
    /// <param name="pid">The process.</param>
    /// <param name="runtime">The folder of its runtime.</param>
    /// <param name="kind">full, withheap, normal or triage.</param>
    /// <param name="folder">Where the core is written.</param>
    public static async Task<string> CreateDumpAsync(int pid, string runtime, string kind, string folder)
    {
        string tool = Path.Combine(runtime, Tool), core = Path.Combine(folder, $"core.{kind}");
        // It comes from a package, which has no permissions.
        if (!File.GetUnixFileMode(tool).HasFlag(UnixFileMode.UserExecute))
            File.SetUnixFileMode(tool, File.GetUnixFileMode(tool) | UnixFileMode.UserExecute);
        return await WriteAsync(new Command(tool, $"--{kind}", "-f", core, $"{pid}"), core);
    }

    /// <summary>A core that gdb writes. By default, it leaves out what is in files.</summary>
    public static async Task<string> GcoreAsync(int pid, string folder)
    {
        string prefix = Path.Combine(folder, "gcore");
        return await WriteAsync(new Command("gcore", "-o", prefix, $"{pid}"), $"{prefix}.{pid}");
    }

    /// <summary>Tries a few times: a writer fails if a thread ends before it holds it.</summary>
    private static async Task<string> WriteAsync(Command command, string core)
    {
        for (int i = 1; ; i++)
        {
            CommandResult result = await command.RunAsync();
            if (result.ExitCode == 0 && File.Exists(core))
                return core;
            Assert.True(i < 3, $"{result}");
        }
    }

    /// <summary>The tool lies beside the runtime; a program in a single file comes without it.</summary>
    public static string RuntimeOf(TargetProcess target)
    {
        if (RuntimeOf(target.Pid) is { } folder && File.Exists(Path.Combine(folder, Tool)))
            return folder;
        return target.Flavour.RuntimeMajor == Environment.Version.Major
            ? Path.GetDirectoryName(typeof(object).Assembly.Location)!
            : Directory.GetDirectories(Path.Combine(TestPaths.TargetOutput("Runtime11", "net10.0"), "dotnet", "shared", "Microsoft.NETCore.App")).Single();
    }

    /// <summary>The folder of a process's runtime; null if the program has it in its own file.</summary>
    public static string? RuntimeOf(int pid) =>
        ProcessFigures.Of(pid).Mappings.FirstOrDefault(static m => m.EndsWith("/libcoreclr.so", StringComparison.Ordinal)) is { } library ? Path.GetDirectoryName(library) : null;
}
