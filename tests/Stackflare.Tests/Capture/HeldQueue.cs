using Stackflare.Capture;

namespace Stackflare.Tests.Capture;

/// <summary>Keeps every capture of this process waiting until it is disposed.</summary>
internal sealed class HeldQueue : IDisposable
{
    private readonly ManualResetEventSlim _release = new();
    private readonly Thread _thread;

    public HeldQueue()
    {
        using var begun = new ManualResetEventSlim();
        // Nobody else has these options, and shares it.
        CaptureOptions own = new() { AsyncStacks = AsyncStackMode.Never, Limits = new DumpLimits { Timeout = TimeSpan.FromMinutes(5), MaxThreads = 1 + Random.Shared.Next(90_000) } };
        _thread = new Thread(() => Assert.Throws<TimeoutException>(() => SelfCapture.Queue.Take(own, own.Limits.Timeout, _ =>
        {
            begun.Set();
            _release.Wait(CancellationToken.None);
            throw new TimeoutException();
        })))
        { IsBackground = true };
        _thread.Start();
        begun.Wait(TestContext.Current.CancellationToken);
    }

    public void Dispose()
    {
        _release.Set();
        _thread.Join();
    }
}
