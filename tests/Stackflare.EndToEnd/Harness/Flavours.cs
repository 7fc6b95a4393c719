namespace Stackflare.EndToEnd.Harness;

/// <summary>Rows for theories.</summary>
public static class Flavours
{
    /// <summary>Every flavour.</summary>
    public static TheoryData<string> All => [.. Flavour.All.Select(f => f.Name)];

    /// <summary>Every flavour whose runtime lies beside its debugging library.</summary>
    public static TheoryData<string> WithDebuggingLibrary => [.. Flavour.All.Where(f => !f.Name.StartsWith("single file, c", StringComparison.Ordinal) && f != Flavour.SingleFile).Select(f => f.Name)];
}
