using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Stackflare.Model;
using Stackflare.Views;
using Stackflare.Writers.Json;

namespace Stackflare.Writers.Profiles;

/// <summary>
/// A profile for the Firefox Profiler, in its "processed" format: tables by column, which refer to each other by row. Version 61, the first one in which all threads share the tables as they do
/// here; the viewer upgrades older versions, and refuses newer ones than it knows.
/// </summary>
internal sealed class FirefoxRenderer
{
    /// <summary>The version of the processed format, and that of the format before it, which the viewer shows but does not use.</summary>
    internal const int Version = 61, RawVersion = 31;

    private const int NoResource = -1, LibraryResource = 1, AtBegin = 1;

    /// <summary>Names and colours, by <see cref="CategoryOf"/>. The viewer needs a grey one, and takes it for what has none.</summary>
    private static readonly (string Name, string Color)[] Categories = [("Other", "grey"), ("Program", "orange"), ("Libraries", "yellow"), ("Framework", "blue"), ("Native", "darkgrey")];

    private static readonly JsonWriterOptions Options = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly StackSamples _samples;
    private readonly JsonColumns _json;
    private readonly StackTree _tree;
    private readonly Rows<string> _texts = new(), _sources = new(), _modules = new();
    private readonly Rows<(string Name, string? Source, string? Module)> _functions = new();

    private FirefoxRenderer(StackSamples samples, Utf8JsonWriter json) => (_samples, _json, _tree) = (samples, new JsonColumns(json), new StackTree(samples));

    public static void Write(StackSamples samples, PooledBytes bytes)
    {
        using (var json = new Utf8JsonWriter(bytes, Options))
            new FirefoxRenderer(samples, json).Write(json);

        bytes.GetSpan(1)[0] = (byte)'\n';
        bytes.Advance(1);
    }

    private void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        WriteMeta(json);
        json.WriteStartArray("libs");
        json.WriteEndArray();

        json.WriteStartObject("shared");
        _json.Table("stackTable", _tree.Frames.Count, () =>
        {
            _json.Numbers("frame", _tree.Frames);
            _json.Indexes("prefix", _tree.Callers);
        });
        WriteFrames();
        WriteFunctions();
        // After all that refers to it.
        json.WriteStartArray("stringArray");
        foreach (string text in _texts.All)
            json.WriteStringValue(text);
        json.WriteEndArray();
        json.WriteEndObject();

        json.WriteStartArray("threads");
        foreach (SampledThread thread in _samples.Threads)
            WriteThread(json, thread);
        if (_samples.Async.Count > 0)
            WriteAsync(json);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private void WriteMeta(Utf8JsonWriter json)
    {
        json.WriteStartObject("meta");
        json.WriteNumber("interval", Interval);
        json.WriteNumber("startTime", _samples.Process is null ? 0 : (_samples.Begin - DateTimeOffset.UnixEpoch).Ticks / (decimal)TimeSpan.TicksPerMillisecond);
        json.WriteNumber("processType", 0);
        json.WriteString("product", ProcessName);
        json.WriteString("importedFrom", "Stackflare");
        json.WriteNumber("stackwalk", 1);
        json.WriteBoolean("debug", false);
        json.WriteNumber("version", RawVersion);
        json.WriteNumber("preprocessedProfileVersion", Version);
        json.WriteBoolean("symbolicated", true);
        json.WriteBoolean("symbolicationNotSupported", true);
        json.WriteBoolean("usesOnlyOneStackType", true);
        json.WriteBoolean("sourceCodeIsNotOnSearchfox", true);
        json.WriteBoolean("keepProfileThreadOrder", true);
        json.WriteStartArray("markerSchema");
        json.WriteEndArray();
        json.WriteStartArray("categories");
        foreach ((string name, string color) in Categories)
        {
            json.WriteStartObject();
            json.WriteString("name", name);
            json.WriteString("color", color);
            json.WriteStartArray("subcategories");
            json.WriteStringValue("Other");
            json.WriteEndArray();
            json.WriteEndObject();
        }
        json.WriteEndArray();
        WriteExtra(json);
        json.WriteEndObject();
    }

