using System.Text;
using System.Text.RegularExpressions;
using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Truth;

/// <summary>The text format prints frames as .NET prints them in an exception.</summary>
public sealed partial class TextTests
{
    private const string TextTrap = "signal=usr1;output=stderr;format=text;group=false;fold=false";

    [Theory]
    [InFlavours(Spread.Runtimes, LooksAt.Stacks, "NamedThreads")]
    [InFlavours("untiered", LooksAt.Stacks, "NamedThreads")]
    [InFlavours("unoptimized", LooksAt.Stacks, "NamedThreads")]
    [InFlavours(Spread.Newest, LooksAt.Stacks, "LanguageMembers")]
    [InFlavours("untiered", LooksAt.Stacks, "LanguageMembers")]
    [InFlavours("unoptimized", LooksAt.Stacks, "LanguageMembers")]
    [InFlavours("net11, unoptimized", LooksAt.Stacks, "LanguageMembers")]
    public async Task FramesAreThoseOfAStackTrace(string flavour, string shape)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), shape, TargetOptions.WithTrap(TextTrap));
        target.Signal();
        string[] names = [.. target.Truth.Threads.Select(t => Flavour.Named(flavour).Has(LooksAt.Ids) ? t.Name! : t.Name![..Math.Min(15, t.Name!.Length)])];
        var dump = await target.Errors.WaitAsync(
            bytes => new TextDump(Encoding.UTF8.GetString(bytes.Span)) is var text && names.All(text.HasWhole) ? text : null,
            "the stacks of all threads");

        Assert.All(target.Truth.Threads.Zip(names).Where(pair => !IsWrong(pair.First.Trace)), pair =>
        {
            string[] expected = [.. pair.First.Trace.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(l => !IsOuter(l))];
            Assert.Equal(expected.Select(Comparable), dump.FramesOf(pair.Second).Select(Comparable));
        });
    }

    /// <summary>The framework's frames that call the program, which a dump leaves out.</summary>
    private static bool IsOuter(string frame) => frame.StartsWith("   at System.Threading.Thread.StartCallback(", StringComparison.Ordinal)
        || frame.StartsWith("   at System.Threading.Thread.StartHelper.", StringComparison.Ordinal)
        || frame.StartsWith("   at System.Runtime.CompilerServices.AsyncMethodBuilderCore.Start", StringComparison.Ordinal);

    /// <summary>
    /// Where a stack trace is no truth: of a method whose handler runs, it has the line in the try block; of some callers in optimized code, the line of another
    /// statement; of code that is made at run time, names of its own. The programs' marks are the truth of these.
    /// </summary>
    private static bool IsWrong(string trace) => ((string[])[".Handlers.", ".CallingMethods.", ".DynamicCode."]).Any(shape => trace.Contains(shape, StringComparison.Ordinal));

    /// <summary>A method that the compiler named, or whose accessor name a dump spells as its author did, is compared by its line alone.</summary>
    private static string Comparable(string frame)
    {
        var method = frame.Split(" in ")[0];
        return CompilersOrAccessor().IsMatch(method) ? frame[method.Length..] : frame;
    }

    [GeneratedRegex(@"[<|]|\.lambda\(|\.(get|set|add|op)_\w+\(|\.(get|set|add)\(|operator|\.I[A-Z]\w*\.\w+\(")]
    private static partial Regex CompilersOrAccessor();
}
