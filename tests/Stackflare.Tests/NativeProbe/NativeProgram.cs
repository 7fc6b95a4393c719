using System.Diagnostics;
using System.Reflection;
using Stackflare.Tests.Symbols;

namespace Stackflare.Tests.NativeProbe;

/// <summary>Compiles and runs the probe's own tests, which are C programs that exit with 0 when all is well.</summary>
internal static class NativeProgram
{
    /// <summary>The folder of the probe's sources.</summary>
    public static string Directory { get; } = Path.Combine(
        typeof(NativeProgram).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "RepositoryRoot").Value!,
        "native/probe");

    /// <summary>The folders of the probe's sources. Each may include from those before it.</summary>
    public static string[] Rooms { get; } = ["wire", "memory", "runtime", "walk", "locks", "heap", "entry"];

    /// <summary>The lines that the program prints.</summary>
    /// <param name="sources">Files of <see cref="Directory"/>.</param>
    /// <param name="arguments">The program's arguments.</param>
    public static string[] CompileAndRun(string[] sources, params string[] arguments) => CompileAndRun(Compiler, ["-std=c11", "-O1"], sources, arguments);

    /// <param name="compiler">The C compiler.</param>
    /// <param name="flags">What it is told.</param>
    /// <param name="sources">Files of <see cref="Directory"/>.</param>
    /// <param name="arguments">The program's arguments.</param>
    public static string[] CompileAndRun(string compiler, string[] flags, string[] sources, string[] arguments)
    {
        string folder = System.IO.Directory.CreateTempSubdirectory().FullName;
        try
        {
            string program = Path.Combine(folder, "program");
            Run(compiler, [.. flags, "-pthread", "-I", Directory, "-o", program, .. sources.Select(s => Path.Combine(Directory, s)), "-ldl"]);
            return Run(program, arguments, folder).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        }
        finally
        {
            System.IO.Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>The sources of some rooms.</summary>
    public static IEnumerable<string> Sources(params string[] rooms) =>
        rooms.SelectMany(r => System.IO.Directory.GetFiles(Path.Combine(Directory, r), "*.c")).Order(StringComparer.Ordinal);

    private static string Compiler => Environment.GetEnvironmentVariable("CC") is { Length: > 0 } cc ? cc : "cc";

    private static string Run(string program, string[] arguments, string? folder = null)
    {
        using Process process = Process.Start(
            new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder ?? string.Empty })!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program} exited with {process.ExitCode}: {errors.Result}");
        return output;
    }
}
