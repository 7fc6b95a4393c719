using System.Text.Json;
using System.Text.RegularExpressions;
using Stackflare.Analysis;
using Stackflare.Tests.Writers;
using Stackflare.Writers.Profiles;

namespace Stackflare.Tests.Model;

/// <summary>Frames are the same if they are printed alike, wherever the code lies; and everything that puts stacks together sees it alike.</summary>
public sealed class SameFrameTests
{
    private const int Many = 100;

    private static readonly DumpFrame Outer = Place(line: 90, ilOffset: 90);

    /// <summary>Pairs of frames, by what is different between them besides the address.</summary>
    private static readonly Dictionary<string, (DumpFrame One, DumpFrame Other, bool AreSame)> Pairs = new()
    {
        ["compiled again"] = (Place(address: 0x1000), Place(address: 0x2000), true),
        ["compiled again, without a line"] = (Place(address: 0x1000, line: null), Place(address: 0x2000, line: null), true),
        ["compiled again, without an offset"] = (Place(address: 0x1000, ilOffset: null, line: null), Place(address: 0x2000, ilOffset: null, line: null), true),
        ["a dynamic method"] = (Dynamic("Compiled", 0x1000), Dynamic("Compiled", 0x2000), true),
        ["native code"] = (NativeRun(), NativeRun(), true),
        ["an async method"] = (Place(kind: FrameKind.Async), Place(kind: FrameKind.Async), true),
        ["another line"] = (Place(), Place(line: 13), false),
        ["another file"] = (Place(), Place(path: "/src/Other.cs"), false),
        ["another offset of the line"] = (Place(), Place(ilOffset: 8), true),
        ["another offset, without a line"] = (Place(line: null), Place(line: null, ilOffset: 8), true),
        ["a line that was lost"] = (Place(), Place(ilOffset: null, line: null), false),
        ["another method"] = (Place(), Place(name: "Stop", token: 0x06000002), false),
        ["an overload"] = (Place(), Place(parameters: "Int32 n", token: 0x06000002), false),
        ["another build of the module"] = (Place(), Place(module: Build.App with { Mvid = Guid.Empty }), true),
        ["a method of the same name in another module, without a line"] = (Place(line: null), Place(line: null, module: Build.App with { Name = "Other.dll" }), false),
        ["a method of the same name in another type"] = (Place(), Place(type: "MyApp.Other", token: 0x06000002), false),
        ["other type arguments"] = (Place(arguments: ["System.Int32"]), Place(arguments: ["System.Int64"]), true),
        ["more type arguments"] = (Place(arguments: ["System.Int32"]), Place(arguments: ["System.Int32", "System.Int64"]), true),
        ["another dynamic method"] = (Dynamic("Compiled", 0x1000), Dynamic("Other", 0x1000), false),
        ["on a thread and awaited"] = (Place(), Place(kind: FrameKind.Async), false),
    };

    public static TheoryData<string> All => [.. Pairs.Keys];

    [Theory, MemberData(nameof(All))]
    public void TheDefinition(string difference)
    {
        var (one, other, areSame) = Pairs[difference];
        Assert.NotSame(one, other);
        Assert.Equal(areSame, SameFrame.Comparer.Equals(one, other));
        Assert.Equal(areSame, SameFrame.Comparer.Equals(other, one));
        Assert.Equal(areSame, SameFrame.AreSame([one, Outer], [other, Outer]));
        Assert.True(SameFrame.Comparer.Equals(one, one));
        if (areSame)
        {
            Assert.Equal(SameFrame.Comparer.GetHashCode(one), SameFrame.Comparer.GetHashCode(other));
            Assert.Equal(SameFrame.HashOf([one, Outer]), SameFrame.HashOf([other, Outer]));
        }
    }

    [Fact]
    public void StacksOfDifferentLengthsAreNotTheSame()
    {
        DumpFrame frame = Place();
        Assert.False(SameFrame.AreSame([frame, frame], [frame]));
        Assert.False(SameFrame.AreSame([frame], new List<DumpFrame> { frame, frame }));
        Assert.True(SameFrame.AreSame([frame], new List<DumpFrame> { Place(address: 0x2000) }));
    }

    /// <summary>The formats for people, with and without the frames that are hidden.</summary>
    [Theory, MemberData(nameof(All))]
    public void ThreadsAreOneGroupIfTheirFramesAreTheSame(string difference)
    {
        var (one, other, areSame) = Pairs[difference];
        ThreadDump dump = Build.Dump(Build.Thread(1, "a", ThreadActivity.Waiting, [one, Outer]), Build.Thread(2, "b", ThreadActivity.Waiting, [other, Outer]));
        foreach (RenderOptions options in new[] { RenderOptions.Default, Render.All })
        {
            Assert.Equal(areSame, Render.Text(dump, options).Contains("2 threads with this stack:", StringComparison.Ordinal));
            Assert.Equal(areSame ? 1 : 2, Regex.Count(Render.Traceback(dump, options), "(?m)^  File .* line 90, "));
        }
    }

