using System.Diagnostics;
using System.Globalization;

namespace Stackflare.Bench.Subjects;

/// <summary>Finds out which contestants there are on this machine. Owns the directory that holds the compiled Java program.</summary>
internal sealed class Contestants : IDisposable
{
    /// <summary>With the library as its package has it, which is machine code.</summary>
    private static readonly Lazy<string> TargetProgram = new(() =>
        Published.Make(Path.Combine("bench", "Targets", "Parked"), "target", "Stackflare.BenchTarget", "-p:SelfContained=false", "-p:PublishReadyToRun=true").FullName);

    private static readonly string Sources = Path.Combine(AppContext.BaseDirectory, "competitors");

    private readonly DirectoryInfo _compiled = Directory.CreateTempSubdirectory("stackflare-bench-");
    private readonly List<Contestant> _present = [];
    private readonly List<string> _versions = [];
    private readonly List<string> _absent = [];

    internal Contestants()
    {
        _versions.Add($".NET {Environment.Version}");
        _present.Add(new(ContestantKind.StackflareEverything, "Stackflare, everything printed", LibC.SigUsr1, false, shape => Target(shape, "--everything", "--threads-only")));
        _present.Add(new(ContestantKind.StackflareDefault, "Stackflare as it comes", LibC.SigUsr1, false, shape => Target(shape)));
        AddJava();
        AddPython();
    }

    internal IReadOnlyList<Contestant> Present => _present;

    /// <summary>What the contestants run on.</summary>
    internal IReadOnlyList<string> Versions => _versions;

    /// <summary>A sentence for each contestant that is not on this machine.</summary>
    internal IReadOnlyList<string> Absent => _absent;

    /// <summary>The program with Stackflare in it.</summary>
    internal static ProcessStartInfo Target(Shape shape, params string[] switches) => CommandResult.Piped(TargetProgram.Value, [.. Numbers(shape), .. switches]);

    public void Dispose() => _compiled.Delete(recursive: true);

    private void AddJava()
    {
        if (FirstLine("java", "-version") is not { } version)
        {
            _absent.Add("No JVM here: `java` was not found.");
            return;
        }

        _versions.Add(version);
        string source = Path.Combine(Sources, "Threads.java");

        // Without a compiler the java command compiles the file in memory, and keeps the compiler's classes.
        string[] program = FirstLine("javac", "-d", _compiled.FullName, source) is null ? [source] : ["-cp", _compiled.FullName, "Threads"];
        _present.Add(new(ContestantKind.Jvm, "JVM, SIGQUIT", LibC.SigQuit, true, shape => CommandResult.Piped("java", [.. program, .. Numbers(shape)])));
    }

    private void AddPython()
    {
        if (FirstLine("python3", "--version") is not { } version)
        {
            _absent.Add("No Python here: `python3` was not found.");
            return;
        }

        _versions.Add(version);
        AddPython(ContestantKind.PythonHandler, "Python, handler in Python", "threads.py");
        AddPython(ContestantKind.Faulthandler, "Python, faulthandler", "faulthandler.py");
    }

    // -B: no compiled files left beside the sources.
    private void AddPython(ContestantKind kind, string name, string file) => _present.Add(
        new(kind, name, LibC.SigUsr1, false, shape => CommandResult.Piped("python3", ["-B", Path.Combine(Sources, file), .. Numbers(shape)])));

    private static string[] Numbers(Shape shape) =>
        [shape.Threads.ToString(CultureInfo.InvariantCulture), shape.Frames.ToString(CultureInfo.InvariantCulture)];

    /// <summary>The first line that the command prints, empty if it prints nothing; null if there is no such command or it fails.</summary>
    private static string? FirstLine(string program, params string[] arguments) =>
        CommandResult.Of(program, arguments) is { Succeeded: true } result ? result.FirstLine : null;
}
