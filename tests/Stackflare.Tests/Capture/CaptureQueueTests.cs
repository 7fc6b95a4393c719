using Stackflare.Capture;

namespace Stackflare.Tests.Capture;

/// <summary>Who shares a capture with whom. The captures here are numbers, and each ends when the test says so.</summary>
public sealed class CaptureQueueTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private CaptureQueue<string, int> _queue = new(grace: Patience);
    private int _captures;

    [Fact]
    public void WhoComesWhileACaptureRunsSharesTheNextOne()
    {
        using var first = new Held(this);
        var others = Enumerable.Range(0, 31).Select(_ => Start("a")).ToArray();
        WaitUntil(() => _queue.WaitingFor("a") == others.Length);
        Assert.Equal(1, _captures);
        first.End();

        Assert.Equal(Enumerable.Repeat(2, others.Length), others.Select(o => o.Result));
        Assert.Equal(1, first.Result);
        Assert.Equal(2, _captures);
    }

    /// <summary>The capture that runs may be of a moment before the call.</summary>
    [Fact]
    public void NobodyIsTakenIntoACaptureThatHasBegun()
    {
        using var first = new Held(this);
        var second = Start("held");
        WaitUntil(() => _queue.WaitingFor("held") == 1);
        first.End();
        Assert.Equal((1, 2), (first.Result, second.Result));
    }

    [Fact]
    public void WhoWantsSomethingElseHasACaptureOfItsOwn()
    {
        using var first = new Held(this);
        var one = Start("a");
        WaitUntil(() => _queue.WaitingFor("a") == 1);
        var other = Start("b");
        WaitUntil(() => _queue.WaitingFor("b") == 1);
        var same = Start("a");
        WaitUntil(() => _queue.WaitingFor("a") == 2);
        first.End();

        // Who came first is served first, with all who want the same.
        Assert.Equal((2, 3, 2), (one.Result, other.Result, same.Result));
    }

    [Fact]
    public void AnErrorIsEveryonesWhoShares()
    {
        using var first = new Held(this);
        var error = new SnapshotFormatException("it is a test's");
        var sharers = Enumerable.Range(0, 4).Select(_ => Start("a", _ => throw error)).ToArray();
        WaitUntil(() => _queue.WaitingFor("a") == sharers.Length);
        first.End();
        Assert.All(sharers, s => Assert.Same(error, Assert.Throws<SnapshotFormatException>(() => s.Result)));
        // The next one is not touched by it.
        Assert.Equal(2, Start("a").Result);
    }

    [Fact]
    public void WhoHasWaitedForTooLongIsTold()
    {
        using var first = new Held(this);
        var error = Assert.Throws<CaptureTimeoutException>(() => Start("a", patience: TimeSpan.FromMilliseconds(10)).Result);
        Assert.Contains("another dump of this process is being taken", error.Problem, StringComparison.Ordinal);
        Assert.Equal(0, _queue.WaitingFor("a"));
        first.End();
        Assert.Equal(2, Start("a").Result);
    }

    /// <summary>A file system with symbols that does not answer holds the one who asks it, and nobody else.</summary>
    [Fact]
    public void NobodyWaitsForeverForACaptureThatAnotherRuns()
    {
        // The time of a capture is up as soon as it begins.
        _queue = new CaptureQueue<string, int>(grace: -Patience);
        using var first = new Held(this);
        using var mayEnd = new ManualResetEventSlim();
        int Capture(CancellationToken off)
        {
            mayEnd.Wait(CancellationToken.None);
            return 7;
        }
        Call[] sharers = [.. Enumerable.Range(0, 2).Select(_ => Start("a", Capture))];
        WaitUntil(() => _queue.WaitingFor("a") == 2);
        first.End();
        // One of them runs it, and the other gives up.
        WaitUntil(() => sharers.Any(s => s.IsDone));
        mayEnd.Set();
        Assert.Throws<CaptureTimeoutException>(() => sharers.Single(s => s.HasFailed).Result);
        Assert.Equal(7, sharers.Single(s => !s.HasFailed).Result);
    }

    [Fact]
    public void WhoIsCancelledWhileItWaitsLeavesAtOnce()
    {
        using var first = new Held(this);
        using var source = new CancellationTokenSource();
        var cancelled = Cancellable("a", source.Token);
        WaitUntil(() => _queue.WaitingFor("a") == 1);
        source.Cancel();
        Assert.Throws<OperationCanceledException>(() => cancelled.Result);
        Assert.Equal((0, 1), (_queue.WaitingFor("a"), _captures));
        first.End();
    }

    [Fact]
    public void ACaptureThatNobodyWantsAnyMoreIsCalledOff()
    {
        using var source = new CancellationTokenSource();
        using var begun = new ManualResetEventSlim();
        var only = Cancellable("a", source.Token, off =>
        {
            begun.Set();
            off.WaitHandle.WaitOne();
            throw new CaptureTimeoutException(Patience, "it was called off");
        });
        begun.Wait(TestContext.Current.CancellationToken);
        source.Cancel();
        Assert.Throws<OperationCanceledException>(() => only.Result);
        Assert.Equal(1, Start("a").Result);
    }

    [Fact]
    public void ACaptureThatOthersShareGoesOnWithoutTheOneWhoIsCancelled()
    {
        using var first = new Held(this);
        using var one = new CancellationTokenSource();
        using var other = new CancellationTokenSource();
        using var begun = new ManualResetEventSlim();
        using var mayEnd = new ManualResetEventSlim();
        bool wasCalledOff = false;
        int Capture(CancellationToken off)
        {
            begun.Set();
            mayEnd.Wait(TestContext.Current.CancellationToken);
            wasCalledOff = off.IsCancellationRequested;
            return 7;
        }
        var leaving = Cancellable("a", one.Token, Capture);
        var staying = Cancellable("a", other.Token, Capture);
        WaitUntil(() => _queue.WaitingFor("a") == 2);
        first.End();
        begun.Wait(TestContext.Current.CancellationToken);
        one.Cancel();
        mayEnd.Set();
        Assert.Equal(7, staying.Result);
        Assert.False(wasCalledOff);
        Assert.Throws<OperationCanceledException>(() => leaving.Result);
    }

    private Call Start(string wish, Func<CancellationToken, int>? capture = null, TimeSpan? patience = null) => Cancellable(wish, CancellationToken.None, capture, patience);

    private Call Cancellable(string wish, CancellationToken token, Func<CancellationToken, int>? capture = null, TimeSpan? patience = null) =>
        new(() => _queue.Take(wish, patience ?? Patience, capture ?? (_ => Interlocked.Increment(ref _captures)), token));

    private static void WaitUntil(Func<bool> condition) => Assert.True(SpinWait.SpinUntil(condition, Patience));

    /// <summary>A capture that runs until it is told to end.</summary>
    private sealed class Held : IDisposable
    {
        private readonly ManualResetEventSlim _mayEnd = new();
        private readonly Call _call;

        public Held(CaptureQueueTests test)
        {
            using var begun = new ManualResetEventSlim();
            _call = test.Start("held", _ =>
            {
                int number = Interlocked.Increment(ref test._captures);
                begun.Set();
                _mayEnd.Wait(CancellationToken.None);
                return number;
            });
            begun.Wait(TestContext.Current.CancellationToken);
        }

        public int Result => _call.Result;

        public void End() => _mayEnd.Set();

        public void Dispose()
        {
            End();
            _ = _call.Result;
            _mayEnd.Dispose();
        }
    }

    /// <summary>A call on a thread of its own.</summary>
    private sealed class Call
    {
        private readonly TaskCompletionSource<int> _done = new();

        public Call(Func<int> call) => new Thread(() =>
        {
            try
            {
                _done.SetResult(call());
            }
            catch (Exception e)
            {
                _done.SetException(e);
            }
        })
        { IsBackground = true }.Start();

        public bool IsDone => _done.Task.IsCompleted;

        public bool HasFailed => _done.Task.IsFaulted;

        public int Result => _done.Task.GetAwaiter().GetResult();
    }
}
