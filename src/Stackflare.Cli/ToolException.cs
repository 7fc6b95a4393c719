namespace Stackflare.Cli;

/// <summary>An error of the tool itself. Its remedy already names the tool's commands and options.</summary>
internal sealed class ToolException(StackflareError error, string problem, string remedy) : StackflareException(error, problem, remedy);