    [Theory, MemberData(nameof(All))]
    public void ThreadsThatRunForTheSameCallersAreOneGroup(string difference)
    {
        var (one, other, areSame) = Pairs[difference];
        DumpThread first = Build.Thread(1, "a", ThreadActivity.Waiting, [Outer]), second = Build.Thread(2, "b", ThreadActivity.Waiting, [Outer]);
        (first.AsyncCallers, second.AsyncCallers) = ([one], [other]);
        Assert.Equal(areSame, Render.Text(Build.Dump(first, second)).Contains("2 threads with this stack:", StringComparison.Ordinal));
    }

    [Theory, MemberData(nameof(All))]
    public void TheFindingOfManyThreadsCountsThemTogether(string difference)
    {
        var (one, other, areSame) = Pairs[difference];
        DumpThread[] threads = [.. Enumerable.Range(1, Many).Select(i => Build.Thread(i, null, ThreadActivity.Waiting, [i % 2 == 0 ? one : other, Outer]))];
        Assert.Equal(areSame ? [Many] : [], ManyAlikeFindings.In(Build.Dump(threads)).Select(f => f.Threads.Count));
    }

    /// <summary>A stub of the runtime between two frames of the program is not there once the caller was compiled again.</summary>
    [Fact]
    public void TheFindingDoesNotLookAtWhatIsHidden()
    {
        DumpThread[] threads = [.. Enumerable.Range(1, Many).Select(i => Build.Thread(i, null, ThreadActivity.Waiting, i % 2 == 0 ? [Place(), NativeRun(), Outer] : [Place(), Outer]))];
        Assert.Equal(Many, Assert.Single(ManyAlikeFindings.In(Build.Dump(threads))).Threads.Count);
    }

    [Theory, MemberData(nameof(All))]
    public void AsyncStacksAreAlikeIfTheirFramesAreTheSame(string difference)
    {
        var (one, other, areSame) = Pairs[difference];
        AsyncStack first = Build.Stack(Build.For(AsyncWaitKind.Delay), one, Outer), second = Build.Stack(Build.For(AsyncWaitKind.Delay), other, Outer);
        Assert.Equal(areSame, SameAsyncStack.Comparer.Equals(first, second));
        Assert.Equal(areSame ? 1 : 2, AsyncStackGroup.Group([first, second]).Count);
    }

    /// <summary>A recursion that was compiled again on its way is one.</summary>
    [Fact]
    public void ARecursionIsFoldedAcrossCodes()
    {
        DumpFrame[] stack = [.. Enumerable.Range(0, 10).Select(i => Place(address: i < 6 ? 0x2000ul : 0x1000)), Outer];
        Assert.Contains("... the frame above repeated 9 more times\n", Render.Text(Build.Dump(Build.Thread(1, "a", ThreadActivity.Running, stack))), StringComparison.Ordinal);
    }

    /// <summary>Threads add up in the formats for profiles too.</summary>
    [Fact]
    public void CodesAreOneFrameInProfiles()
    {
        var samples = new StackSamples(RenderOptions.Default);
        foreach (ulong address in new ulong[] { 0x1000, 0x2000 })
            samples.Add(Build.Dump(Build.Thread(1, "a", ThreadActivity.Running, [Place(address: address), Outer])));
        Assert.Equal("a;MyApp.Program.Run;MyApp.Program.Run 2\n", Render.With(samples, DumpFormat.Folded));
        Assert.Equal(2, samples.Frames.Count);
        Assert.Equal(1, samples.Stacks.Count);
    }

    [Fact]
    public void JsonKeepsEachAddress()
    {
        ThreadDump dump = Build.Dump(
            Build.Thread(1, "a", ThreadActivity.Running, [Place(address: 0x1000)]), Build.Thread(2, "b", ThreadActivity.Running, [Place(address: 0x2000)]));
        using JsonDocument json = JsonDocument.Parse(Render.Json(dump));
        Assert.Equal(["0x1000", "0x2000"], json.RootElement.GetProperty("frames").EnumerateArray().Select(f => f.GetProperty("address").GetString()));
    }

    private static DumpFrame Place(ulong address = 0x1000, int? ilOffset = 7, int? line = 12, string path = "/src/Program.cs", string name = "Run", string type = "MyApp.Program",
        string parameters = "", int token = 0x06000001, ModuleIdentity? module = null, FrameKind kind = FrameKind.Managed, IReadOnlyList<string>? arguments = null) => new()
        {
            Kind = kind,
            Method = new MethodName(type, name, "", parameters),
            Source = line is { } l ? new SourceLocation(path, l, 9, null, SourceTextOrigin.NotRequested) : null,
            Symbols = line is null ? SymbolStatus.NoPdb : SymbolStatus.Found,
            Module = module ?? Build.App,
            MetadataToken = token,
            ILOffset = ilOffset,
            Address = new CodeAddress(address),
            TypeArguments = arguments ?? [],
        };

    private static DumpFrame Dynamic(string name, ulong address) => new()
    {
        Kind = FrameKind.Dynamic,
        Method = new MethodName("", name, "", null),
        Symbols = SymbolStatus.NotApplicable,
        Address = new CodeAddress(address),
    };

    private static DumpFrame NativeRun() => new() { Kind = FrameKind.Native, Method = new MethodName("", "[native code]", "", null), Symbols = SymbolStatus.NotApplicable, IsHidden = true };
}
