namespace Stackflare.EndToEnd.Harness;

/// <summary>
/// How often a test repeats what could go wrong once in many times: some in the gate, which is <c>dotnet test</c>, and all in the long runs, which the variable <see cref="Variable"/>
/// asks for. Tests that ask here bear the trait <see cref="Trait"/>, so that the long runs are these alone.
/// </summary>
internal static class Runs
{
    public const string Trait = "Runs", Long = "Long", Variable = "STACKFLARE_RUNS";

    public static readonly bool AreLong = string.Equals(Environment.GetEnvironmentVariable(Variable), Long, StringComparison.OrdinalIgnoreCase);

    /// <param name="gate">Times in the gate.</param>
    /// <param name="full">Times in the long runs.</param>
    public static int Times(int gate, int full) => AreLong ? full : gate;
}