    /// <summary>What the viewer shows about the profile beside its own facts.</summary>
    private void WriteExtra(Utf8JsonWriter json)
    {
        json.WriteStartArray("extra");
        json.WriteStartObject();
        json.WriteString("label", "Stackflare");
        json.WriteStartArray("entries");
        WriteEntry("Dumps", _samples.Count.ToString(CultureInfo.InvariantCulture));
        if (_samples.Process is { } process)
        {
            WriteEntry("Runtime", process.RuntimeVersion is { } version ? $".NET {version}" : ".NET");
            WriteEntry("Platform", process.Platform);
        }
        if (_samples.Last is { IsRedacted: true })
            WriteEntry("Redacted", "names of the program are replaced");
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndArray();

        void WriteEntry(string label, string value)
        {
            json.WriteStartObject();
            json.WriteString("label", label);
            json.WriteString("format", "string");
            json.WriteString("value", value);
            json.WriteEndObject();
        }
    }

    /// <summary>Milliseconds from one sample to the next; 1 for what has no time.</summary>
    private decimal Interval => _samples.IsTime && _samples.Elapsed > 0 ? Time(_samples.Elapsed) / Math.Max(_samples.Count, 1) : Time(1) is > 0 and var one ? one : 1;

    private string ProcessName => _samples.Process is { } process ? string.Create(CultureInfo.InvariantCulture, $"{EscapedText.Plain(process.Name)} (pid {process.Id})") : "No dump";

    private string ProcessId => (_samples.Process?.Id ?? 0).ToString(CultureInfo.InvariantCulture);

    private void WriteFrames()
    {
        int count = _samples.Frames.Count;
        int[] functions = [.. _samples.Frames.Select(static f => (f.Name, f.Line > 0 ? f.File : null, f.Module)).Select(_functions.IndexOf)];
        _json.Table("frameTable", count, () =>
        {
            _json.Same("address", "-1", count);
            _json.Same("inlineDepth", "0", count);
            _json.Numbers("category", Enumerable.Range(0, count).Select(CategoryOf));
            _json.Same("subcategory", "0", count);
            _json.Numbers("func", functions);
            _json.Same("nativeSymbol", "null", count);
            _json.Same("innerWindowID", "0", count);
            _json.Indexes("line", _samples.Frames.Select(static f => f.Line > 0 ? f.Line : -1));
            _json.Same("column", "null", count);
        });
    }

    private int CategoryOf(int frame) => _samples.OwnerOf(frame) switch
    {
        StackOwner.Program => 1,
        StackOwner.Library => 2,
        StackOwner.Platform => 3,
        _ => _samples.Frames[frame].Name.StartsWith("[native", StringComparison.Ordinal) ? 4 : 0,
    };

    private void WriteFunctions()
    {
        int count = _functions.All.Count;
        _json.Table("funcTable", count, () =>
        {
            _json.Numbers("name", _functions.All.Select(f => _texts.IndexOf(f.Name)));
            _json.Same("isJS", "false", count);
            _json.Same("relevantForJS", "false", count);
            _json.Numbers("resource", _functions.All.Select(f => f.Module is null ? NoResource : _modules.IndexOf(f.Module)));
            _json.Indexes("source", _functions.All.Select(f => f.Source is null ? -1 : _sources.IndexOf(f.Source)));
            _json.Same("lineNumber", "null", count);
            _json.Same("columnNumber", "null", count);
        });
        count = _modules.All.Count;
        _json.Table("resourceTable", count, () =>
        {
            _json.Same("lib", "null", count);
            _json.Numbers("name", _modules.All.Select(_texts.IndexOf));
            _json.Same("host", "null", count);
            _json.Numbers("type", Enumerable.Repeat(LibraryResource, count));
        });
        _json.Table("nativeSymbols", 0, () =>
        {
            foreach (string column in (string[])["libIndex", "address", "name", "functionSize"])
                _json.Same(column, "", 0);
        });
        count = _sources.All.Count;
        _json.Table("sources", count, () =>
        {
            _json.Same("id", "null", count);
            _json.Numbers("filename", _sources.All.Select(_texts.IndexOf));
            _json.Numbers("startLine", Enumerable.Repeat(AtBegin, count));
            _json.Numbers("startColumn", Enumerable.Repeat(AtBegin, count));
            _json.Same("sourceMapURL", "null", count);
        });
    }

