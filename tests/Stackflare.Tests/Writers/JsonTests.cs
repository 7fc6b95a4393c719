using System.Text;
using System.Text.Json;
using Stackflare.Writers;
using Stackflare.Writers.Json;

namespace Stackflare.Tests.Writers;

public sealed class JsonTests
{
    private static readonly JsonElement Schema =
        JsonDocument.Parse(File.ReadAllText(Path.Combine(Golden.RepositoryRoot, "docs", "schema", "thread-dump-v1.schema.json"))).RootElement;

    public static TheoryData<string> Names => [.. SampleDumps.Names];

    [Theory, MemberData(nameof(Names))]
    public void FollowsTheSchema(string name) => Assert.Empty(SchemaCheck.Of(Parse(SampleDumps.Get(name)), Schema));

    [Fact]
    public void EveryEnumerationIsInTheSchema()
    {
        Assert.Equal(Enum.GetValues<ThreadActivity>().Select(JsonNames.Name), Names("activity"));
        Assert.Equal(Enum.GetValues<StackCompleteness>().Select(JsonNames.Name), Names("thread", "properties", "completeness"));
        Assert.Equal(Enum.GetValues<FrameKind>().Select(JsonNames.Name), Names("frame", "properties", "kind"));
        Assert.Equal(Enum.GetValues<SymbolStatus>().Select(JsonNames.Name), Names("frame", "properties", "symbols"));
        Assert.Equal(Enum.GetValues<SourceTextOrigin>().Select(JsonNames.Name), Names("frame", "properties", "source", "properties", "textOrigin"));
        Assert.Equal(Enum.GetValues<WaitKind>().Select(JsonNames.Name), Names("wait", "properties", "kind"));
        Assert.Equal(Enum.GetValues<AsyncWaitKind>().Select(JsonNames.Name), Names("asyncWait", "properties", "kind"));
        Assert.Equal(Enum.GetValues<LockKind>().Select(JsonNames.Name), Names("lock", "properties", "kind"));
        Assert.Equal(Enum.GetValues<FindingKind>().Select(JsonNames.Name), Names("finding", "properties", "kind"));

        static IEnumerable<string> Names(params string[] path) =>
            path.Aggregate(Schema.GetProperty("$defs"), (e, p) => e.GetProperty(p)).GetProperty("enum").EnumerateArray().Select(v => v.GetString()!);
    }

    [Fact]
    public void TheCheckFindsWhatIsWrong()
    {
        string json = Render.Json(SampleDumps.Get("ordinary"));
        Assert.Contains("$.version is not 1", Errors(json.Replace("\"version\": 1", "\"version\": 2", StringComparison.Ordinal)));
        Assert.Contains("$.threads[0] lacks stack", Errors(json.Replace("\"stack\"", "\"stacks\"", StringComparison.Ordinal)));
        Assert.Contains("$.threads[0].stacks is not described", Errors(json.Replace("\"stack\"", "\"stacks\"", StringComparison.Ordinal)));

        static List<string> Errors(string json) => SchemaCheck.Of(JsonDocument.Parse(json).RootElement, Schema);
    }

    [Fact]
    public void StacksReferToTheFrameTable()
    {
        var dump = SampleDumps.Get("hung-server");
        var json = Parse(dump);
        var frames = json.GetProperty("frames").EnumerateArray().ToList();
        Assert.Equal(dump.Threads.SelectMany(t => t.Frames).Distinct().Count(), frames.Count);
        Assert.Equal(Enumerable.Range(0, frames.Count), frames.Select(f => f.GetProperty("index").GetInt32()));
        foreach (var (thread, element) in dump.Threads.Zip(json.GetProperty("threads").EnumerateArray()))
        {
            var stack = element.GetProperty("stack").EnumerateArray().Select(i => frames[i.GetInt32()].GetProperty("display").GetString());
            Assert.Equal(thread.Frames.Select(f => f.Method.ToString()), stack);
        }
    }

    [Fact]
    public void OptionsForTextLeaveNothingOut() =>
        Assert.Equal(Render.Json(SampleDumps.Get("hung-server"), Render.Flat), Render.Json(SampleDumps.Get("hung-server")));

    [Theory, MemberData(nameof(Names))]
    public void BothWaysOutAreTheSame(string name)
    {
        var dump = SampleDumps.Get(name);
        foreach (var format in Enum.GetValues<DumpFormat>())
        {
            using var bytes = new PooledBytes();
            DumpRenderer.Write(dump, format, RenderOptions.Default, bytes);
            // Strict: whatever is in the names, the bytes are valid UTF-8.
            Assert.Equal(Render.With(dump, format), new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes.Written));
        }
    }

    [Theory, MemberData(nameof(Names))]
    public void NoControlCharacterComesThrough(string name)
    {
        foreach (var format in Enum.GetValues<DumpFormat>())
        {
            // JSON must not harm a terminal either, but it is data: the order its text is shown in is its reader's business.
            Assert.DoesNotContain(Render.With(SampleDumps.Get(name), format), c =>
                (char.IsControl(c) && c != '\n') || c is '\u2028' || (c is '\u202e' && format is not (DumpFormat.Json or DumpFormat.Actuator)));
        }
    }

    [Fact]
    public void UnknownFormatIsRefused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Render.With(Build.Dump(), (DumpFormat)99));

    private static JsonElement Parse(ThreadDump dump) => JsonDocument.Parse(Render.Json(dump)).RootElement;
}
