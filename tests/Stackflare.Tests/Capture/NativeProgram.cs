using System.Diagnostics;
using System.Reflection;

namespace Stackflare.Tests.Capture;

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
    public static string[] CompileAndRun(string[] sources, params string[] arguments)
    {
        string folder = System.IO.Directory.CreateTempSubdirectory().FullName;
        try
        {
            string program = Path.Combine(folder, "program");
            string compiler = Environment.GetEnvironmentVariable("CC") is { Length: > 0 } cc ? cc : "cc";
            Run(compiler, ["-std=c11", "-O1", "-pthread", "-I", Directory, "-o", program, .. sources.Select(s => Path.Combine(Directory, s))]);
            return Run(program, arguments).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        }
        finally
        {
            System.IO.Directory.Delete(folder, recursive: true);
        }
    }

    private static string Run(string program, string[] arguments)
    {
        using Process process = Process.Start(
            new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program} exited with {process.ExitCode}: {errors.Result}");
        return output;
    }
}
