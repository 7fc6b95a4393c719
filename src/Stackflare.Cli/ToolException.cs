namespace Stackflare.Cli;

/// <summary>An error of the tool itself, whose remedy is in the tool's own words already.</summary>
internal sealed class ToolException(StackflareError error, string problem, string remedy) : StackflareException(error, problem, remedy);
