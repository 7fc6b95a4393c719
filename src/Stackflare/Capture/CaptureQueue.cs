using System.Runtime.ExceptionServices;

namespace Stackflare.Capture;

/// <summary>
/// Runs one capture at a time. Callers that arrive during a capture wait, and those with equal wishes share the next one. It begins after all
/// of them have called, so that its result is current for each of them. No caller joins a capture that has begun.
/// </summary>
/// <remarks>One of the callers that share a capture runs it on its own thread, so the thread pool is not needed. First come, first served.</remarks>
/// <typeparam name="TWish">What is wanted. Equal wishes share a capture.</typeparam>
/// <typeparam name="TResult">The result of a capture.</typeparam>
/// <param name="grace">
/// How much longer than the time limit a caller waits for a capture that another one runs: the limit does not cover names and lines.
/// </param>
internal sealed class CaptureQueue<TWish, TResult>(TimeSpan grace)
    where TWish : notnull
{
    private readonly object _gate = new();
    private readonly List<Batch> _waiting = [];
    private bool _isRunning;

    /// <summary>How many callers wait for a capture with this wish that has not begun.</summary>
    internal int WaitingFor(TWish wish)
    {
        lock (_gate)
            return _waiting.Find(b => b.Wish.Equals(wish))?.Members ?? 0;
    }

    /// <summary>Returns the result of a capture that begins after this call.</summary>
    /// <param name="wish">What is wanted.</param>
    /// <param name="patience">How long to wait until it begins.</param>
    /// <param name="capture">Runs it. Its token is cancelled when no caller wants the result any more.</param>
    /// <param name="cancellationToken">
    /// Ends the wait. If other callers share the capture, it continues, and the caller that runs it stays until it ends.
    /// </param>
    /// <exception cref="CaptureTimeoutException">
    /// It did not begin in time because of other captures; or another thread runs it and did not end within its time limit and the grace time.
    /// </exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public TResult Take(TWish wish, TimeSpan patience, Func<CancellationToken, TResult> capture, CancellationToken cancellationToken = default)
    {
        Member member = Join(wish, cancellationToken);
        using CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(static m => ((Member)m!).Leave(), member);
        try
        {
            if (IsMyTurn(member.Batch, patience, cancellationToken))
                Run(member.Batch, capture);
        }
        finally
        {
            member.Leave();
        }
        cancellationToken.ThrowIfCancellationRequested();
        return member.Batch.Result();
    }

    private Member Join(TWish wish, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            Batch? batch = _waiting.Find(b => b.Wish.Equals(wish));
            if (batch is null)
                _waiting.Add(batch = new Batch(wish));
            batch.Members++;
            batch.HasLastingMember |= !cancellationToken.CanBeCanceled;
            return new Member(this, batch);
        }
    }

    /// <summary>Waits until the batch is done (false), or until this caller must run it (true).</summary>
    private bool IsMyTurn(Batch batch, TimeSpan patience, CancellationToken cancellationToken)
    {
        long asked = Environment.TickCount64;
        lock (_gate)
        {
            while (!batch.IsDone)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (!_isRunning && _waiting.FirstOrDefault() == batch)
                {
                    _waiting.RemoveAt(0);
                    batch.BeganAt = Environment.TickCount64;
                    return _isRunning = true;
                }
                TimeSpan left = batch.BeganAt is { } began ? patience + grace - Since(began) : patience - Since(asked);
                if (left <= TimeSpan.Zero)
                    throw new CaptureTimeoutException(patience, "another dump of this process is being taken");
                Monitor.Wait(_gate, left);
            }
            return false;
        }
    }

    private static TimeSpan Since(long time) => TimeSpan.FromMilliseconds(Environment.TickCount64 - time);

    private void Run(Batch batch, Func<CancellationToken, TResult> capture)
    {
        try
        {
            // If no member can cancel, no wait has to poll for cancellation.
            batch.Value = capture(batch.HasLastingMember ? CancellationToken.None : batch.Off.Token);
        }
#pragma warning disable CA1031 // Rethrown to all callers that share the capture.
        catch (Exception e)
#pragma warning restore CA1031
        {
            batch.Error = ExceptionDispatchInfo.Capture(e);
        }
        lock (_gate)
        {
            _isRunning = false;
            batch.IsDone = true;
            Monitor.PulseAll(_gate);
        }
    }

    private sealed class Batch(TWish wish)
    {
        public TWish Wish { get; } = wish;

        public int Members { get; set; }

        /// <summary>Whether a member cannot be cancelled.</summary>
        public bool HasLastingMember { get; set; }

        /// <summary>Null until the capture begins.</summary>
        public long? BeganAt { get; set; }

        public bool IsDone { get; set; }

        /// <summary>Has no registrations, so it needs no disposal.</summary>
        public CancellationTokenSource Off { get; } = new();

        public TResult? Value { get; set; }

        public ExceptionDispatchInfo? Error { get; set; }

        public TResult Result()
        {
            Error?.Throw();
            return Value!;
        }
    }

    /// <summary>The membership of one caller in a batch.</summary>
    private sealed class Member(CaptureQueue<TWish, TResult> queue, Batch batch)
    {
        private bool _hasLeft;

        public Batch Batch { get; } = batch;

        /// <summary>Ends the membership. Has an effect only once, and none after the result is there.</summary>
        public void Leave()
        {
            bool isDeserted;
            lock (queue._gate)
            {
                if (_hasLeft)
                    return;
                _hasLeft = true;
                isDeserted = --Batch.Members == 0 && !Batch.IsDone;
                if (isDeserted && Batch.BeganAt is null)
                    queue._waiting.Remove(Batch);
                Monitor.PulseAll(queue._gate);
            }
            if (isDeserted)
                Batch.Off.Cancel();
        }
    }
}
