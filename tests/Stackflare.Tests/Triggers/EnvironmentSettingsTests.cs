using Stackflare.Triggers;

namespace Stackflare.Tests.Triggers;

public sealed class EnvironmentSettingsTests
{
    [Fact]
    public void EveryFormatCanBeSetAndIsNamedInTheRemedy()
    {
        string remedy = Assert.Throws<StackflareException>(() => Read(("STACKFLARE_FORMAT", "xml"))).Remedy;
        foreach (var format in Enum.GetValues<DumpFormat>())
        {
            string name = format.ToString().ToLowerInvariant();
            Assert.Equal(format, Read(("STACKFLARE_FORMAT", name)).Signal.Format);
            Assert.Contains(name, remedy, StringComparison.Ordinal);
        }
    }

    /// <summary>A list of formats is none, although two of an enumeration's names make a third one's number.</summary>
    [Theory]
    [InlineData("STACKFLARE_FORMAT", "traceback,json")]
    [InlineData("STACKFLARE_FORMAT", "text,text")]
    [InlineData("STACKFLARE_FORMAT", "2")]
    [InlineData("STACKFLARE_FORMAT", " json")]
    [InlineData("STACKFLARE_SIGNAL", "SIGKILL")]
    [InlineData("STACKFLARE_SIGNAL", "now")]
    [InlineData("STACKFLARE_ASYNC", "maybe")]
    [InlineData("STACKFLARE_ASYNC", "1")]
    [InlineData("STACKFLARE_CHAIN", "yes please")]
    [InlineData("STACKFLARE_OUTPUT", "stderr;")]
    [InlineData("STACKFLARE_MAX_FILES", "0")]
    [InlineData("STACKFLARE_WATCH", "shutdown,everything")]
    [InlineData("STACKFLARE_WATCH", "threadpool,")]
    [InlineData("STACKFLARE_POOL_THRESHOLD_MS", "0")]
    [InlineData("STACKFLARE_MAX_THREADS", "many")]
    [InlineData("STACKFLARE_MAX_THREADS", "-1")]
    [InlineData("STACKFLARE_MAX_THREADS", "99999999999")]
    [InlineData("STACKFLARE_MAX_PAUSE_MS", "0")]
    [InlineData("STACKFLARE_TIMEOUT_MS", "1.5")]
    public void AnInvalidValueIsRefusedWithItsVariable(string name, string value)
    {
        var e = Assert.Throws<StackflareException>(() => Read((name, value)));
        Assert.Equal(name == "STACKFLARE_SIGNAL" ? StackflareError.InvalidSignal : StackflareError.InvalidSetting, e.Error);
        Assert.StartsWith($"{name} is '{value}'", e.Message, StringComparison.Ordinal);
        Assert.NotEmpty(e.Remedy);
    }

    [Fact]
    public void ALimitSaysWhatItAllows() => Assert.Equal(
        "Set it to a number of milliseconds. MaxPause must be from 1 ms to 10000 ms.",
        Assert.Throws<StackflareException>(() => Read(("STACKFLARE_MAX_PAUSE_MS", "10001"))).Remedy);

    [Fact]
    public void NoVariableMeansTheDefaults() => Assert.Equal(new SignalOptions(), Read(("STACKFLARE_ASYNC", "")).Signal);

    /// <summary>Each option has a variable; the callback for errors cannot have one.</summary>
    [Fact]
    public void EveryOptionHasAVariable()
    {
        HookSettings settings = Read(
            ("STACKFLARE_SIGNAL", "SIGUSR2"), ("STACKFLARE_OUTPUT", "/tmp/{pid}.txt"), ("STACKFLARE_FORMAT", "json"), ("STACKFLARE_CHAIN", "1"), ("STACKFLARE_ASYNC", "always"),
            ("STACKFLARE_SOURCE_TEXT", "0"), ("STACKFLARE_GROUP", "off"), ("STACKFLARE_FOLD", "false"), ("STACKFLARE_SHOW_HIDDEN", "on"), ("STACKFLARE_REDACT", "1"), ("STACKFLARE_MAX_THREADS", "1"),
            ("STACKFLARE_MAX_FRAMES_PER_THREAD", "2"), ("STACKFLARE_MAX_FRAMES", "3"), ("STACKFLARE_MAX_SNAPSHOT_BYTES", "65536"), ("STACKFLARE_MAX_PAUSE_MS", "4"),
            ("STACKFLARE_TIMEOUT_MS", "50"), ("STACKFLARE_WARMUP", "off"), ("STACKFLARE_MAX_FILES", "2"), ("STACKFLARE_MAX_FILE_BYTES", "100"), ("STACKFLARE_WATCH", "shutdown,deadlock"), ("STACKFLARE_LISTEN", "unix:/tmp/s"),
            ("STACKFLARE_POOL_THRESHOLD_MS", "1"), ("STACKFLARE_SHUTDOWN_TIMEOUT_MS", "2"), ("STACKFLARE_DEADLOCK_INTERVAL_MS", "3"));
        SignalOptions options = settings.Signal;
        AssertAllDiffer(new HookSettings(), settings);
        AssertAllDiffer(new FileRotation(), settings.Rotation!);
        AssertAllDiffer(new SignalOptions(), options, nameof(SignalOptions.OnError));
        AssertAllDiffer(new CaptureOptions(), options.Capture, nameof(CaptureOptions.AllowMainProfiler));
        AssertAllDiffer(new DumpLimits(), options.Capture.Limits);
        AssertAllDiffer(new RenderOptions(), options.Render);
        Assert.Equal((AsyncStackMode.Always, false, TimeSpan.FromMilliseconds(4)), (options.Capture.AsyncStacks, options.Render.FoldRecursion, options.Capture.Limits.MaxPause));
    }

    [Fact]
    public void EveryVariableIsInTheDocumentation()
    {
        string page = File.ReadAllText(Path.Combine(Golden.RepositoryRoot, "docs", "variables.md"));
        Assert.All(EnvironmentSettings.Names, name => Assert.Contains($"| `{name}` |", page, StringComparison.Ordinal));
    }

    /// <param name="before">The defaults.</param>
    /// <param name="after">With every variable set.</param>
    /// <param name="except">What has no variable, or one that other code reads.</param>
    private static void AssertAllDiffer(object before, object after, params string[] except) =>
        Assert.All(before.GetType().GetProperties().Where(p => p.GetMethod is { IsStatic: false } && !except.Contains(p.Name)), p => Assert.NotEqual(p.GetValue(before), p.GetValue(after)));

    private static HookSettings Read(params (string Name, string Value)[] variables) =>
        EnvironmentSettings.Read(name => variables.FirstOrDefault(v => v.Name == name).Value);
}
