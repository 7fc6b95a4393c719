namespace Stackflare.Bench.Tools;

/// <summary>One way to call a contestant.</summary>
/// <param name="Remark">What is unusual about it, for the reader; empty if nothing.</param>
/// <param name="Command">The command line for a process.</param>
internal sealed record ToolVariant(string Remark, Func<string, string[]> Command);
