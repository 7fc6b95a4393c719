namespace Stackflare.EndToEnd.Harness;

/// <summary>One build of the shapes program.</summary>
/// <param name="Name">Its name in test lists.</param>
/// <param name="Executable">The program.</param>
/// <param name="RuntimeMajor">The runtime that it runs on.</param>
/// <param name="TieredCompilation">Whether it starts with quickly compiled code; without, all code is optimized from the start.</param>
internal sealed record Flavour(string Name, string Executable, int RuntimeMajor, bool TieredCompilation = true)
{
    public static Flavour Optimized { get; } = new("optimized", Shapes("Shapes", "net10.0"), 10);

    /// <summary>As <see cref="Optimized"/>, but the first code of each method is fully optimized code.</summary>
    public static Flavour Untiered { get; } = new("untiered", Shapes("Shapes", "net10.0"), 10, TieredCompilation: false);

    public static Flavour Unoptimized { get; } = new("unoptimized", Shapes("Shapes.Unoptimized", "net10.0"), 10);

    public static Flavour Net8 { get; } = new("net8", Shapes("Shapes.SelfContained", "net8.0/linux-x64"), 8);

    public static Flavour Net9 { get; } = new("net9", Shapes("Shapes.SelfContained", "net9.0/linux-x64"), 9);

    public static Flavour Net9Unoptimized { get; } = new("net9, unoptimized", Shapes("Shapes.SelfContainedUnoptimized", "net9.0/linux-x64"), 9);

    public static Flavour Net10 { get; } = new("net10", Shapes("Shapes.SelfContained", "net10.0/linux-x64"), 10);

    public static Flavour SingleFile { get; } = new("single file", Shapes("Shapes.SingleFile", "net10.0/linux-x64/publish"), 10);

    public static Flavour SingleFileCompressed { get; } =
        new("single file, compressed", Shapes("Shapes.SingleFile", "net10.0/linux-x64/publish-compressed"), 10);

    public static Flavour SingleFileShared { get; } =
        new("single file, shared runtime", Shapes("Shapes.SingleFileShared", "net10.0/linux-x64/publish"), 10);

    /// <summary>A program that does not reference the library.</summary>
    public static Flavour Plain { get; } = new("plain", Path.Combine(TestPaths.TargetOutput("Plain", "net10.0"), "Plain"), 10);

    public static IReadOnlyList<Flavour> All { get; } =
        [Optimized, Untiered, Unoptimized, Net8, Net9, Net10, SingleFile, SingleFileCompressed, SingleFileShared];

    public static Flavour Named(string name) => name == Net9Unoptimized.Name ? Net9Unoptimized : All.Single(f => f.Name == name);

    public override string ToString() => Name;

    private static string Shapes(string project, string framework) => Path.Combine(TestPaths.TargetOutput(project, framework), "Shapes");
}
