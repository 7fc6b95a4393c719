using System.Diagnostics;
using System.Globalization;
using Stackflare;
using Stackflare.BenchTarget;
using Stackflare.Triggers;

// The program that the benchmarks look at. Arguments: threads frames [--everything] [--no-trap] [--heartbeat] [--locks]
// [--threads-only] [--watches] [--awaiting N] [--objects N] [--types N] [--busy N].
// Says READY on stdout once every thread is parked and the trap is warm, then answers the commands below; ends when stdin does,
// so that nothing stays behind when the benchmark is stopped half-way.
int threads = int.Parse(args[0], CultureInfo.InvariantCulture);
int frames = int.Parse(args[1], CultureInfo.InvariantCulture);

CaptureOptions looking = args.Contains("--threads-only") ? new CaptureOptions { AsyncStacks = AsyncStackMode.Never } : CaptureOptions.Default;

// As in any program: first the trap, then the work.
IDisposable? trap = args.Contains("--no-trap") ? null : Flare.OnSignal(new SignalOptions
{
    Capture = looking,
    Render = args.Contains("--everything")
        ? new RenderOptions { GroupIdenticalStacks = false, FoldRecursion = false }
        : RenderOptions.Default,
});

// All that a service has, but the dumps that pause it to look.
IDisposable[] watches = !args.Contains("--watches") ? [] :
[
    Flare.WatchThreadPool(),
    Flare.OnSlowShutdown(),
    Flare.OnUnhandledException(),
    Flare.Listen(new ListenOptions { Address = $"unix:{Path.GetTempPath()}/stackflare-bench-{Environment.ProcessId}.sock" }),
];

if (Number("--awaiting") + Number("--objects") > 0)
    Awaiting.Fill(Number("--awaiting"), Number("--objects"), Number("--types"));
Gate.LetRun(Number("--busy"));
if (args.Contains("--locks"))
    Gate.Lock();
Tower.Start(threads, frames);
if (trap is SignalTrap signalTrap && !signalTrap.WaitWarm(TimeSpan.FromSeconds(30)))
{
    Console.Error.WriteLine("The trap did not warm up.");
    return 1;
}

Heartbeat? heartbeat = args.Contains("--heartbeat") ? Heartbeat.Start() : null;
Console.WriteLine("READY");

while (Console.ReadLine() is { } command)
{
    Console.WriteLine(command switch
    {
        "reset" when heartbeat is not null => Reset(heartbeat),
        "largest" when heartbeat is not null => Microseconds(heartbeat.LargestGap),
        "capture" => Capture(looking),
        _ when command.StartsWith("together ", StringComparison.Ordinal) => Together(looking, int.Parse(command.AsSpan(9), CultureInfo.InvariantCulture)),
        _ => "?",
    });
}

trap?.Dispose();
return 0;

int Number(string option) => Array.IndexOf(args, option) is >= 0 and int at ? int.Parse(args[at + 1], CultureInfo.InvariantCulture) : 0;

static string Reset(Heartbeat heartbeat)
{
    heartbeat.Reset();
    return "ok";
}

static string Capture(CaptureOptions looking)
{
    CaptureTimings timings = Flare.Capture(looking).Timings;
    return $"{Microseconds(timings.Pause)} {Microseconds(timings.Suspend)} {Microseconds(timings.Walk)} {Microseconds(timings.Locks)}";
}

static string Together(CaptureOptions looking, int callers)
{
    using var start = new Barrier(callers + 1);
    Thread[] threads = [.. Enumerable.Range(0, callers).Select(_ => new Thread(() =>
    {
        start.SignalAndWait();
        Flare.Capture(looking);
    }))];
    foreach (Thread thread in threads)
        thread.Start();
    start.SignalAndWait();
    long began = Stopwatch.GetTimestamp();
    foreach (Thread thread in threads)
        thread.Join();
    return Microseconds(Stopwatch.GetElapsedTime(began));
}

static string Microseconds(TimeSpan time) => time.TotalMicroseconds.ToString("0.0", CultureInfo.InvariantCulture);
