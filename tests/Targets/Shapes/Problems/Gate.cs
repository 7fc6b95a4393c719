using Stackflare.Targets.Common;

namespace Stackflare.Targets.Shapes.Problems;

/// <summary>
/// A semaphore for four, whose first four users leave without releasing it; thirty more wait. With <c>--held 1</c>, the four are still in. With <c>--signal 1</c>,
/// it is a signal: those that wait for it do not release it.
/// </summary>
internal sealed class Gate : Shape
{
    private const int Places = 4, Waiters = 30;

    private readonly SemaphoreSlim _gate = new(Places, Places), _signal = new(0);

    public override void Start(Host host)
    {
        bool isHeld = host.Options.Number("--held", 0) == 1, isSignal = host.Options.Number("--signal", 0) == 1;
        for (var i = 0; i < Places + Waiters; i++)
            _ = isSignal ? ReceiveAsync() : EnterAsync(host, i < Places, isHeld);
    }

    private async Task EnterAsync(Host host, bool isFirst, bool isHeld)
    {
        await _gate.WaitAsync();
        if (isFirst && !isHeld)
            return;
        await Task.Delay(Timeout.Infinite);
        GC.KeepAlive(host);
        _gate.Release();
    }

    private async Task ReceiveAsync()
    {
        await _signal.WaitAsync();
        GC.KeepAlive(this);
    }
}
