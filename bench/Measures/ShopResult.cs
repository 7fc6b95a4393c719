namespace Stackflare.Bench.Measures;

/// <summary>Dumps of a web service with many requests that hang, by the tool without options. Times are in milliseconds.</summary>
/// <param name="Requests">How many requests hang.</param>
/// <param name="Pause">The pause that the dump says.</param>
/// <param name="Tool">The tool, from start to exit.</param>
/// <param name="Lines">The lines of the longest dump.</param>
/// <param name="Dumps">How many dumps there were.</param>
/// <param name="Complete">How many of them had all requests, and no note that something is missing.</param>
internal sealed record ShopResult(int Requests, Distribution Pause, Distribution Tool, int Lines, int Dumps, int Complete);
