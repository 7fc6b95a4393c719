namespace Stackflare.Targets.Common;

/// <summary>Everything a parked thread said of itself.</summary>
public sealed record ThreadTruth
{
    /// <summary><see cref="Thread.Name"/>.</summary>
    public required string? Name { get; init; }

    /// <summary><see cref="Environment.CurrentManagedThreadId"/>.</summary>
    public required int ManagedId { get; init; }

    /// <summary>What <c>gettid</c> says.</summary>
    public required int OsId { get; init; }

    /// <summary><see cref="Thread.IsBackground"/>.</summary>
    public required bool IsBackground { get; init; }

    /// <summary><see cref="Thread.IsThreadPoolThread"/>.</summary>
    public required bool IsThreadPool { get; init; }

    /// <summary>Full name of the type of the exception being handled.</summary>
    public string? Exception { get; init; }

    /// <summary>What .NET itself prints of this stack, from the method that parked outward.</summary>
    public required string Trace { get; init; }

    /// <summary>The marks, innermost first.</summary>
    public required IReadOnlyList<Mark> Marks { get; init; }

    /// <summary>The locks that it holds, those taken last first.</summary>
    public required IReadOnlyList<HeldMark> Held { get; init; }

    /// <summary>What it is about to wait for, by <see cref="ObjectNames"/>.</summary>
    public string? Wanted { get; init; }

    /// <summary>Takes down the calling thread.</summary>
    /// <param name="track">Its marks.</param>
    /// <param name="trace">Its stack, as .NET prints it.</param>
    /// <param name="exception">The exception it is handling.</param>
    public static ThreadTruth OfThisThread(Track track, string trace, Exception? exception)
    {
        var thread = Thread.CurrentThread;
        return new()
        {
            Name = thread.Name,
            ManagedId = thread.ManagedThreadId,
            OsId = Libc.GetThreadId(),
            IsBackground = thread.IsBackground,
            IsThreadPool = thread.IsThreadPoolThread,
            Exception = exception?.GetType().FullName,
            Trace = trace,
            Marks = [.. track.InnermostFirst],
            Held = [.. track.Held],
            Wanted = track.Wanted,
        };
    }
}
