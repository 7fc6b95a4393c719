using Microsoft.Extensions.Logging;

namespace Stackflare.AspNetCore;

/// <summary>What the package logs.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "Stackflare listens at {Address}: 'curl' and the tool 'stackflare' get thread dumps there.")]
    public static partial void Listens(ILogger logger, string address);

    [LoggerMessage(2, LogLevel.Error, "Stackflare does not listen. {Reason}")]
    public static partial void DoesNotListen(ILogger logger, string reason);

    [LoggerMessage(4, LogLevel.Error, "Stackflare takes no thread dumps by {Trigger}. {Reason}")]
    public static partial void NoTrigger(ILogger logger, string trigger, string reason);

    [LoggerMessage(5, LogLevel.Warning, "{Count} thread dumps were not logged, because the log was busy. They were written to their output.")]
    public static partial void NotLogged(ILogger logger, string count);

    [LoggerMessage(3, LogLevel.Warning, "A thread dump was requested, and there is none. {Reason}")]
    public static partial void NoDump(ILogger logger, string reason);
}
