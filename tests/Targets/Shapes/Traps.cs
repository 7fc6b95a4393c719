using System.Globalization;
using System.Runtime.InteropServices;
using Stackflare.Targets.Common;

namespace Stackflare.Targets.Shapes;

/// <summary>
/// The signal handlers that the command line asks for, in its order of time: <c>--before NUMBER</c> (another handler, set first),
/// <c>--trap key=value;key=value</c> (ours), <c>--after NUMBER</c> (another handler, set last).
/// </summary>
internal sealed class Traps(Host host) : IDisposable
{
    private readonly List<IDisposable> _ours = [];
    private readonly List<IDisposable> _others = [];

    public void Set()
    {
        if (host.Options.Get("--nonblocking-stderr", "no") == "yes")
            Libc.SetNonBlocking(2);

        foreach (var signal in host.Options.All("--before"))
            Other("before", signal);
        foreach (var trap in host.Options.All("--trap"))
            _ours.Add(Flare.OnSignal(Parse(trap)));
        foreach (var signal in host.Options.All("--after"))
            Other("after", signal);

        host.OnCommand("dispose", _ =>
        {
            // The last first, as nested using declarations would.
            foreach (var trap in Enumerable.Reverse(_ours))
                trap.Dispose();
            _ours.Clear();
            return "disposed";
        });
        host.OnCommand("register", trap =>
        {
            _ours.Add(Flare.OnSignal(Parse(trap)));
            return "registered";
        });
        host.OnCommand("capture", _ => Lasting(Flare.Capture()));
        host.OnCommand("capture-async", _ => CaptureAsync().GetAwaiter().GetResult());
        host.OnCommand("dump", path =>
        {
            using var writer = new StreamWriter(path);
            Flare.Dump(writer, DumpFormat.Json);
            return "written";
        });
    }

    public void Dispose()
    {
        foreach (var trap in _ours)
            trap.Dispose();
        foreach (var other in _others)
            other.Dispose();
    }

    private void Other(string when, string number)
    {
        var signal = (PosixSignal)int.Parse(number, CultureInfo.InvariantCulture);
        _others.Add(PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = true;
            host.Say($"HANDLED {when} {number}");
        }));
    }

    private SignalOptions Parse(string trap)
    {
        // On a busy machine, a program with many threads stands still for longer than usual.
        var options = new SignalOptions { Capture = new CaptureOptions { Limits = new DumpLimits { MaxPause = TimeSpan.FromSeconds(10) } } };
        foreach (var pair in trap.Split(';'))
        {
            var value = pair[(pair.IndexOf('=', StringComparison.Ordinal) + 1)..];
            options = pair.Split('=')[0] switch
            {
                "signal" => options with { Signal = ParseSignal(value) },
                "output" => options with { Output = ParseOutput(value) },
                "format" => options with { Format = Enum.Parse<DumpFormat>(value, ignoreCase: true) },
                "seconds" => options with { Capture = options.Capture with { Limits = options.Capture.Limits with { Timeout = TimeSpan.FromSeconds(int.Parse(value, CultureInfo.InvariantCulture)) } } },
                "chain" => options with { Chain = bool.Parse(value) },
                "group" => options with { Render = options.Render with { GroupIdenticalStacks = bool.Parse(value) } },
                "fold" => options with { Render = options.Render with { FoldRecursion = bool.Parse(value) } },
                "all" => options with { Render = options.Render with { ShowHidden = bool.Parse(value) } },
                var key => throw new ArgumentException($"no trap option {key}", nameof(trap)),
            };
        }

        return options;
    }

    /// <summary>How many threads a dump has that stay: the runtime compiles hot code on one that comes and goes.</summary>
    private static string Lasting(ThreadDump dump) =>
        dump.Threads.Count(t => t.Name?.StartsWith(".NET Tiered", StringComparison.Ordinal) != true).ToString(CultureInfo.InvariantCulture);

    private static async Task<string> CaptureAsync()
    {
        ThreadDump dump = await Flare.CaptureAsync();
        // What comes after the await has run without the pool.
        return $"{dump.Threads.Count} {Thread.CurrentThread.IsThreadPoolThread}";
    }

    private static Signal ParseSignal(string value) => value switch
    {
        "usr1" => Signal.Usr1,
        "usr2" => Signal.Usr2,
        "quit" => Signal.Quit,
        _ when value.StartsWith("rt", StringComparison.Ordinal) => Signal.RealTime(int.Parse(value[2..], CultureInfo.InvariantCulture)),
        _ => Signal.FromNumber(int.Parse(value, CultureInfo.InvariantCulture)),
    };

    private DumpOutput ParseOutput(string value) => value switch
    {
        "stderr" => DumpOutput.StandardError,
        "delegate" => DumpOutput.To(dump => host.Say("DUMPED " + Lasting(dump))),
        "throwing" => DumpOutput.To(_ => throw new InvalidOperationException("the delegate's own trouble")),
        _ => DumpOutput.File(value),
    };
}
