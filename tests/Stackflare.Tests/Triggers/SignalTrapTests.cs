using System.Runtime.InteropServices;

namespace Stackflare.Tests.Triggers;

public sealed partial class SignalTrapTests
{
    internal static readonly CaptureOptions Patient = new() { Limits = new DumpLimits { Timeout = TimeSpan.FromMinutes(3) } };

    [Fact]
    public void A_signal_that_came_before_the_trap_is_disposed_is_answered()
    {
        int dumps = 0;
        Signal signal = Signal.RealTime(7);
        IDisposable trap = Flare.OnSignal(new SignalOptions { Signal = signal, Output = DumpOutput.To(_ => dumps++), Capture = Patient });

        Assert.Equal(0, Raise(signal.Number));
        trap.Dispose();

        Assert.Equal(1, dumps);
    }

    /// <summary>Also a program that writes the dump itself gets it without its names.</summary>
    [Fact]
    public void A_receiver_gets_what_the_options_let_it_show()
    {
        ThreadDump? dump = null;
        Signal signal = Signal.RealTime(7);
        IDisposable trap = Flare.OnSignal(new SignalOptions { Signal = signal, Output = DumpOutput.To(d => dump = d), Capture = Patient, Render = new RenderOptions { Redaction = new Redaction() } });

        Assert.Equal(0, Raise(signal.Number));
        trap.Dispose();

        Assert.True(dump!.IsRedacted);
        Assert.DoesNotContain(nameof(A_receiver_gets_what_the_options_let_it_show), dump.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("Stackflare.Tests", dump.ToString(), StringComparison.Ordinal);
        Assert.Contains("System.Threading.", dump.ToString(), StringComparison.Ordinal);
    }

    /// <summary>Takes a dump of this process by a signal.</summary>
    internal static void TakeOne(Signal signal)
    {
        IDisposable trap = Flare.OnSignal(new SignalOptions { Signal = signal, Output = DumpOutput.To(static _ => { }), Capture = Patient });
        Assert.Equal(0, Raise(signal.Number));
        trap.Dispose();
    }

    /// <summary>On a busy machine a dump takes longer than its capture may.</summary>
    [Fact]
    public void Disposing_a_trap_waits_for_a_dump_that_takes_longer_than_its_capture_may()
    {
        var limits = new DumpLimits { Timeout = TimeSpan.FromSeconds(2) };
        using ManualResetEventSlim begun = new(), mayEnd = new();
        Signal signal = Signal.RealTime(11);
        int calls = 0;
        IDisposable trap = Flare.OnSignal(new SignalOptions
        {
            Signal = signal,
            Output = DumpOutput.To(_ => Answer()),
            Capture = new CaptureOptions { Limits = limits },
            OnError = _ => Answer(),
        });
        Assert.Equal(0, Raise(signal.Number));
        begun.Wait(TestContext.Current.CancellationToken);
        var disposing = new Thread(trap.Dispose);
        disposing.Start();
        Assert.False(disposing.Join(limits.Timeout + TimeSpan.FromSeconds(0.5)));
        mayEnd.Set();
        disposing.Join();
        Assert.Equal(1, calls);

        void Answer()
        {
            begun.Set();
            mayEnd.Wait();
            calls++;
        }
    }

    [Fact]
    public void The_callback_is_told_why_there_is_no_dump()
    {
        var errors = new List<Exception>();
        var thrown = new InvalidOperationException("the receiver's own");
        Trap(Signal.RealTime(8), errors.Add, () => throw thrown);
        var error = Assert.IsType<OutputException>(Assert.Single(errors));
        Assert.Same(thrown, error.InnerException);
    }

    [Fact]
    public void A_dump_that_was_taken_is_no_error()
    {
        var errors = new List<Exception>();
        int dumps = 0;
        Trap(Signal.RealTime(9), errors.Add, () => dumps++);
        Assert.Empty(errors);
        Assert.Equal(1, dumps);
    }

    [Fact]
    public void A_callback_that_throws_does_not_keep_later_signals_from_being_answered()
    {
        int calls = 0;
        Signal signal = Signal.RealTime(10);
        IDisposable trap = Flare.OnSignal(new SignalOptions
        {
            Signal = signal,
            Output = DumpOutput.To(_ => throw new InvalidOperationException()),
            Capture = Patient,
            OnError = _ =>
            {
                Interlocked.Increment(ref calls);
                throw new InvalidOperationException();
            },
        });
        Assert.Equal(0, Raise(signal.Number));
        Assert.True(SpinWait.SpinUntil(() => Volatile.Read(ref calls) == 1, Patient.Limits.Timeout));
        Assert.Equal(0, Raise(signal.Number));
        trap.Dispose();
        Assert.Equal(2, calls);
    }

    private static void Trap(Signal signal, Action<Exception> onError, Action receiver)
    {
        IDisposable trap = Flare.OnSignal(new SignalOptions { Signal = signal, Output = DumpOutput.To(_ => receiver()), Capture = Patient, OnError = onError });
        Assert.Equal(0, Raise(signal.Number));
        trap.Dispose();
    }

    // The handler has run when it returns.
    [LibraryImport("libc", EntryPoint = "raise")]
    internal static partial int Raise(int signal);
}
