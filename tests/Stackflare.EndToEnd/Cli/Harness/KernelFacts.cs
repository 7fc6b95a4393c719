using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Cli.Harness;

/// <summary>What is shown of a process whose runtime does not answer.</summary>
internal static class KernelFacts
{
    /// <summary>The thread that begins when the program first reads its standard input: on a busy machine, after the tool has looked.</summary>
    private const string FirstRead = ".NET SigHandler";

    /// <summary>
    /// Fails unless every thread of the target is listed, by its id and the kernel's name, and why there are no stacks. Of threads that come and go nothing is
    /// expected: the tool may have looked before or after.
    /// </summary>
    public static void AssertIn(ToolResult result, TargetProcess target)
    {
        Assert.Contains("\nNote: Only the kernel's view of the threads is available: ", result.RawOutput, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.RawOutput, StringComparison.Ordinal);
        string[] lines = result.RawOutput.Split('\n');
        string[] missing = Missing();
        // A new thread has the name of the one that began it until it runs.
        for (var deadline = Deadline.In(TimeSpan.FromSeconds(5)); missing.Length > 0 && deadline.Left > TimeSpan.Zero; missing = [.. missing.Intersect(Missing())])
            Thread.Sleep(20);
        Assert.True(missing.Length == 0, $"not listed: {string.Join(", ", missing)}\n{result}");

        string[] Missing() =>
        [
            .. KernelThreads.Of(target.Pid).Where(t => !KernelThreads.IsPassing(t.Name) && t.Name != FirstRead && !lines.Any(l => l.StartsWith($"\"{t.Name}\" tid={t.Id} ", StringComparison.Ordinal)))
                .Select(t => $"{t.Name} {t.Id}"),
        ];
    }
}
