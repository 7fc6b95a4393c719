namespace Stackflare.Bench.Measures;

/// <summary>How long callers wait for their dump, one alone and many at once.</summary>
/// <param name="Shape">The program.</param>
/// <param name="Callers">How many call at once.</param>
/// <param name="One">One caller, in milliseconds.</param>
/// <param name="All">From the moment at which all call until the last of them has its dump.</param>
internal sealed record SharedResult(Shape Shape, int Callers, Distribution One, Distribution All);
