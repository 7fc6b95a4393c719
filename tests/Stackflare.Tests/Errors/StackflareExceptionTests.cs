using System.Reflection;
using System.Text.RegularExpressions;

namespace Stackflare.Tests.Errors;

public sealed partial class StackflareExceptionTests
{
    private static readonly Exception[] WithTypesOfTheirOwn =
    [
        new CaptureTimeoutException(TimeSpan.FromSeconds(1), "the runtime does not answer"),
        new SuspensionTimeoutException(TimeSpan.FromSeconds(1), isCollection: true, []),
        new SuspensionBlockedException([], stoodStill: null),
        new DiagnosticsDisabledException("DOTNET_EnableDiagnostics=0"),
        new OutputException("It cannot be written.", "Write elsewhere."),
        new SnapshotFormatException("it is empty"),
        new CoreFileException("core.1", "it is empty", "Name another."),
    ];

    [Fact]
    public void ErrorsThatProgramsHandleAreTypesAndValues()
    {
        Assert.Equal(
            [StackflareError.Timeout, StackflareError.Timeout, StackflareError.SuspensionBlocked, StackflareError.DiagnosticsDisabled, StackflareError.OutputFailed, StackflareError.InvalidSnapshot, StackflareError.InvalidCore],
            WithTypesOfTheirOwn.Cast<StackflareException>().Select(e => e.Error));
        var types = typeof(StackflareException).Assembly.GetExportedTypes().Where(t => t.IsSubclassOf(typeof(Exception)) && t != typeof(StackflareException));
        Assert.Equal(WithTypesOfTheirOwn.Select(e => e.GetType()).OrderBy(t => t.Name), types.OrderBy(t => t.Name));
    }

    [Fact]
    public void TheMessageIsTheProblemAndTheRemedy()
    {
        foreach (StackflareException error in WithTypesOfTheirOwn.Cast<StackflareException>())
        {
            Assert.Equal($"{error.Problem} {error.Remedy}", error.Message);
            Assert.EndsWith(".", error.Problem, StringComparison.Ordinal);
            Assert.EndsWith(".", error.Remedy, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void ACodeOfTheRuntimesIsInTheMessageAndInTheHResult()
    {
        var with = StackflareException.CaptureFailed("The runtime refused", "Try again.", unchecked((int)0x8013136A));
        Assert.Equal((unchecked((int)0x8013136A), "The runtime refused (0x8013136A). Try again."), (with.HResult, with.Message));
        var without = StackflareException.CaptureFailed("The runtime refused", "Try again.", 0);
        Assert.Equal("The runtime refused. Try again.", without.Message);
        Assert.Equal(new StackflareException(StackflareError.CaptureFailed, "", "").HResult, without.HResult);
    }

    /// <summary>No user can make one: the error and its remedy are Stackflare's own.</summary>
    [Fact]
    public void NoTypeHasAPublicConstructor() =>
        Assert.Empty(WithTypesOfTheirOwn.Select(e => e.GetType()).Append(typeof(StackflareException)).SelectMany(t => t.GetConstructors(BindingFlags.Public | BindingFlags.Instance)));

    /// <summary>The tool says in its own words what to do; a program that uses the library has no command line.</summary>
    [Fact]
    public void TheLibrarysTextsNameNoOptionAndNoCommandOfTheTool()
    {
        string folder = Path.Combine(Golden.RepositoryRoot, "src", "Stackflare");
        string[] rooms = ["Errors", "Processes", "Capture", "Outputs", "Triggers", "Http", "Interop", "Snapshots", "Runtime", "Symbols"];
        string[] sources = [.. rooms.SelectMany(r => Directory.EnumerateFiles(Path.Combine(folder, r), "*.cs", SearchOption.AllDirectories))];
        Assert.Empty(from file in sources
                     from line in File.ReadLines(file)
                     where !line.TrimStart().StartsWith("//", StringComparison.Ordinal) && OptionOrCommand().IsMatch(line)
                     select $"{Path.GetRelativePath(folder, file)}: {line.Trim()}");
    }

    [GeneratedRegex("""[" (]--[a-z]+[a-z-]*\b(?! ==)|'stackflare """)]
    private static partial Regex OptionOrCommand();
}
