namespace Stackflare.EndToEnd.Harness;

/// <summary>Rows for theories.</summary>
public static class Flavours
{
    /// <summary>Every flavour.</summary>
    public static TheoryData<string> All => [.. Flavour.All.Select(f => f.Name)];

    /// <summary>Every flavour in which .NET itself finds the lines of its stack traces: not where the assemblies are no files.</summary>
    public static TheoryData<string> WithStackTraceLines =>
        [.. Flavour.All.Where(f => !f.Name.StartsWith("single file", StringComparison.Ordinal)).Select(f => f.Name)];
}
