using Stackflare.Analysis;
using Stackflare.Writers.Profiles;
using static Stackflare.Tests.Writers.Build;
using static Stackflare.ThreadActivity;

namespace Stackflare.Tests.Writers;

public sealed class FirefoxTests
{
    // Not the stack of a million frames: the check makes a string of each place it looks at.
    public static TheoryData<string> Names => [.. SampleDumps.Names.Where(static n => n is not ("folding" or "hung-server"))];

    [Theory, MemberData(nameof(Names))]
    public void FollowsTheSchemaAndSaysWhatSpeedscopeSays(string name)
    {
        foreach (RenderOptions options in (RenderOptions[])[RenderOptions.Default, Render.All])
        {
            using var samples = new StackSamples(options);
            samples.Add(SampleDumps.Get(name));
            AssertSame(samples);
        }
    }

    [Fact]
    public void ASeriesIsTheSameInTime()
    {
        using StackSamples samples = SampleDumps.Series();
        FirefoxProfile profile = AssertSame(samples);
        Assert.Equal(50, profile.Interval);
        FirefoxProfile.ThreadTrack main = profile.Threads.Single(static t => t.Name == "Main");
        Assert.True(main.IsMain);
        Assert.Equal("tracing-ms", main.WeightType);
        // One stack in three samples: where it begins, where it was last seen, and the end.
        Assert.Equal([(0m, 100m), (100m, 50m), (150m, 0m)], main.Samples.Select(static s => (s.Time, s.Weight)));
        Assert.Null(main.Samples[^1].Stack);
    }

    [Fact]
    public void ARecordingHasTheTimeThatPassed()
    {
        using var samples = new StackSamples(RenderOptions.Default, forPeople: true);
        var recording = new Recording(RecordingMode.Wall, samples);
        DumpFrame main = Frame("Main", 1, null), work = Frame("Work", 2, null);
        recording.Add(Dump(Thread(1, "t", Running, [main], main: true)), TimeSpan.Zero);
        recording.Add(Dump(Thread(1, "t", Running, [work, main], main: true)), TimeSpan.FromMilliseconds(30));
        recording.End(TimeSpan.FromMilliseconds(45));
        FirefoxProfile profile = AssertSame(samples);
        Assert.Equal(22.5, profile.Interval);
        Assert.Equal(45, Assert.Single(profile.Threads).Samples.Sum(static s => s.Weight));
        Assert.Equal(45, profile.Threads[0].Samples[^1].Time);
    }

    [Fact]
    public void EachFrameHasItsPlaceAndItsOwner()
    {
        DumpFrame library = Platform("Contoso.Http.Poster", "Post", module: new ModuleIdentity("Contoso.Http.dll", "/app/Contoso.Http.dll", null));
        ThreadDump dump = Dump(Thread(1, null, Waiting, [Native, Platform("System.Threading.Thread", "Join"), library, Frame("Main", 19, null)], main: true));
        var profile = new FirefoxProfile(Render.With(dump, DumpFormat.Firefox, Render.All));
        FirefoxProfile.ThreadTrack thread = Assert.Single(profile.Threads);
        Assert.Equal("samples", thread.WeightType);
        Assert.Equal(
            [
                new("MyApp.Program.Main", "MyApp.dll", "/src/Program.cs", 19, "Program"),
                new("Contoso.Http.Poster.Post", "Contoso.Http.dll", null, null, "Libraries"),
                new("System.Threading.Thread.Join", "System.Private.CoreLib.dll", null, null, "Framework"),
                new("[native code]", null, null, null, "Native"),
            ],
            profile.StackOf(thread.Samples[0].Stack!.Value));
    }

    [Fact]
    public void WithoutADumpThereIsAnEmptyProfile()
    {
        using var samples = new StackSamples(RenderOptions.Default);
        Assert.Empty(new FirefoxProfile(Render.With(samples, DumpFormat.Firefox)).Threads);
        Assert.Empty(new FirefoxProfile(Render.With(Dump(), DumpFormat.Firefox)).Threads);
    }

    /// <summary>Each stack of the sum is in the tree, with its frames, once.</summary>
    [Fact]
    public void TheTreeHasEachStack()
    {
        var random = new Random(5);
        DumpFrame[] frames = [.. Enumerable.Range(0, 4).Select(static i => Frame($"F{i}", i + 1, null))];
        using var samples = new StackSamples(RenderOptions.Default);
        for (int i = 0; i < 200; i++)
            samples.Add(Dump(Thread(1, "t", Running, random.GetItems(frames, random.Next(1, 7)))));
        var tree = new StackTree(samples);
        for (int stack = 0; stack < samples.Stacks.Count; stack++)
        {
            var found = new List<int>();
            for (int node = tree.EndOf(stack); node != StackTree.None; node = tree.Callers[node])
            {
                Assert.True(tree.Callers[node] < node);
                found.Insert(0, tree.Frames[node]);
            }
            Assert.Equal(samples.Stacks[stack].ToArray(), found);
        }
        Assert.Equal(tree.Frames.Count, tree.Frames.Zip(tree.Callers).Distinct().Count());
    }

    /// <summary>Each thread and each stack has the weight that it has in the sum.</summary>
    private static FirefoxProfile AssertSame(StackSamples samples)
    {
        var profile = new FirefoxProfile(Render.With(samples, DumpFormat.Firefox));
        Assert.Equal(samples.Threads.Count + (samples.Async.Count > 0 ? 1 : 0), profile.Threads.Count);
        decimal one = samples.Interval is { } interval ? interval.Ticks / (decimal)TimeSpan.TicksPerMillisecond : 1;
        foreach ((SampledThread thread, FirefoxProfile.ThreadTrack track) in samples.Threads.Zip(profile.Threads))
        {
            Assert.Equal(thread.Name, track.Name);
            Assert.Equal(Sums(thread.Runs.Select(r => (TextOf(samples, r.Stack), r.Count * one))), Sums(track.Samples.Where(static s => s.Stack is not null).Select(s => (TextOf(profile, s.Stack!.Value), s.Weight))));
        }
        if (samples.Async.Count > 0)
        {
            Assert.Equal("async methods", profile.Threads[^1].Name);
            Assert.Equal(Sums(samples.Async.Select(s => (TextOf(samples, s.Key), samples.IsTime ? s.Value * one : s.Value))), Sums(profile.Threads[^1].Samples.Select(s => (TextOf(profile, s.Stack!.Value), s.Weight))));
        }
        return profile;
    }

    private static Dictionary<string, decimal> Sums(IEnumerable<(string Stack, decimal Weight)> samples) =>
        samples.GroupBy(static s => s.Stack).OrderBy(static g => g.Key, StringComparer.Ordinal).ToDictionary(static g => g.Key, static g => g.Sum(static s => s.Weight));

    private static string TextOf(StackSamples samples, int stack) => string.Join('\n', samples.Stacks[stack].ToArray().Select(f => $"{samples.Frames[f].Name}:{samples.Frames[f].Line}"));

    private static string TextOf(FirefoxProfile profile, int stack) => string.Join('\n', profile.StackOf(stack).Select(static f => $"{f.Name}:{f.Line ?? 0}"));
}
