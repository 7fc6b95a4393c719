using System.Runtime.InteropServices;

namespace Stackflare.Tests.Signals;

public sealed partial class SignalTrapTests
{
    [Fact]
    public void A_signal_that_came_before_the_trap_is_disposed_is_answered()
    {
        int dumps = 0;
        Signal signal = Signal.RealTime(7);
        var patient = new CaptureOptions { Limits = new DumpLimits { Timeout = TimeSpan.FromMinutes(3) } };
        IDisposable trap = Flare.OnSignal(new SignalOptions { Signal = signal, Output = DumpOutput.To(_ => dumps++), Capture = patient });

        Assert.Equal(0, Raise(signal.Number));
        trap.Dispose();

        Assert.Equal(1, dumps);
    }

    // The handler has run when it returns.
    [LibraryImport("libc", EntryPoint = "raise")]
    private static partial int Raise(int signal);
}
