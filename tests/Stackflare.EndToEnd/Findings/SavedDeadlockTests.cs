using System.Globalization;
using Stackflare.EndToEnd.Harness;
using TargetProcess = Stackflare.EndToEnd.Harness.TargetProcess;

namespace Stackflare.EndToEnd.Findings;

/// <summary>A snapshot that was saved says of locks what the live one said, where there is nothing of the program's.</summary>
public sealed class SavedDeadlockTests
{
    [Theory]
    [InFlavours(Spread.Newest, LooksAt.Locks, "Bank")]
    [InFlavours("unoptimized", LooksAt.Locks, "PriceCache")]
    [InFlavours("net11, unoptimized", LooksAt.Locks, "PriceCache")]
    [InFlavours("net9, unoptimized", LooksAt.Locks, "HaulageFirm")]
    [InFlavours("net11", LooksAt.Locks, "HaulageFirm")]
    [InFlavours(Spread.Runtimes, LooksAt.Locks, "Workshop")]
    [InFlavours("net8", LooksAt.Stacks, "Bank")]
    public async Task TheModelIsTheSame(string flavour, string shape)
    {
        using var app = new MovedApp(Flavour.Named(flavour));
        await using var target = await TargetProcess.StartAsync(app.Flavour, shape, TargetOptions.NoTrap);
        using var dumps = new LiveDumps(target);
        ThreadDump live = flavour == "net8" ? dumps.Take() : await dumps.WhenAllWaitAsync();
        string file = Path.Combine(target.TemporaryFolder, "saved");
        dumps.Capture.Save(dumps.Sample, file);
        app.RemovePdbs();
        app.RemoveAll();

        string expected = Describe(live);
        Assert.Equal(flavour != "net8", expected.Contains(" took ", StringComparison.Ordinal));
        Assert.Equal(shape != "Workshop" && flavour != "net8", expected.Contains("Deadlock: ", StringComparison.Ordinal));
        Assert.Equal(expected, Describe(SavedFile.Show(file)));
        Assert.Equal(expected, Describe(SavedFile.Show(file, app.Symbols)));
    }

    /// <summary>All that the model has of locks and waits.</summary>
    private static string Describe(ThreadDump dump)
    {
        var lines = new List<string>();
        foreach (DumpThread thread in dump.Threads)
        {
            lines.AddRange(thread.HeldLocks.Select(h => $"{thread.OsId} took {Lock(h.Lock)} {Frame(thread, h.FrameIndex)} {h.IsShared}"));
            if (thread.WaitingFor is { } wait)
            {
                lines.Add(string.Create(CultureInfo.InvariantCulture,
                    $"{thread.OsId} waits {wait.Kind} {Lock(wait.Lock)} {wait.Object} {wait.ObjectType} {wait.Joined?.OsId} {Frame(thread, wait.FrameIndex)} {wait.Timeout} {wait.AtLeast} {Ids(wait.WaitsFor)}"));
            }
        }
        lines.AddRange(dump.Deadlocks.Select(d => $"{string.Join(", ", d.Steps.Select(s => $"{s.Thread.OsId} {Lock(s.Wait.Lock)} {s.WaitsFor.OsId} {s.Frame?.Source?.Line}"))} {Ids(d.Behind)}"));
        lines.AddRange(dump.Findings.Select(f => $"{f.Kind} {f.Summary} {string.Join("; ", f.Evidence)} {Ids(f.Threads)}"));
        lines.AddRange(dump.Notes);
        return string.Join('\n', lines);
    }

    private static string Lock(DumpLock? known) =>
        known is null ? "-" : $"{known.Address} {known.Kind} {known.Type} {known.Owner?.OsId} {Ids(known.Readers)} {known.Recursion} {Ids(known.Waiters)}";

    private static string Frame(DumpThread thread, int? index) => index is { } i ? $"{i} {thread.Frames[i].Method}:{thread.Frames[i].Source?.Line}" : "-";

    private static string Ids(IEnumerable<DumpThread> threads) => $"[{string.Join(' ', threads.Select(t => t.OsId))}]";
}
