using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using Stackflare.Analysis;
using Stackflare.Model;
using Stackflare.Views;
using Stackflare.Writers.Json;
using Stackflare.Writers.Profiles;
using Stackflare.Writers.Text;

namespace Stackflare.Writers.Html;

/// <summary>
/// The data of the page: tables of texts, frames, paths, threads and locks, which refer to each other by number. Page/data.js reads them, and says what each
/// number means.
/// </summary>
internal sealed class PageData
{
    /// <summary>The rows of a flame graph. Browsers need not nest what they draw.</summary>
    private const int MaxRows = 1000;

    // In the list of paths, these are not frames: the number of calls of the frame before, if it is not one, as -3 for 0, -4 for 1 and so on.
    private const int NoCalls = -3;

    /// <summary>With what is special in HTML as escapes.</summary>
    private static readonly JsonWriterOptions _options = new() { Encoder = JavaScriptEncoder.Create(UnicodeRanges.All), SkipValidation = true };

    private readonly StackSamples _samples;
    private readonly DumpView _view;
    private readonly ThreadDump _dump;
    private readonly MergedStacks _stacks;
    private readonly EndLines _ends;
    private readonly List<string> _texts = [];
    private readonly Dictionary<string, int> _textIds = new(StringComparer.Ordinal);
    private readonly Dictionary<DumpThread, int> _threads = [];
    private readonly List<DumpThread> _shown = [];
    private readonly Dictionary<DumpThread, int> _entryOf = [];

    public PageData(StackSamples samples, DumpView view, MergedStacks stacks, EndLines ends)
    {
        (_samples, _view, _dump, _stacks, _ends) = (samples, view, view.Dump, stacks, ends);
        foreach (StackGroup group in view.Threads.All)
        {
            foreach (DumpThread thread in group.Threads)
            {
                _threads.Add(thread, _shown.Count);
                _shown.Add(thread);
            }
        }
    }

    public void Write(PooledBytes bytes)
    {
        using var json = new Utf8JsonWriter(bytes, _options);
        json.WriteStartObject();
        WritePaths(json);
        WriteThreads(json);
        WriteLocks(json);
        WriteDeadlocks(json);
        WriteSeries(json);
        WriteFrames(json);
        // After everything that refers to it.
        json.WriteStrings("texts", _texts);
        json.WriteEndObject();
        json.Flush();
    }

    private int IdOf(string? text)
    {
        if (text is null)
            return -1;
        if (!_textIds.TryGetValue(text, out int id))
        {
            _textIds.Add(text, id = _texts.Count);
            _texts.Add(text);
        }
        return id;
    }

    /// <summary>Writes the tree, each caller before its calls, and then what ends where.</summary>
    private void WritePaths(Utf8JsonWriter json)
    {
        json.WriteStartArray("paths");
        var ends = new List<(int Path, StackEntry Entry)>();
        int paths = 0;
        var open = new Stack<MergedFrame>([_stacks.Root]);
        while (open.TryPop(out MergedFrame? frame))
        {
            int path = paths++;
            if (frame != _stacks.Root)
                json.WriteNumberValue(frame.Id);
            if (frame.Calls.Count != 1 || frame == _stacks.Root)
                json.WriteNumberValue(NoCalls - frame.Calls.Count);
            foreach (StackEntry entry in frame.Ends)
                ends.Add((path, entry));
            for (int i = frame.Calls.Count - 1; i >= 0; i--)
                open.Push(frame.Calls[i]);
        }
        json.WriteEndArray();
        json.WriteStartArray("entries");
        for (int i = 0; i < ends.Count; i++)
            WriteEntry(json, ends[i].Path, ends[i].Entry, i);
        json.WriteEndArray();
    }

    private void WriteEntry(Utf8JsonWriter json, int path, StackEntry entry, int number)
    {
        json.WriteStartArray();
        json.WriteNumberValue(path);
        json.WriteNumberValue(entry.Count);
        json.WriteNumberValue(entry.IsIdle ? 1 : 0);
        json.WriteNumberValue((entry.Threads is { } threads ? _view.UnchangedIn(threads) : _view.UnchangedIn(entry.Async!)) ?? -1);
        json.WriteNumberValue(IdOf(entry.Async is { } async ? AsyncWaitText.Describe(async.Wait) : null));
        json.WriteStartArray();
        foreach (DumpThread thread in entry.Threads?.Threads ?? [])
        {
            _entryOf.Add(thread, number);
            json.WriteNumberValue(_threads[thread]);
        }
        json.WriteEndArray();
        json.WriteStartArray();
        foreach (string line in _ends.Of(entry))
            json.WriteNumberValue(IdOf(line));
        json.WriteEndArray();
        json.WriteEndArray();
    }

    private void WriteThreads(Utf8JsonWriter json)
    {
        json.WriteStartArray("threads");
        foreach (DumpThread thread in _shown)
        {
            json.WriteStartArray();
            json.WriteNumberValue(IdOf(EscapedText.Plain(thread.DisplayName)));
            json.WriteNumberValue(thread.ManagedId?.Value ?? 0);
            json.WriteNumberValue(thread.OsId.Value);
            json.WriteNumberValue(IdOf(ThreadLines.Word(thread.Activity)));
            json.WriteNumberValue(thread.CpuTime is { } cpu ? (long)cpu.TotalMilliseconds : -1);
            json.WriteNumberValue(IdOf(EscapedText.Plain(DiagnosisText.Doing(thread))));
            json.WriteNumberValue((thread.IsMain ? 1 : 0) | (thread.IsBackground is true ? 2 : 0) | (thread.IsThreadPool is true ? 4 : 0) | (_dump.Unchanged?.Has(thread) is true ? 8 : 0));
            json.WriteNumberValue(_entryOf.GetValueOrDefault(thread, -1));
            json.WriteEndArray();
        }
        json.WriteEndArray();
    }

