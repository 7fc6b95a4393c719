using System.Buffers;
using System.IO.Compression;
using System.Text;

namespace Stackflare.Writers.Profiles;

/// <summary>
/// A profile for pprof and what reads its format: a compressed protocol buffer, as profile.proto of that project describes it. Each sample has the label <c>thread</c>, the thread's name. What is
/// counted is time in nanoseconds, or stacks.
/// </summary>
internal sealed class PprofRenderer
{
    // The numbers of the fields.
    private const int SampleType = 1, Sample = 2, Location = 4, Function = 5, StringTable = 6, TimeNanos = 9, DurationNanos = 10, PeriodType = 11, Period = 12;
    private const int TypeOf = 1, UnitOf = 2, LocationIds = 1, Values = 2, Labels = 3, Key = 1, Text = 2, Number = 3;
    private const int Id = 1, Line = 4, FunctionId = 1, LineNumber = 2, Name = 2, SystemName = 3, FileName = 4;

    private readonly StackSamples _samples;
    private readonly string _counted;
    private readonly ProtoWriter _profile = new();
    private readonly List<string> _texts = [""];
    private readonly Dictionary<string, int> _textIds = new(StringComparer.Ordinal) { [""] = 0 };

    private PprofRenderer(StackSamples samples, string counted) => (_samples, _counted) = (samples, counted);

    /// <param name="samples">The samples.</param>
    /// <param name="counted">What the weights are, for example <c>cpu</c>.</param>
    /// <param name="bytes">The destination.</param>
    public static void Write(StackSamples samples, string counted, PooledBytes bytes)
    {
        var renderer = new PprofRenderer(samples, counted);
        renderer.Write();
        using var stream = new MemoryStream();
        using (var gzip = new GZipStream(stream, CompressionLevel.Optimal, leaveOpen: true))
            gzip.Write(renderer._profile.Written);
        ReadOnlySpan<byte> compressed = stream.GetBuffer().AsSpan(0, (int)stream.Length);
        compressed.CopyTo(bytes.GetSpan(compressed.Length));
        bytes.Advance(compressed.Length);
    }

    private void Write()
    {
        string unit = _samples.IsTime ? "nanoseconds" : "count";
        _profile.Message(SampleType, type => WriteType(type, unit));
        foreach (SampledThread thread in _samples.Threads)
        {
            var weights = new Dictionary<int, long>();
            foreach (SampleRun run in thread.Runs)
                weights[run.Stack] = weights.GetValueOrDefault(run.Stack) + run.Count;
            foreach (var (stack, weight) in weights)
                WriteSample(stack, weight, thread.Name, thread.Id.Value);
        }
        foreach (var (stack, weight) in _samples.Async)
            WriteSample(stack, weight, "async methods", null);
        for (int i = 0; i < _samples.Frames.Count; i++)
            WriteFrame(_samples.Frames[i], i + 1);
        _profile.Number(TimeNanos, (_samples.Begin - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick);
        if (_samples.IsTime)
            _profile.Number(DurationNanos, Nanoseconds(_samples.Elapsed));
        _profile.Message(PeriodType, type => WriteType(type, unit));
        _profile.Number(Period, 1);
        foreach (string text in _texts)
            _profile.Text(StringTable, text);
    }

    private void WriteType(ProtoWriter type, string unit)
    {
        type.Number(TypeOf, IdOf(_counted));
        type.Number(UnitOf, IdOf(unit));
    }

    private void WriteSample(int stack, long weight, string thread, int? id) => _profile.Message(Sample, sample =>
    {
        // Innermost first.
        ReadOnlySpan<int> frames = _samples.Stacks[stack];
        for (int i = frames.Length - 1; i >= 0; i--)
            sample.Number(LocationIds, frames[i] + 1);
        sample.Number(Values, _samples.IsTime ? Nanoseconds(weight) : weight);
        sample.Message(Labels, label =>
        {
            label.Number(Key, IdOf("thread"));
            label.Number(Text, IdOf(thread));
        });
        if (id is { } number)
        {
            sample.Message(Labels, label =>
            {
                label.Number(Key, IdOf("tid"));
                label.Number(Number, number);
            });
        }
    });

    /// <summary>A location and its function have the same number.</summary>
    private void WriteFrame(SampleFrame frame, int number)
    {
        _profile.Message(Location, location =>
        {
            location.Number(Id, number);
            location.Message(Line, line =>
            {
                line.Number(FunctionId, number);
                line.Number(LineNumber, frame.Line);
            });
        });
        _profile.Message(Function, function =>
        {
            function.Number(Id, number);
            function.Number(Name, IdOf(frame.Name));
            function.Number(SystemName, IdOf(frame.Name));
            function.Number(FileName, IdOf(frame.File ?? ""));
        });
    }

    private long Nanoseconds(long weight) => weight * (_samples.Interval!.Value.Ticks * TimeSpan.NanosecondsPerTick);

    private int IdOf(string text)
    {
        if (!_textIds.TryGetValue(text, out int id))
        {
            _textIds.Add(text, id = _texts.Count);
            _texts.Add(text);
        }
        return id;
    }

    /// <summary>Writes the fields of a message.</summary>
    private sealed class ProtoWriter
    {
        private const int Varint = 0, Bytes = 2;

        private readonly ArrayBufferWriter<byte> _bytes = new();
        private ProtoWriter? _inner;

        public ReadOnlySpan<byte> Written => _bytes.WrittenSpan;

        public void Number(int field, long value)
        {
            if (value == 0)
                return;
            Append((uint)((field << 3) | Varint));
            Append((ulong)value);
        }

        public void Text(int field, string text) => Append(field, Encoding.UTF8.GetBytes(text));

        public void Message(int field, Action<ProtoWriter> write)
        {
            _inner ??= new ProtoWriter();
            _inner._bytes.ResetWrittenCount();
            write(_inner);
            Append(field, _inner.Written);
        }

        private void Append(int field, ReadOnlySpan<byte> bytes)
        {
            Append((uint)((field << 3) | Bytes));
            Append((ulong)bytes.Length);
            _bytes.Write(bytes);
        }

        private void Append(ulong value)
        {
            Span<byte> bytes = _bytes.GetSpan(10);
            int length = 0;
            for (; value > 0x7F; value >>= 7)
                bytes[length++] = (byte)(value | 0x80);
            bytes[length++] = (byte)value;
            _bytes.Advance(length);
        }
    }
}
