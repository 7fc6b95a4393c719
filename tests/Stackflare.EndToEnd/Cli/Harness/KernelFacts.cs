using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Cli.Harness;

/// <summary>What is shown of a process whose runtime does not answer.</summary>
internal static class KernelFacts
{
    /// <summary>Fails unless every thread of the target is listed, by its id and the kernel's name, and why there are no stacks.</summary>
    public static void AssertIn(ToolResult result, TargetProcess target)
    {
        Assert.Contains("\nNote: Only what the kernel knows of the threads: ", result.RawOutput, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.RawOutput, StringComparison.Ordinal);
        string[] lines = result.RawOutput.Split('\n');
        string[] missing =
        [
            .. Directory.GetDirectories($"/proc/{target.Pid}/task").Where(task => !lines.Any(l =>
                l.StartsWith($"\"{File.ReadAllText(task + "/comm").TrimEnd('\n')}\" tid={Path.GetFileName(task)} ", StringComparison.Ordinal))),
        ];
        Assert.True(missing.Length == 0, $"not listed: {string.Join(", ", missing)}\n{result}");
    }
}
