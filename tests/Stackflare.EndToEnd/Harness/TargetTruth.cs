using System.Text.Json;

namespace Stackflare.EndToEnd.Harness;

/// <summary>What a target said of its threads.</summary>
internal sealed record TargetTruth(int Pid, IReadOnlyList<TruthThread> Threads)
{
    public static TargetTruth Parse(string json) => JsonSerializer.Deserialize<TargetTruth>(json, JsonSerializerOptions.Web)!;

    public TruthThread Named(string name) => Threads.Single(t => t.Name == name);
}
