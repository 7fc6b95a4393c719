namespace Stackflare.Targets.Shapes.Problems;

/// <summary>A report of <see cref="NightlyReports"/>.</summary>
internal sealed class Report;
