using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Stackflare.Targets.Common;

namespace Stackflare.Targets.Shapes;

/// <summary>
/// A program that watches itself, <c>--watch pool|after|deadlock|shutdown|exception</c>. Commands cause the trouble, each at a line that ends with its
/// name as a comment.
/// </summary>
internal sealed class Watched : Shape
{
    private const int Requests = 600;

    private readonly ManualResetEventSlim _never = new();
    private TaskCompletionSource<int> _answer = new();
    private PosixSignalRegistration? _stop;

    public override void Start(Host host)
    {
        Watch(host.Options);
        var after = new DumpAfterOptions
        {
            Repeat = host.Options.Get("--repeat", "no") == "yes",
            ExitCode = host.Options.Number("--exit", 0) is var code and not 0 ? code : null,
            Format = Format(host.Options),
        };
        TimeSpan threshold = Threshold(host.Options);
        host.OnCommand("starve", _ => Begin("starving", () =>
        {
            Task<int> answer = _answer.Task;
            for (int i = 0; i < Requests; i++)
                ThreadPool.QueueUserWorkItem(_ => Answer(answer));
        }));
        host.OnCommand("recover", _ => Begin("recovering", () => Interlocked.Exchange(ref _answer, new TaskCompletionSource<int>()).SetResult(1)));
        host.OnCommand("hang", count => Begin("hanging", () =>
        {
            for (int i = 0; i < int.Parse(count, CultureInfo.InvariantCulture); i++)
                BeginThread(() => Hang(threshold, after));
        }));
        host.OnCommand("pass", _ => Begin("passed", () =>
        {
            using (Flare.DumpAfter(threshold, after))
                GC.KeepAlive(after);
        }));
        host.OnCommand("lock", _ => Begin("locked", () =>
        {
            object first = new(), second = new();
            var both = new Barrier(2);
            Thread[] threads = [new Thread(() => Lock(first, second, both)), new Thread(() => Lock(second, first, both))];
            Array.ForEach(threads, static t => (t.IsBackground = true).ToString());
            Array.ForEach(threads, static t => t.Start());
            // In the second lock both are when they wait for ever.
            while (Array.Exists(threads, static t => !t.ThreadState.HasFlag(ThreadState.WaitSleepJoin)))
                Thread.Yield();
        }));
        host.OnCommand("leave", _ => Begin("leaving", () => BeginThread(Leave)));
        host.OnCommand("on-stop", what => Begin("set", () => _stop = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
        {
            context.Cancel = true;
            BeginThread(what == "leave" ? Leave : Stop);
        })));
        host.OnCommand("throw", where => Begin("thrown", () =>
        {
            switch (where)
            {
                case "thread":
                    BeginThread(Fail);
                    break;
                case "async":
                    FailLater();
                    break;
                default:
                    Abandon();
                    GC.Collect();
                    break;
            }
        }));
    }

    private void Leave()
    {
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Save();
        Environment.Exit(1);
    }

    private static void Watch(Options options)
    {
        TimeSpan threshold = Threshold(options);
        DumpFormat format = Format(options);
        _ = options.Get("--watch", "") switch
        {
            "pool" => Flare.WatchThreadPool(new ThreadPoolWatchOptions { Threshold = threshold, Interval = threshold, Cooldown = TimeSpan.Zero, Format = format }),
            "deadlock" => Flare.OnDeadlock(new DeadlockWatchOptions { Interval = threshold, Format = format }),
            "shutdown" => Flare.OnSlowShutdown(new SlowShutdownOptions { Timeout = threshold, Format = format }),
            "exception" => Flare.OnUnhandledException(new UnhandledExceptionOptions { Format = format }),
            _ => null,
        };
    }

    private static TimeSpan Threshold(Options options) => TimeSpan.FromMilliseconds(options.Number("--threshold", 300));

    private static DumpFormat Format(Options options) => options.Get("--format", "json") == "json" ? DumpFormat.Json : DumpFormat.Text;

    private static string Begin(string answer, Action trouble)
    {
        trouble();
        return answer;
    }

    private static void BeginThread(Action trouble) => new Thread(() => trouble()) { Name = "in trouble", IsBackground = true }.Start();

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Answer(Task<int> answer) => GC.KeepAlive(answer.Result); // starve

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Hang(TimeSpan timeout, DumpAfterOptions options)
    {
        using System.Diagnostics.Activity request = new System.Diagnostics.Activity("request").SetParentId("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01").Start();
        using (Flare.DumpAfter(timeout, options)) // scope
            _never.Wait(); // hang
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Lock(object first, object second, Barrier both)
    {
        lock (first)
        {
            both.SignalAndWait();
            lock (second) // lock
                GC.KeepAlive(first);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Save() => _never.Wait(); // leave

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Stop() => _never.Wait(); // stop

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Fail() => throw new FormatException("a bad day"); // throw

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async void FailLater()
    {
        await Task.Yield();
        Fail();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Abandon() => GC.KeepAlive(new Failing());

    private sealed class Failing
    {
        [SuppressMessage("Design", "CA1065:Do not raise exceptions in unexpected locations", Justification = "That is its fault.")]
        ~Failing() => Fail();
    }
}
