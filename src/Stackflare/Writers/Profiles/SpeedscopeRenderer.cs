using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Stackflare.Model;

namespace Stackflare.Writers.Profiles;

/// <summary>
/// A file for the speedscope viewer, in its format of sampled profiles: a table of frames, and a profile for each thread. The used part of
/// its schema is in docs/schema/speedscope-sampled.schema.json.
/// </summary>
internal sealed class SpeedscopeRenderer
{
    /// <summary>The viewer recognizes the format by it.</summary>
    internal const string SchemaId = "https://www.speedscope.app/file-format-schema.json";

    private static readonly JsonWriterOptions Options = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static ReadOnlySpan<byte> LineStart => "\n        "u8;

    private readonly StackSamples _samples;
    private readonly Utf8JsonWriter _json;

    private SpeedscopeRenderer(StackSamples samples, Utf8JsonWriter json) => (_samples, _json) = (samples, json);

    public static void Write(StackSamples samples, PooledBytes bytes)
    {
        using (var json = new Utf8JsonWriter(bytes, Options))
            new SpeedscopeRenderer(samples, json).Write();

        bytes.GetSpan(1)[0] = (byte)'\n';
        bytes.Advance(1);
    }

    private void Write()
    {
        _json.WriteStartObject();
        _json.WriteString("$schema", SchemaId);
        _json.WriteString("exporter", "stackflare");
        if (_samples.Process is { } process)
        {
            _json.WriteString("name", string.Create(CultureInfo.InvariantCulture,
                $"{EscapedText.Plain(process.Name)} (pid {process.Id}) at {_samples.Begin:yyyy-MM-dd HH:mm:ss.fff zzz}"));
        }

        _json.WriteStartObject("shared");
        _json.WriteStartArray("frames");
        foreach (var frame in _samples.Frames)
            WriteFrame(frame);
        _json.WriteEndArray();
        _json.WriteEndObject();

        _json.WriteStartArray("profiles");
        foreach (var thread in _samples.Threads)
            WriteProfile(thread);
        if (_samples.Async.Count > 0)
            WriteAsync(_samples.Async);
        _json.WriteEndArray();
        _json.WriteEndObject();
    }

    private void WriteFrame(SampleFrame frame)
    {
        _json.WriteStartObject();
        _json.WriteString("name", frame.Name);
        if (frame.File is { } file)
            _json.WriteString("file", file);
        if (frame.Line > 0)
            _json.WriteNumber("line", frame.Line);
        _json.WriteEndObject();
    }

    private void WriteProfile(SampledThread thread)
    {
        _json.WriteStartObject();
        _json.WriteString("type", "sampled");
        _json.WriteString("name", string.Create(CultureInfo.InvariantCulture, $"{thread.Name} (tid {thread.Id.Value})"));
        _json.WriteString("unit", _samples.Interval is null ? "none" : "milliseconds");
        _json.WriteNumber("startValue", Weight(thread.FirstSample));
        _json.WriteNumber("endValue", Weight(thread.FirstSample + (long)thread.Samples));

        _json.WriteStartArray("samples");
        foreach (var run in thread.Runs)
            WriteStack(_samples.Stacks[run.Stack]);
        _json.WriteEndArray();

        _json.WriteStartArray("weights");
        foreach (var run in thread.Runs)
            _json.WriteNumberValue(Weight(run.Count));
        _json.WriteEndArray();
        _json.WriteEndObject();
    }

    /// <summary>
    /// A profile in which the weight of a stack is its count: the times of methods that wait concurrently would add up to more than the elapsed time.
    /// </summary>
    private void WriteAsync(IReadOnlyDictionary<int, long> stacks)
    {
        _json.WriteStartObject();
        _json.WriteString("type", "sampled");
        _json.WriteString("name", "async methods");
        _json.WriteString("unit", _samples.IsTime ? "milliseconds" : "none");
        _json.WriteNumber("startValue", 0);
        _json.WriteNumber("endValue", WeightOfAsync(stacks.Values.Aggregate(0L, StackSamples.Sum)));

        _json.WriteStartArray("samples");
        foreach (int stack in stacks.Keys)
            WriteStack(_samples.Stacks[stack]);
        _json.WriteEndArray();

        _json.WriteStartArray("weights");
        foreach (long count in stacks.Values)
            _json.WriteNumberValue(WeightOfAsync(count));
        _json.WriteEndArray();
        _json.WriteEndObject();
    }

    private decimal WeightOfAsync(long count) => _samples.IsTime ? Weight(count) : count;

    /// <summary>The weight of a number of samples. Exact, so that a thread's weights add up to its end.</summary>
    private decimal Weight(long samples) => _samples.Interval is { } interval
        ? samples * (interval.Ticks / (decimal)TimeSpan.TicksPerMillisecond)
        : samples;

    /// <summary>
    /// The stack in one line: one number for each line would make the file five times as long. The JSON writer adds no white space to raw
    /// values, so the indentation is written with it.
    /// </summary>
    private void WriteStack(ReadOnlySpan<int> stack)
    {
        const int LongestIndex = 12;
        byte[] line = ArrayPool<byte>.Shared.Rent(LineStart.Length + (stack.Length * LongestIndex) + 1);
        LineStart.CopyTo(line);
        int length = LineStart.Length;
        for (int i = 0; i < stack.Length; i++)
        {
            line[length++] = (byte)(i == 0 ? '[' : ',');
            Utf8Formatter.TryFormat(stack[i], line.AsSpan(length), out int written);
            length += written;
        }
        line[length++] = (byte)']';
        _json.WriteRawValue(line.AsSpan(0, length), skipInputValidation: true);
        ArrayPool<byte>.Shared.Return(line);
    }
}
