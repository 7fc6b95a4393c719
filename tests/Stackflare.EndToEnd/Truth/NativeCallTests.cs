using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Truth;

/// <summary>A thread in native code is in a method that the program declared: it is the innermost frame.</summary>
public sealed class NativeCallTests
{
    private const string Reads = "Stackflare.Targets.Common.NativeReads.";

    /// <summary>The innermost frames of each thread. A call through a pointer or a delegate has no method of its own.</summary>
    private static readonly Dictionary<string, string?> Innermost = new()
    {
        ["native"] = "Stackflare.Targets.Common.Libc.read",
        ["native: renamed"] = Reads + "Fetch",
        ["native: with error"] = Reads + "FetchWithError",
        ["native: with array"] = Reads + "FetchInto",
        ["native: generated"] = Reads + "FetchGenerated",
        ["native: generated without work"] = Reads + "FetchPlainly",
        ["native: made"] = Reads + "Fetch",
        ["native: pointer"] = null,
        ["native: delegate"] = null,
    };

    [Theory]
    [InFlavours(Spread.Code, LooksAt.Ids)]
    public async Task TheCalledMethodIsTheInnermostFrame(string flavour)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "NativeCall");
        var dump = await target.WholeDumpAsync();
        Assert.All(target.Truth.Threads, thread => thread.AssertIn(dump));
        Assert.All(Innermost, expected =>
        {
            JsonFrame[] visible = Visible(dump.Of(target.Truth.Named(expected.Key)));
            Assert.Equal(expected.Value is null ? [] : [expected.Value], visible.TakeWhile(f => !IsCaller(f) && f.Kind != "dynamic").Select(f => f.FullName));
            // The calling frame has the line.
            Assert.NotNull(visible.First(IsCaller).Line);
        });
        Assert.Equal([".MadeFetch"], Visible(dump.Of(target.Truth.Named("native: made"))).Skip(1).TakeWhile(f => !IsCaller(f)).Select(f => f.FullName));
        JsonFrame renamed = Visible(dump.Of(target.Truth.Named("native: renamed")))[0];
        Assert.Equal(("pinvoke", "notApplicable", null), (renamed.Kind, renamed.Symbols, renamed.Line));
    }

    [Theory]
    [InFlavours(Spread.Runtimes, LooksAt.Ids)]
    public async Task ACallThatCalledBackIsBetweenItsCallersAndWhatItCalled(string flavour)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "NativeCall");
        var dump = await target.WholeDumpAsync();
        string[] calls = [.. Visible(dump.Of(target.Truth.Named("called back"))).Select(f => f.FullName).SkipWhile(n => !n.EndsWith(".Callee.Park", StringComparison.Ordinal))];
        int sort = Array.IndexOf(calls, Reads + "Sort"), caller = Array.IndexOf(calls, "Stackflare.Targets.Shapes.NativeCall.CallBack");
        Assert.True(sort > 0 && sort < caller, string.Join('\n', calls));
        Assert.Single(dump.Of(target.Truth.Named("called back")).Frames, f => f.Kind == "pinvoke");
    }

    private static JsonFrame[] Visible(JsonThread thread) => [.. thread.Frames.Where(f => !f.IsHidden)];

    /// <summary>Whether the frame is the method that makes the call. A lambda that only calls can jump instead, and has no frame.</summary>
    private static bool IsCaller(JsonFrame frame) =>
        ((string[])[".lambda", Reads + "Repeat", ".ReadForever"]).Any(name => frame.FullName.Contains(name, StringComparison.Ordinal));
}
