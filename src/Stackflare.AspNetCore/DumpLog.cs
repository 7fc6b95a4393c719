using System.Globalization;
using Microsoft.Extensions.Logging;

namespace Stackflare.AspNetCore;

/// <summary>
/// Writes dumps to a log. A logger can block, for example because nobody reads the console, and the thread that takes dumps must go on. So each dump has a
/// thread of its own; while one waits for the logger, further dumps are not logged, but counted.
/// </summary>
/// <param name="logger">The log.</param>
internal sealed class DumpLog(ILogger logger)
{
    private int _isBusy, _lost;

    /// <summary>Logs a dump later, on another thread.</summary>
    public void Write(ThreadDump dump)
    {
        if (Interlocked.Exchange(ref _isBusy, 1) != 0)
        {
            Interlocked.Increment(ref _lost);
            return;
        }
        try
        {
            new Thread(() => Run(dump)) { IsBackground = true, Name = "Stackflare log" }.UnsafeStart();
        }
        catch (Exception)
        {
            Volatile.Write(ref _isBusy, 0);
            throw;
        }
    }

    private void Run(ThreadDump dump)
    {
        try
        {
            foreach (DumpEvent part in DumpEvent.PartsOf(dump))
                logger.Log(LogLevel.Error, DumpEvent.Id, part, exception: null, static (p, _) => p.ToString());
            if (Interlocked.Exchange(ref _lost, 0) is var lost and > 0)
                Log.NotLogged(logger, lost.ToString(CultureInfo.InvariantCulture));
        }
#pragma warning disable CA1031 // A logger that throws must not end the process. The dump was written to its output before.
        catch (Exception)
#pragma warning restore CA1031
        {
        }
        finally
        {
            Volatile.Write(ref _isBusy, 0);
        }
    }
}
