namespace Stackflare.EndToEnd.Harness;

/// <summary>How a target is started.</summary>
internal sealed record TargetOptions
{
    /// <summary>Dumps as JSON to standard error on SIGUSR1: what most tests look at.</summary>
    public const string JsonTrap = "signal=usr1;output=stderr;format=json";

    public static TargetOptions Default { get; } = new();

    /// <summary>For a target that only tells its truth.</summary>
    public static TargetOptions NoTrap { get; } = new() { Traps = [] };

    /// <summary>The library's handlers, in the target's own notation.</summary>
    public IReadOnlyList<string> Traps { get; init; } = [JsonTrap];

    /// <summary>Further arguments.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>Environment variables to set, or with null to remove.</summary>
    public IReadOnlyDictionary<string, string?> Environment { get; init; } = new Dictionary<string, string?>();

    /// <summary>
    /// A child of a child. The runtime waits for its own children, and so would take away the news that one of them has stopped for
    /// whoever traces it.
    /// </summary>
    public const string Grandchild = "exec 3<&0; \"$0\" \"$@\" <&3 & exec 3<&- <&-; wait";

    /// <summary>A shell script that replaces itself by the target, <c>"$0" "$@"</c>; null starts the target directly.</summary>
    public string? Shell { get; init; }

    /// <summary>Whether the test reads standard error; if not, the pipe is left to fill.</summary>
    public bool ReadStandardError { get; init; } = true;

    public static TargetOptions WithTrap(params string[] traps) => new() { Traps = traps };
}
