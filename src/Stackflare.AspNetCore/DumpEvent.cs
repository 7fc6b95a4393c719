using System.Collections;
using System.Globalization;
using Microsoft.Extensions.Logging;

namespace Stackflare.AspNetCore;

/// <summary>
/// A dump as an event of a log: a message of one line, and properties. A text that is too long for one record is split; each part is an event, and the
/// first one has the other properties.
/// </summary>
internal sealed class DumpEvent : IReadOnlyList<KeyValuePair<string, object?>>
{
    /// <summary>Many collectors cut a record after 32 KB.</summary>
    internal const int MaxText = 24_000;

    private const int MaxParts = 40, MaxFindings = 10;

    private readonly List<KeyValuePair<string, object?>> _properties = [];
    private readonly string _message;

    private DumpEvent(string message) => _message = message;

    public static EventId Id { get; } = new(10, "ThreadDump");

    public int Count => _properties.Count;

    public KeyValuePair<string, object?> this[int index] => _properties[index];

    /// <summary>The events of a dump, in their order.</summary>
    public static IEnumerable<DumpEvent> PartsOf(ThreadDump dump)
    {
        List<string> parts = Split(dump.ToString());
        string reason = dump.Reason?.Text ?? "requested";
        for (int i = 0; i < parts.Count; i++)
        {
            string suffix = parts.Count == 1 ? "" : string.Create(CultureInfo.InvariantCulture, $" (part {i + 1} of {parts.Count})");
            string summary = i > 0 || dump.Findings.Count == 0 ? "" : ". " + string.Join("; ", dump.Findings.Take(3).Select(static f => OneLine(f.Summary)));
            var part = new DumpEvent($"Thread dump: {reason}{summary}{suffix}");
            part.Add("Reason", reason);
            part.Add("ProcessId", dump.Process.Id);
            part.Add("CapturedAt", dump.CapturedAt);
            if (i == 0)
                part.AddSummary(dump);
            part.Add("Part", i + 1);
            part.Add("Parts", parts.Count);
            part.Add("Text", parts[i]);
            yield return part;
        }
    }

    public IEnumerator<KeyValuePair<string, object?>> GetEnumerator() => _properties.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>The message. Does not contain the text.</summary>
    public override string ToString() => _message;

    private static List<string> Split(string text)
    {
        List<string> parts = [];
        while (text.Length > MaxText && parts.Count < MaxParts - 1)
        {
            int end = text.LastIndexOf('\n', MaxText - 1) + 1;
            // A line that is too long is cut, but not between the halves of a character.
            if (end == 0)
                end = char.IsHighSurrogate(text[MaxText - 1]) ? MaxText - 1 : MaxText;
            parts.Add(text[..end]);
            text = text[end..];
        }
        parts.Add(text.Length <= MaxText ? text : text[..MaxText] + string.Create(CultureInfo.InvariantCulture, $"\n[{text.Length - MaxText:N0} characters were left out]\n"));
        return parts;
    }

    private static string OneLine(string text) => Model.EscapedText.Plain(text);

    private void AddSummary(ThreadDump dump)
    {
        Add("ReasonKind", dump.Reason?.Kind.ToString());
        Add("Threads", dump.Threads.Count);
        Add("AsyncStacks", dump.AsyncStacks.Count);
        Add("Requests", dump.Requests.Count);
        Add("Deadlocks", dump.Deadlocks.Count);
        Add("PauseMs", dump.Timings.Pause.TotalMilliseconds);
        Add("Findings", dump.Findings.Take(MaxFindings).Select(Describe).ToArray());
        if (!dump.IsRedacted)
        {
            Add("HostName", Environment.MachineName);
            // The names that a pod template usually gives to the downward API's values. In a pod, the host's name is the pod's.
            Add("Pod", Variable("POD_NAME") ?? (Variable("KUBERNETES_SERVICE_HOST") is null ? null : Environment.MachineName));
            Add("Namespace", Variable("POD_NAMESPACE"));
            Add("Node", Variable("NODE_NAME"));
        }
        Add("DumpTraceId", dump.Reason?.TraceId);
        Add("OldestTraceId", dump.Requests.FirstOrDefault(static r => r.TraceId is not null)?.TraceId);
    }

    private static string Describe(Finding finding)
    {
        string? place = finding.Frames.Count > 0 ? finding.Frames[0].Frame.ToString() : null;
        return OneLine($"{finding.Kind}: {finding.Summary}{(place is null ? "" : $", {place}")}");
    }

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;

    /// <summary>Adds a property, unless its value is not known.</summary>
    private void Add(string name, object? value)
    {
        if (value is not null)
            _properties.Add(new(name, value));
    }
}