    /// <summary>
    /// A run of equal stacks has a sample at its begin and one at its end, because the viewer draws a sample up to the middle between it and the next. The last sample has no stack: there, the thread
    /// was not seen any more.
    /// </summary>
    private void WriteThread(Utf8JsonWriter json, SampledThread thread)
    {
        var samples = new List<(int Stack, long Time, long Weight)>(thread.Runs.Count + 1);
        long at = thread.FirstSample;
        foreach (SampleRun run in thread.Runs)
        {
            long atEnd = run.Count < 2 ? 0 : _samples.IsTime ? run.Count / 2 : 1;
            samples.Add((_tree.EndOf(run.Stack), at, run.Count - atEnd));
            if (atEnd > 0)
                samples.Add((_tree.EndOf(run.Stack), at + run.Count - 1, atEnd));
            at += run.Count;
        }
        samples.Add((StackTree.None, at, 0));
        bool isMain = thread.Id.Value == _samples.Process?.Id;
        WriteThread(json, thread.Name, isMain, () => json.WriteNumber("tid", thread.Id.Value), samples, _samples.Interval is not null);
    }

    /// <summary>All at the begin: the times of methods that wait concurrently would add up to more than the elapsed time.</summary>
    private void WriteAsync(Utf8JsonWriter json) => WriteThread(
        json, "async methods", isMain: false, () => json.WriteString("tid", "async"), [.. _samples.Async.Select(s => (_tree.EndOf(s.Key), 0L, s.Value))], _samples.IsTime);

    private void WriteThread(Utf8JsonWriter json, string name, bool isMain, Action writeId, List<(int Stack, long Time, long Weight)> samples, bool isTime)
    {
        json.WriteStartObject();
        json.WriteString("processType", "default");
        json.WriteNumber("processStartupTime", 0);
        json.WriteNull("processShutdownTime");
        json.WriteNumber("registerTime", Time(samples[0].Time));
        json.WriteNull("unregisterTime");
        json.WriteStartArray("pausedRanges");
        json.WriteEndArray();
        json.WriteString("name", name);
        json.WriteBoolean("isMainThread", isMain);
        json.WriteString("processName", ProcessName);
        json.WriteString("pid", ProcessId);
        writeId();
        _json.Table("samples", samples.Count, () =>
        {
            _json.Indexes("stack", samples.Select(static s => s.Stack));
            _json.Numbers("time", samples.Select(s => Time(s.Time)));
            _json.Numbers("weight", samples.Select(s => isTime ? Time(s.Weight) : s.Weight));
            json.WriteString("weightType", isTime ? "tracing-ms" : "samples");
        });
        _json.Table("markers", 0, () =>
        {
            foreach (string column in (string[])["data", "name", "startTime", "endTime", "phase", "category"])
                _json.Same(column, "", 0);
        });
        json.WriteEndObject();
    }

    /// <summary>Milliseconds. What has no interval is drawn as if it were one millisecond apart.</summary>
    private decimal Time(long samples) => samples * ((_samples.Interval ?? TimeSpan.FromMilliseconds(1)).Ticks / (decimal)TimeSpan.TicksPerMillisecond);

    /// <summary>Distinct values in the order of their first use.</summary>
    private sealed class Rows<T>
        where T : notnull
    {
        private readonly Dictionary<T, int> _indexes = [];
        private readonly List<T> _all = [];

        public IReadOnlyList<T> All => _all;

        public int IndexOf(T value)
        {
            if (!_indexes.TryGetValue(value, out int index))
            {
                _indexes.Add(value, index = _all.Count);
                _all.Add(value);
            }
            return index;
        }
    }
}
