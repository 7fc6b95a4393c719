using System.Text.Json;
using Stackflare.Writers.Profiles;

namespace Stackflare.Tests.Writers;

public sealed class SpeedscopeTests
{
    private static readonly JsonElement Schema =
        JsonDocument.Parse(File.ReadAllText(Path.Combine(Golden.RepositoryRoot, "docs", "schema", "speedscope-sampled.schema.json"))).RootElement;

    // Not the stack of a million frames: the check makes a string of each place it looks at.
    public static TheoryData<string> Names => [.. SampleDumps.Names.Where(n => n != "folding")];

    [Theory, MemberData(nameof(Names))]
    public void FollowsTheSchema(string name)
    {
        foreach (var options in new[] { RenderOptions.Default, Render.All })
            Check(Parse(Render.With(SampleDumps.Get(name), DumpFormat.Speedscope, options)));
        Check(Parse(Render.With(SampleDumps.Series(), DumpFormat.Speedscope)));
    }

    [Theory, InlineData(0), InlineData(10), InlineData(0.1)]
    public void WeightsAddUpToTheSamples(double interval)
    {
        var random = new Random(3);
        var frames = Enumerable.Range(0, 5).Select(i => Build.Frame($"F{i}", i + 1, null)).ToArray();
        var samples = new StackSamples(RenderOptions.Default, interval == 0 ? null : TimeSpan.FromMilliseconds(interval));
        var expected = new Dictionary<string, int>();
        for (int i = 0; i < 50; i++)
        {
            var threads = Enumerable.Range(1, 6).Where(_ => random.Next(3) > 0)
                .Select(id => Build.Thread(id, $"t{id}", ThreadActivity.Running, [.. random.GetItems(frames, random.Next(3))])).ToList();
            foreach (var thread in threads.Where(t => t.Frames.Count > 0))
                expected[$"{thread.Name} (tid {thread.OsId})"] = expected.GetValueOrDefault($"{thread.Name} (tid {thread.OsId})") + 1;
            samples.Add(Build.Dump(threads));
        }

        var file = Parse(Render.With(samples, DumpFormat.Speedscope));
        Check(file);
        var profiles = file.GetProperty("profiles").EnumerateArray().ToList();
        Assert.Equal(expected.Count, profiles.Count);
        decimal one = interval == 0 ? 1 : (decimal)interval;
        Assert.All(profiles, p => Assert.Equal(expected[p.GetProperty("name").GetString()!] * one, Sum(p)));
        Assert.All(profiles, p => Assert.Equal(interval == 0 ? "none" : "milliseconds", p.GetProperty("unit").GetString()));
    }

    [Fact]
    public void OneDumpHasNoUnit()
    {
        var samples = new StackSamples(RenderOptions.Default, TimeSpan.FromMilliseconds(10));
        samples.Add(SampleDumps.Get("ordinary"));
        Assert.Equal(Render.With(SampleDumps.Get("ordinary"), DumpFormat.Speedscope), Render.With(samples, DumpFormat.Speedscope));
        Assert.Contains("\"unit\": \"none\"", Render.With(samples, DumpFormat.Speedscope), StringComparison.Ordinal);
    }

    [Fact]
    public void AFrameIsThereOnceHoweverManyDumpsHaveIt()
    {
        var samples = new StackSamples(RenderOptions.Default);
        for (int i = 0; i < 100; i++)
            samples.Add(Build.Dump(Build.Thread(1, "t", ThreadActivity.Waiting, [Build.Frame("A", 1, null), Build.Frame("B", 2, null)])));
        Assert.Equal(2, samples.Frames.Count);
        Assert.Equal(1, samples.Stacks.Count);
        Assert.Equal(new SampleRun(0, 100), Assert.Single(Assert.Single(samples.Threads).Runs));
    }

    [Fact]
    public void StacksThatThereIsNoRoomForAreCountedAndSayso()
    {
        var samples = new StackSamples(RenderOptions.Default, limit: 10);
        for (int i = 0; i < 100; i++)
            samples.Add(Build.Dump(Build.Thread(1, "t", ThreadActivity.Waiting, [Build.Frame("A", i + 1, null), Build.Frame($"B{i}", i + 1, null)])));
        string text = Render.With(samples, DumpFormat.Folded);
        Assert.Equal(6, text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Contains("t;[too many different stacks] 95\n", text, StringComparison.Ordinal);
        Assert.InRange(samples.Stacks.Count, 1, 6);
    }

    /// <summary>By the schema, and by what it cannot say.</summary>
    private static void Check(JsonElement file)
    {
        Assert.Empty(SchemaCheck.Of(file, Schema));
        int frames = file.GetProperty("shared").GetProperty("frames").GetArrayLength();
        foreach (var profile in file.GetProperty("profiles").EnumerateArray())
        {
            var samples = profile.GetProperty("samples").EnumerateArray().ToList();
            Assert.Equal(samples.Count, profile.GetProperty("weights").GetArrayLength());
            Assert.DoesNotContain(samples, s => s.GetArrayLength() == 0);
            Assert.InRange(samples.SelectMany(s => s.EnumerateArray()).Max(f => f.GetInt32()), 0, frames - 1);
            Assert.Equal(profile.GetProperty("endValue").GetDecimal() - profile.GetProperty("startValue").GetDecimal(), Sum(profile));
        }
    }

    private static decimal Sum(JsonElement profile) => profile.GetProperty("weights").EnumerateArray().Sum(w => w.GetDecimal());

    private static JsonElement Parse(string text) => JsonDocument.Parse(text).RootElement;
}
