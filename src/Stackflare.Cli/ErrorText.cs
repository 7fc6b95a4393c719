using Stackflare.Model;

namespace Stackflare.Cli;

/// <summary>Errors as the tool prints them: the library's text, with remedies that name the tool's commands and options.</summary>
internal static class ErrorText
{
    /// <summary>One line, safe to print.</summary>
    public static string Describe(StackflareException error) =>
        EscapedText.Plain(Remedy(error) is { } remedy ? $"{error.Problem} {remedy}" : error.Message);

    /// <summary>Null to use the library's own remedy.</summary>
    private static string? Remedy(StackflareException error) => error switch
    {
        ToolException or SuspensionTimeoutException => null,
        { Error: StackflareError.NoSuchProcess } => "'stackflare ps' lists the processes that can be dumped.",
        { Error: StackflareError.NotDotNet } => "'stackflare ps' lists the processes that do; 'dotnet run' and 'dotnet watch' start your program as a child.",
        { Error: StackflareError.Timeout } =>
            "The process may be stopped, starved of processor time, or in a long garbage collection. Try again, or give it more time (--timeout).",
        _ => null,
    };
}
