using System.Diagnostics.Metrics;
using Stackflare.Triggers;

namespace Stackflare.AspNetCore;

/// <summary>The meter <c>Stackflare</c>. It measures dumps of triggers, and what the watches see; no measurement takes a dump.</summary>
internal sealed class DumpMetrics : IDisposable
{
    internal const string Name = "Stackflare";

    private readonly Meter _meter = new(Name);
    private readonly Counter<long> _dumps;
    private readonly Histogram<double> _pause;
    private volatile ThreadDump? _last;

    /// <param name="incident">How long queued work has waited too long; null if it does not.</param>
    /// <param name="deadlocks">How many deadlocks there were at the last look; null if nobody looks.</param>
    public DumpMetrics(Func<TimeSpan?> incident, Func<int?> deadlocks)
    {
        _dumps = _meter.CreateCounter<long>("stackflare.dumps", "{dump}", "Thread dumps of triggers, by reason.");
        _pause = _meter.CreateHistogram<double>("stackflare.dump.pause", "s", "How long a dump paused the program.");
        _meter.CreateObservableGauge("stackflare.threadpool.wait", () => (incident() ?? TimeSpan.Zero).TotalSeconds, "s", "How long queued work has waited for a thread of the pool, above the threshold; 0 if there is no incident.");
        _meter.CreateObservableGauge<int>("stackflare.deadlocks", () => deadlocks() is { } count ? [new(count)] : [], "{deadlock}", "Deadlocks at the last look.");
        _meter.CreateObservableGauge<int>("stackflare.threads", ThreadsByState, "{thread}", "Threads in the last dump of a trigger, by state.");
        DumpTaker.Written += OnDump;
    }

    public void Dispose()
    {
        DumpTaker.Written -= OnDump;
        _meter.Dispose();
    }

    private IEnumerable<Measurement<int>> ThreadsByState() =>
        _last?.Threads.GroupBy(static t => t.Activity.ToString()).Select(static g => new Measurement<int>(g.Count(), new KeyValuePair<string, object?>("state", g.Key))) ?? [];

    private void OnDump(ThreadDump dump)
    {
        _last = dump;
        _dumps.Add(1, new KeyValuePair<string, object?>("reason", dump.Reason?.Kind.ToString()));
        _pause.Record(dump.Timings.Pause.TotalSeconds);
    }
}
