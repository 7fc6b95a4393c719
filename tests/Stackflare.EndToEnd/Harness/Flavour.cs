namespace Stackflare.EndToEnd.Harness;

/// <summary>One build of the shapes program, and what it runs on.</summary>
/// <param name="Name">Its name in test lists.</param>
/// <param name="Executable">The program.</param>
/// <param name="RuntimeMajor">The runtime that it runs on.</param>
internal sealed record Flavour(string Name, string Executable, int RuntimeMajor)
{
    /// <summary>A DOTNET_ROOT with .NET 11 and ASP.NET Core 11 and nothing else.</summary>
    private static readonly string Root11 = Path.Combine(TestPaths.TargetOutput("Runtime11", "net10.0"), "dotnet");

    /// <summary>The first and the last runtime on which it can be seen.</summary>
    private static readonly (LooksAt What, int First, int Last)[] Known =
    [
        (LooksAt.Stacks, 8, 11),
        (LooksAt.Ids, 9, 11),
        (LooksAt.Pool, 9, 11),
        (LooksAt.Locks, 9, 11),
        (LooksAt.Async, 9, 11),
        (LooksAt.StateMachines, 9, 11),
        (LooksAt.Debugger, 8, 11),
        (LooksAt.Cores, 10, 11),
    ];

    public static Flavour Net8 { get; } = new("net8", Shapes("Shapes.SelfContained", "net8.0/linux-x64"), 8);

    public static Flavour Net9 { get; } = new("net9", Shapes("Shapes.SelfContained", "net9.0/linux-x64"), 9);

    public static Flavour Net9Unoptimized { get; } =
        new("net9, unoptimized", Shapes("Shapes.SelfContainedUnoptimized", "net9.0/linux-x64"), 9) { IsOptimized = false };

    public static Flavour Optimized { get; } = new("optimized", Shapes("Shapes", "net10.0"), 10);

    /// <summary>As <see cref="Optimized"/>, but the first code of each method is fully optimized code.</summary>
    public static Flavour Untiered { get; } = Optimized with { Name = "untiered", TieredCompilation = false };

    public static Flavour Unoptimized { get; } = new("unoptimized", Shapes("Shapes.Unoptimized", "net10.0"), 10) { IsOptimized = false };

    public static Flavour SingleFile { get; } = new("single file", Shapes("Shapes.SingleFile", "net10.0/linux-x64/publish"), 10) { IsSingleFile = true };

    public static Flavour SingleFileCompressed { get; } =
        new("single file, compressed", Shapes("Shapes.SingleFile", "net10.0/linux-x64/publish-compressed"), 10) { IsSingleFile = true };

    public static Flavour SingleFileShared { get; } =
        new("single file, shared runtime", Shapes("Shapes.SingleFileShared", "net10.0/linux-x64/publish"), 10) { IsSingleFile = true };

    /// <summary>The program that is built for .NET 10, on a shared .NET 11.</summary>
    public static Flavour Net11 { get; } = Optimized.OnNet11("net11");

    public static Flavour Net11Untiered { get; } = Untiered.OnNet11("net11, untiered");

    public static Flavour Net11Unoptimized { get; } = Unoptimized.OnNet11("net11, unoptimized");

    public static Flavour Net11SelfContained { get; } = new("net11, self-contained", Shapes("Shapes.Net11", "net10.0/linux-x64"), 11);

    public static Flavour Net11SingleFile { get; } =
        new("net11, single file", Shapes("Shapes.Net11SingleFile", "net10.0/linux-x64/publish"), 11) { IsSingleFile = true };

    public static Flavour Net11SingleFileCompressed { get; } =
        new("net11, single file, compressed", Shapes("Shapes.Net11SingleFile", "net10.0/linux-x64/publish-compressed"), 11) { IsSingleFile = true };

    /// <summary>Compiled for async methods that the runtime suspends itself.</summary>
    public static Flavour RuntimeAsync { get; } = new("net11, runtime async", Shapes("Shapes.RuntimeAsync", "net10.0"), 11) { Root = Root11 };

    public static Flavour RuntimeAsyncUntiered { get; } = RuntimeAsync with { Name = "net11, runtime async, untiered", TieredCompilation = false };

    /// <summary>As .NET 10 does it for trial, where a variable says so.</summary>
    public static Flavour RuntimeAsyncOnNet10 { get; } = RuntimeAsync with { Name = "net10, runtime async", RuntimeMajor = 10, Root = null };

    /// <summary>A program that does not reference the library.</summary>
    public static Flavour Plain { get; } = new("plain", Path.Combine(TestPaths.TargetOutput("Plain", "net10.0"), "Plain"), 10);

    public static Flavour PlainOnNet11 { get; } = Plain.OnNet11("plain, net11");

    /// <summary>Another program, in F#.</summary>
    public static Flavour FSharp { get; } = new("F#", Path.Combine(TestPaths.TargetOutput("FSharpTasks", "net10.0"), "FSharpTasks"), 10);

    public static Flavour FSharpOnNet11 { get; } = FSharp.OnNet11("F#, net11");

    /// <summary>Whether the C# compiler optimized it.</summary>
    public bool IsOptimized { get; private init; } = true;

    /// <summary>Whether it starts with quickly compiled code; without, all code is optimized from the start.</summary>
    public bool TieredCompilation { get; private init; } = true;

    /// <summary>Whether its assemblies are no files.</summary>
    public bool IsSingleFile { get; private init; }

    /// <summary>Where it finds its runtime, if not where the machine's is.</summary>
    private string? Root { get; init; }

    /// <summary>The variables that it is started with.</summary>
    public IEnumerable<(string Name, string Value)> Environment
    {
        get
        {
            if (!TieredCompilation)
                yield return ("DOTNET_TieredCompilation", "0");
            if (this == RuntimeAsyncOnNet10)
                yield return ("DOTNET_RuntimeAsync", "1");
            if (Root is null)
                yield break;
            // It counts more than DOTNET_ROOT, which the machine may need.
            yield return ("DOTNET_ROOT_X64", Root);
            yield return ("DOTNET_ROLL_FORWARD", "Major");
        }
    }

    public static Flavour Named(string name) => Flavours.Named(name);

    /// <summary>Whether all of it can be seen on this runtime.</summary>
    public bool Has(LooksAt what) => Known.All(k => !what.HasFlag(k.What) || (RuntimeMajor >= k.First && RuntimeMajor <= k.Last));

    /// <summary>Fails unless a dump says what is not there, and nothing else.</summary>
    public void AssertNotes(IReadOnlyList<string> notes)
    {
        if (RuntimeMajor == 8)
        {
            Assert.Equal(2, notes.Count);
            Assert.All(notes, note => Assert.Matches(@"\.NET 8\b", note));
        }
        else if (Has(LooksAt.Ids | LooksAt.Pool | LooksAt.Locks | LooksAt.Async))
        {
            Assert.Empty(notes);
        }
    }

    private Flavour OnNet11(string name) => this with { Name = name, RuntimeMajor = 11, Root = Root11 };

    public override string ToString() => Name;

    private static string Shapes(string project, string framework) => Path.Combine(TestPaths.TargetOutput(project, framework), "Shapes");
}
