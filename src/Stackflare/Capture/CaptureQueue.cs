using System.Runtime.ExceptionServices;

namespace Stackflare.Capture;

/// <summary>
/// Lets one capture run at a time. Callers that come while one runs wait, and those among them that want the same share the next capture: it begins after all
/// of them have asked, so that what it shows is what each of them asked for. A capture that has begun takes nobody in.
/// </summary>
/// <remarks>The one who runs it is one of those who share it, on its own thread: nothing here needs the thread pool. Who came first is served first.</remarks>
/// <typeparam name="TWish">What is wanted; equal wishes share a capture.</typeparam>
/// <typeparam name="TResult">What a capture gives.</typeparam>
/// <param name="grace">How much longer than its time limit a capture may take for those who share it and do not run it: its limit is not for names and lines.</param>
internal sealed class CaptureQueue<TWish, TResult>(TimeSpan grace)
    where TWish : notnull
{
    private readonly object _gate = new();
    private readonly List<Batch> _waiting = [];
    private bool _isRunning;

    /// <summary>How many callers wait for a capture of this kind that has not begun.</summary>
    internal int WaitingFor(TWish wish)
    {
        lock (_gate)
            return _waiting.Find(b => b.Wish.Equals(wish))?.Members ?? 0;
    }

    /// <summary>The result of a capture that began after this call.</summary>
    /// <param name="wish">What is wanted.</param>
    /// <param name="patience">How long it may take until it begins.</param>
    /// <param name="capture">Takes it. Its token is cancelled once nobody wants the result any more.</param>
    /// <param name="cancellationToken">Ends the wait. A capture that others share goes on for them; who runs it stays with it.</param>
    /// <exception cref="CaptureTimeoutException">Others ran for so long that it did not begin in time; or another thread runs it, and has not ended long after its time.</exception>
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

    /// <summary>Waits until the batch is done, which is false, or it is this caller's turn to run it.</summary>
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
            // Where nobody can take back what he asked for, no wait has to look whether somebody did.
            batch.Value = capture(batch.HasLastingMember ? CancellationToken.None : batch.Off.Token);
        }
#pragma warning disable CA1031 // It goes to everybody who shares the capture, this caller included.
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

        /// <summary>Whether one of its members stays whatever happens.</summary>
        public bool HasLastingMember { get; set; }

        /// <summary>Null until it begins.</summary>
        public long? BeganAt { get; set; }

        public bool IsDone { get; set; }

        /// <summary>Nothing registers with it, so that it needs no disposal.</summary>
        public CancellationTokenSource Off { get; } = new();

        public TResult? Value { get; set; }

        public ExceptionDispatchInfo? Error { get; set; }

        public TResult Result()
        {
            Error?.Throw();
            return Value!;
        }
    }

    /// <summary>One caller's part in a batch.</summary>
    private sealed class Member(CaptureQueue<TWish, TResult> queue, Batch batch)
    {
        private bool _hasLeft;

        public Batch Batch { get; } = batch;

        /// <summary>Gives the part up, once. After the result has come it changes nothing.</summary>
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
