using System.Reflection;
using Stackflare.Tests.Symbols;

namespace Stackflare.Tests;

/// <summary>
/// Compares output with a committed file. What was received is written beside it for a diff; taking it over is done by hand.
/// </summary>
internal static class Golden
{
    public static string RepositoryRoot { get; } = typeof(Golden).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(a => a.Key == "RepositoryRoot").Value!;

    public static string PathOf(string name, string extension = "txt") =>
        Path.Combine(RepositoryRoot, "tests", "Stackflare.Tests", "Writers", $"{name}.verified.{extension}");

    public static void Verify(string text, string name, string extension = "txt")
    {
        string verified = PathOf(name, extension);
        string received = verified.Replace(".verified.", ".received.", StringComparison.Ordinal);
        string? expected = File.Exists(verified) ? File.ReadAllText(verified) : null;
        if (text == expected)
        {
            File.Delete(received);
            return;
        }
        File.WriteAllText(received, text);
        Assert.Fail($"{(expected is null ? "There is no golden file." : FirstDifference(expected, text))}\nCompare: diff {verified} {received}");
    }

    private static string FirstDifference(string expected, string actual)
    {
        string[] e = expected.Split('\n'), a = actual.Split('\n');
        int i = 0;
        while (i < e.Length && i < a.Length && e[i] == a[i])
            i++;
        return $"Line {i + 1} differs.\n  expected: {(i < e.Length ? e[i] : "(end)")}\n  received: {(i < a.Length ? a[i] : "(end)")}";
    }
}
