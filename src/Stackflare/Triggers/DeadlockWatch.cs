using System.Globalization;

namespace Stackflare.Triggers;

/// <summary>Looks for deadlocks from time to time, and takes a dump of each new one.</summary>
internal sealed class DeadlockWatch : IDisposable
{
    private readonly DumpTaker _taker, _looker;
    private readonly WatchBudget _budget;
    private readonly TimeSpan _interval;
    private readonly RenderOptions _render;
    private readonly WatchThread.Alarm _alarm;
    private HashSet<string> _known = [];
    private volatile IReadOnlyList<Finding> _found = [];

    /// <exception cref="StackflareException">This process cannot be dumped, or the output cannot be written; the error says why.</exception>
    public DeadlockWatch(DeadlockWatchOptions options)
    {
        _taker = new DumpTaker(options);
        // A look needs no source text, and searches the heap only if that was asked for.
        CaptureOptions look = options.Capture with { SourceText = false };
        _looker = new DumpTaker(options with { Capture = look.AsyncStacks == AsyncStackMode.Auto ? look with { AsyncStacks = AsyncStackMode.Never } : look });
        _budget = new WatchBudget(options, "deadlocks");
        _interval = options.Interval;
        _render = options.Render;
        _alarm = WatchThread.Shared.Set(_interval, Look);
    }

    /// <summary>The deadlocks of the last look. May be read from any thread.</summary>
    public IReadOnlyList<Finding> Found => _found;

    public void Dispose() => _alarm.Dispose();

    private TimeSpan? Look(int ownThread)
    {
        bool isNew = false;
        _looker.Take(
            dump =>
            {
                HashSet<string> found = [.. Cycles(dump)];
                isNew = !found.IsSubsetOf(_known);
                _known = found;
                _found = found.Count == 0 ? [] : [.. dump.For(_render).Findings.Where(IsCycle)];
                return null;
            },
            ownThread);
        // The second look must find it as well: the first one is not shown to anybody.
        if (isNew)
            _taker.Take(dump => Cycles(dump).Any() && _budget.TryTake() ? dump with { Reason = Reason(dump) } : null, ownThread);
        return _interval;
    }

    private static DumpReason Reason(ThreadDump dump)
    {
        int count = dump.Findings.Count(IsCycle);
        return new DumpReason { Kind = DumpReasonKind.Deadlock, Text = count == 1 ? "a deadlock" : string.Create(CultureInfo.InvariantCulture, $"{count} deadlocks") };
    }

    private static bool IsCycle(Finding finding) => finding.Kind is FindingKind.Deadlock or FindingKind.AsyncCycle;

    /// <summary>What tells one cycle from another, as long as it lasts.</summary>
    private static IEnumerable<string> Cycles(ThreadDump dump) =>
        dump.Findings.Where(IsCycle).Select(static f => f.Threads.Count > 0 ? string.Join(' ', f.Threads.Select(static t => t.OsId)) : string.Join(' ', f.Frames));
}
