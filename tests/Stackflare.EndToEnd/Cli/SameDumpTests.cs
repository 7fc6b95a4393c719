using System.Text;
using System.Text.RegularExpressions;
using Stackflare.EndToEnd.Cli.Harness;
using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Cli;

/// <summary>The tool sees from outside what the library sees from within.</summary>
public sealed partial class SameDumpTests
{
    private const int TextSignal = Kernel.Usr2;
    private const string TextTrap = "signal=usr2;output=stderr;format=text;group=false;fold=false";

    /// <summary>Every flavour with the shapes that stand still in it, and every further shape with the runtimes that it is different on.</summary>
    public static TheoryData<string, string> Matrix
    {
        get
        {
            TheoryData<string, string> rows = Flavours.WithShapes(Spread.All, LooksAt.Stacks, Flavours.StillShapes);
            rows.AddRange(Flavours.WithShapes(Spread.Runtimes, LooksAt.Stacks, "GuestRooms", "ExceptionInFlight", "AllDeadlocked", "PoolSaturated"));
            rows.AddRange(Flavours.WithShapes(Spread.Newest, LooksAt.Stacks, "DeepRecursion", "ManyThreads"));
            rows.Add("untiered", "GuestRooms");
            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Matrix))]
    public async Task JsonIsTheLibrarysOwn(string flavour, string shape)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), shape);
        var own = await target.WholeDumpAsync();
        var dump = await Tool.DumpAsync(target);

        Assert.Equal(target.Pid, dump.ProcessId);
        Assert.Equal(own.Notes.Where(IsLasting), dump.Notes.Where(IsLasting));
        Assert.Equal(own.Threads.Where(t => t.IsOwn).Select(t => t.OsId), dump.Threads.Where(t => t.IsOwn).Select(t => t.OsId));
        foreach (var property in new[] { "id", "name", "runtimeVersion", "platform" })
            Assert.Equal(own.Root.GetProperty("process").GetProperty(property).ToString(), dump.Root.GetProperty("process").GetProperty(property).ToString());

        int[] still = [target.Pid, .. target.Truth.Threads.Select(t => t.OsId)];
        Assert.All(still, id => Assert.Equal(own.Threads.Single(t => t.OsId == id).Everything, dump.Threads.Single(t => t.OsId == id).Everything));
    }

    /// <summary>How much memory a program has, it has at one moment: a single-file program that is compressed has about as much as is looked through unasked.</summary>
    private static bool IsLasting(string note) => !note.StartsWith("Async stacks are not included", StringComparison.Ordinal);

    [Theory]
    [InFlavours(Spread.All, LooksAt.Stacks)]
    public async Task TextIsTheLibrarysOwn(string flavour)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "NamedThreads", TargetOptions.WithTrap(TextTrap));
        string[] names = ["Main", .. target.Truth.Threads.Select(t => Flavour.Named(flavour).Has(LooksAt.Ids) ? t.Name! : t.Name![..Math.Min(15, t.Name!.Length)])];
        target.Signal(TextSignal);
        var own = await target.Errors.WaitAsync(
            bytes => new TextDump(Encoding.UTF8.GetString(bytes.Span)) is var text && names.All(text.HasWhole) ? text : null,
            "the stacks of all threads");
        var dump = new TextDump((await Tool.RunAsync($"{target.Pid}", "--no-group")).Output);
        Assert.All(names, name => Assert.Equal(Comparable(own, name), Comparable(dump, name)));
    }

    /// <summary>A program that does not carry the library.</summary>
    [Theory]
    [InlineData("plain")]
    [InlineData("plain, net11")]
    public async Task AProgramThatKnowsNothingOfStackflareIsDumpedAsWell(string flavour)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "NamedThreads", TargetOptions.NoTrap);
        var dump = await Tool.DumpAsync(target);
        Assert.All(target.Truth.Threads, thread => thread.AssertIn(dump));
        Flavour.Named(flavour).AssertNotes(dump.Notes);
        Assert.Equal($"{Flavour.Named(flavour).RuntimeMajor}.0", string.Join('.', dump.Root.GetProperty("process").GetProperty("runtimeVersion").GetString()!.Split('.')[..2]));
    }

    private static string Comparable(TextDump dump, string name) => Passing().Replace(string.Join('\n', dump.BlockOf(name)), "N");

    /// <summary>Times, and where the garbage collector has put objects.</summary>
    [GeneratedRegex(@"cpu=\w+|, for at least \w+|<0x\w+>")]
    private static partial Regex Passing();
}