    /// <summary>Writes the locks that somebody waits for, and each wait for a lock or for threads.</summary>
    private void WriteLocks(Utf8JsonWriter json)
    {
        var locks = new Dictionary<DumpLock, int>(ReferenceEqualityComparer.Instance);
        json.WriteStartArray("locks");
        foreach (DumpThread thread in _shown)
        {
            if (LockOf(thread) is not { } known || !locks.TryAdd(known, locks.Count))
                continue;
            json.WriteStartArray();
            string holder = known.Owner is { } hidden && !_threads.ContainsKey(hidden) ? $", held by {DiagnosisText.Describe(hidden)}" : "";
            json.WriteNumberValue(IdOf(EscapedText.Plain(DiagnosisText.Describe(known) + holder)));
            json.WriteNumberValue(known.Owner is { } owner ? _threads.GetValueOrDefault(owner, -1) : -1);
            WriteThreads(json, known.Readers);
            json.WriteNumberValue(known.IsAbandoned ? 1 : 0);
            json.WriteEndArray();
        }
        json.WriteEndArray();
        json.WriteStartArray("waits");
        foreach (DumpThread thread in _shown)
        {
            DumpLock? known = LockOf(thread);
            if (thread.WaitingFor is not { } wait || (known is null && wait.WaitsFor.Count == 0 && wait.Joined is null))
                continue;
            json.WriteStartArray();
            json.WriteNumberValue(_threads[thread]);
            json.WriteNumberValue(known is null ? -1 : locks[known]);
            WriteThreads(json, known is not null ? [] : wait.WaitsFor.Count == 0 && wait.Joined is { } joined ? [joined] : wait.WaitsFor);
            json.WriteNumberValue(IdOf(EscapedText.Plain(DiagnosisText.Doing(thread))));
            json.WriteEndArray();
        }
        json.WriteEndArray();
    }

    /// <summary>The lock that a thread wants. A thread that waits for a pulse has released the lock.</summary>
    private static DumpLock? LockOf(DumpThread thread) => thread.WaitingFor is { Kind: not WaitKind.MonitorWait, Lock: { } known } ? known : null;

    private void WriteDeadlocks(Utf8JsonWriter json)
    {
        json.WriteStartArray("deadlocks");
        foreach (Deadlock deadlock in _dump.Deadlocks)
            WriteThreads(json, [.. deadlock.Steps.Select(static s => s.Thread)]);
        json.WriteEndArray();
    }

    private void WriteThreads(Utf8JsonWriter json, IReadOnlyList<DumpThread> threads)
    {
        json.WriteStartArray();
        foreach (DumpThread thread in threads)
        {
            if (_threads.TryGetValue(thread, out int number))
                json.WriteNumberValue(number);
        }
        json.WriteEndArray();
    }

    /// <summary>Writes the flame graphs of several dumps; of one, the page makes them itself.</summary>
    private void WriteSeries(Utf8JsonWriter json)
    {
        if (_samples.Count < 2)
            return;
        FlameGraph graph = new(_samples, MaxRows), idle = new(_samples, MaxRows, ofIdle: true);
        json.WriteStartObject("series");
        json.WriteNumber("dumps", _samples.Count);
        json.WriteBoolean("isTime", _samples.IsTime);
        json.WriteNumber("intervalMs", _samples.Interval?.TotalMilliseconds ?? 0);
        WriteFlame(json, "threads", graph.Threads);
        WriteFlame(json, "async", graph.Async);
        WriteFlame(json, "idleThreads", idle.Threads);
        WriteFlame(json, "idleAsync", idle.Async);
        json.WriteEndObject();
    }

    /// <summary>Three numbers for each method, each caller before its calls: name, samples, calls; the name as -1 - name if it has source lines.</summary>
    private void WriteFlame(Utf8JsonWriter json, string name, FlameFrame all)
    {
        json.WriteStartArray(name);
        var open = new Stack<FlameFrame>([all]);
        while (open.TryPop(out FlameFrame? frame))
        {
            FlameFrame[] calls = [.. frame.Calls];
            int id = IdOf(frame.Name);
            json.WriteNumberValue(frame.HasLine ? -1 - id : id);
            json.WriteNumberValue(frame.Count);
            json.WriteNumberValue(calls.Length);
            for (int i = calls.Length - 1; i >= 0; i--)
                open.Push(calls[i]);
        }
        json.WriteEndArray();
    }

    private void WriteFrames(Utf8JsonWriter json)
    {
        json.WriteStartArray("frames");
        for (int id = 0; id < _stacks.Frames.Count; id++)
        {
            DumpFrame frame = _stacks.Frames[id];
            var shown = new PageFrame(frame);
            json.WriteStartArray();
            json.WriteNumberValue(IdOf(shown.Method));
            json.WriteNumberValue((int)_view.Sections.OwnerOf(frame) | (shown.IsApproximate ? 4 : 0));
            if (shown.File is not null)
            {
                json.WriteNumberValue(IdOf(shown.File));
                json.WriteNumberValue(shown.Line);
                if (shown.Source is not null)
                    json.WriteNumberValue(IdOf(shown.Source));
            }
            json.WriteEndArray();
        }
        json.WriteEndArray();
    }
}
