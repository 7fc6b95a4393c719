using System.Text.Json;

namespace Stackflare.Tests.Writers;

/// <summary>Reads a profile in the processed format as the viewer does, and checks all that refers to something.</summary>
internal sealed class FirefoxProfile
{
    private static readonly JsonElement Schema =
        JsonDocument.Parse(File.ReadAllText(Path.Combine(Golden.RepositoryRoot, "docs", "schema", "firefox-processed.schema.json"))).RootElement;

    private readonly JsonElement _root, _shared;
    private readonly string[] _categories;

    public FirefoxProfile(string text)
    {
        _root = JsonDocument.Parse(text).RootElement;
        Assert.Empty(SchemaCheck.Of(_root, Schema));
        _shared = _root.GetProperty("shared");
        _categories = [.. _root.GetProperty("meta").GetProperty("categories").EnumerateArray().Select(static c => c.GetProperty("name").GetString()!)];
        Assert.Contains(_root.GetProperty("meta").GetProperty("categories").EnumerateArray(), static c => c.GetProperty("color").GetString() == "grey");
        foreach (JsonProperty table in _shared.EnumerateObject().Where(static t => t.Value.ValueKind is JsonValueKind.Object))
            CheckLengths(table.Value);
        CheckRange("stackTable", "frame", "frameTable");
        CheckRange("frameTable", "func", "funcTable");
        CheckRange("funcTable", "resource", "resourceTable");
        CheckRange("funcTable", "source", "sources");
        foreach (string table in (string[])["funcTable", "resourceTable"])
            Assert.All(Column(table, "name"), i => Assert.InRange(i!.Value, 0, Strings.Length - 1));
        Assert.All(Column("sources", "filename"), i => Assert.InRange(i!.Value, 0, Strings.Length - 1));
        Assert.All(Column("frameTable", "category"), i => Assert.InRange(i!.Value, 0, _categories.Length - 1));
        Assert.All(Column("stackTable", "prefix").Index(), static row => Assert.True(row.Item is null || row.Item < row.Index));
        // A tree: no node is there twice.
        Assert.Equal(Count("stackTable"), Column("stackTable", "prefix").Zip(Column("stackTable", "frame")).Distinct().Count());
        Threads = [.. _root.GetProperty("threads").EnumerateArray().Select(t => new ThreadTrack(t, Count("stackTable")))];
    }

    public IReadOnlyList<ThreadTrack> Threads { get; }

    public double Interval => _root.GetProperty("meta").GetProperty("interval").GetDouble();

    private string[] Strings => [.. _shared.GetProperty("stringArray").EnumerateArray().Select(static s => s.GetString()!)];

    /// <summary>The frames of a stack, outermost first.</summary>
    public IReadOnlyList<FrameRow> StackOf(int stack)
    {
        (int?[] callers, int?[] frames) = (Column("stackTable", "prefix"), Column("stackTable", "frame"));
        (int?[] functions, int?[] lines, int?[] categories) = (Column("frameTable", "func"), Column("frameTable", "line"), Column("frameTable", "category"));
        (int?[] names, int?[] resources, int?[] sources) = (Column("funcTable", "name"), Column("funcTable", "resource"), Column("funcTable", "source"));
        string[] strings = Strings;
        var result = new List<FrameRow>();
        for (int? node = stack; node is { } at; node = callers[at])
        {
            int frame = frames[at]!.Value, function = functions[frame]!.Value;
            result.Insert(0, new FrameRow(
                strings[names[function]!.Value],
                resources[function] is >= 0 and var module ? strings[Column("resourceTable", "name")[module]!.Value] : null,
                sources[function] is { } file ? strings[Column("sources", "filename")[file]!.Value] : null,
                lines[frame], _categories[categories[frame]!.Value]));
        }
        return result;
    }

    private void CheckRange(string table, string column, string other) =>
        Assert.All(Column(table, column), i => Assert.True(i is null or -1 || (i >= 0 && i < Count(other))));

    private int Count(string table) => _shared.GetProperty(table).GetProperty("length").GetInt32();

    private int?[] Column(string table, string column) => Column(_shared.GetProperty(table).GetProperty(column));

    private static int?[] Column(JsonElement column) => [.. column.EnumerateArray().Select(static v => v.ValueKind is JsonValueKind.Null ? (int?)null : v.GetInt32())];

    private static void CheckLengths(JsonElement table) => Assert.All(
        table.EnumerateObject().Where(static c => c.Value.ValueKind is JsonValueKind.Array),
        c => Assert.Equal(table.GetProperty("length").GetInt32(), c.Value.GetArrayLength()));

    /// <summary>A frame with all that it refers to.</summary>
    public sealed record FrameRow(string Name, string? Module, string? File, int? Line, string Category);

    /// <summary>A thread with its samples.</summary>
    public sealed class ThreadTrack
    {
        public ThreadTrack(JsonElement thread, int stacks)
        {
            Name = thread.GetProperty("name").GetString()!;
            IsMain = thread.GetProperty("isMainThread").GetBoolean();
            JsonElement samples = thread.GetProperty("samples");
            CheckLengths(samples);
            CheckLengths(thread.GetProperty("markers"));
            WeightType = samples.GetProperty("weightType").GetString()!;
            Samples =
            [
                .. Column(samples.GetProperty("stack"))
                    .Zip(samples.GetProperty("time").EnumerateArray().Select(static t => t.GetDecimal()), samples.GetProperty("weight").EnumerateArray().Select(static t => t.GetDecimal())),
            ];
            Assert.All(Samples, s => Assert.True(s.Stack is null || s.Stack < stacks));
            Assert.Equal(Samples.Select(static s => s.Time).Order(), Samples.Select(static s => s.Time));
        }

        public string Name { get; }

        public bool IsMain { get; }

        public string WeightType { get; }

        public IReadOnlyList<(int? Stack, decimal Time, decimal Weight)> Samples { get; }
    }
}
