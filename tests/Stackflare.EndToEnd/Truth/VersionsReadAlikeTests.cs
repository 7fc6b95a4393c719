using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Text.RegularExpressions;
using Stackflare.Analysis;
using Stackflare.EndToEnd.Harness;
using Stackflare.EndToEnd.Locks;
using Stackflare.Symbols.Names;

namespace Stackflare.EndToEnd.Truth;

/// <summary>A program's dump has the same lines on .NET 9, 10 and 11, whatever the platform does below a wait.</summary>
public sealed partial class VersionsReadAlikeTests
{
    /// <summary>
    /// What .NET 9 does in native code that the program's method calls directly: there is no frame of the platform's, so what is waited for is said under the
    /// program's, and nothing tells of a join with a time limit.
    /// </summary>
    private static readonly string[] WithoutFrameOn9 = ["enter", "static enter", "join timeout"];

    [Theory]
    [InlineData("Locks")]
    [InlineData("Waits")]
    public async Task EachThreadHasTheSameLines(string shape)
    {
        var on10 = await LinesAsync(Flavour.Optimized, shape);
        foreach (Flavour other in new[] { Flavour.Net9, Flavour.Net11 })
        {
            var lines = await LinesAsync(other, shape);
            Assert.Equal(on10.Keys, lines.Keys);
            Assert.All(on10, thread =>
            {
                string[] expected = thread.Value, actual = lines[thread.Key];
                if (!other.Has(LooksAt.Locks) || (other.RuntimeMajor == 9 && thread.Key == "join timeout"))
                    (expected, actual) = (Without(expected, IsNote), Without(actual, IsNote));
                if (other.RuntimeMajor == 9 && WithoutFrameOn9.Contains(thread.Key))
                    (expected, actual) = ([.. Without(expected, IsOfPlatform).Order()], [.. actual.Order()]);
                Assert.True(expected.SequenceEqual(actual), $"{thread.Key} on {other}:\n{string.Join('\n', actual)}\non .NET 10:\n{string.Join('\n', expected)}");
            });
        }
    }

    /// <summary>What is hidden goes by the names of the platform's methods: each is one of some version.</summary>
    [Fact]
    public void EveryMethodOfAWaitIsOneOfThePlatforms()
    {
        HashSet<(string Type, string Name)> known = [.. CoreLibraries().SelectMany(Methods)];
        Assert.Contains(("System.Threading.Monitor", "Enter"), known);
        Assert.All(WaitPlumbing.Methods.SelectMany(static m => m.Value, static (m, name) => (m.Key, name)), entry =>
        {
            (string type, string name) = entry;
            Assert.Contains(known, k => k.Type == type && (name[^1] == '*' ? k.Name.StartsWith(name[..^1], StringComparison.Ordinal) : k.Name == name));
        });
    }

    private static IEnumerable<string> CoreLibraries() =>
        from folder in (string[])
        [
            Path.GetDirectoryName(Flavour.Net8.Executable)!, Path.GetDirectoryName(Flavour.Net9.Executable)!, Path.GetDirectoryName(typeof(object).Assembly.Location)!,
            Path.GetDirectoryName(Flavour.Net11SelfContained.Executable)!,
        ]
        from file in (string[])["System.Private.CoreLib.dll", "System.Threading.dll"]
        select Path.Combine(folder, file);

    /// <summary>By the names that dumps have for them.</summary>
    private static IEnumerable<(string Type, string Name)> Methods(string file)
    {
        using var image = new PEReader(File.OpenRead(file));
        MetadataReader metadata = image.GetMetadataReader();
        List<(string, string)> methods = [];
        foreach (TypeDefinitionHandle handle in metadata.TypeDefinitions)
        {
            string type = metadata.FullTypeName(handle);
            foreach (MethodDefinitionHandle method in metadata.GetTypeDefinition(handle).GetMethods())
            {
                string name = metadata.GetString(metadata.GetMethodDefinition(method).Name);
                methods.Add((type, name.StartsWith("get_", StringComparison.Ordinal) ? name[4..] + ".get" : name));
            }
        }
        return methods;
    }

    /// <summary>By the names of the threads, what a dump says of each, less what differs from run to run.</summary>
    private static async Task<SortedDictionary<string, string[]>> LinesAsync(Flavour flavour, string shape)
    {
        await using var target = await TargetProcess.StartAsync(flavour, shape, TargetOptions.NoTrap);
        // What waits spins for a while before, and may wake now and then.
        LockView view = await LockView.WhenAsync(
            target, v => target.Truth.Threads.All(t => IsStill(v.Dump.Threads.Single(d => d.OsId.Value == t.OsId), flavour.Has(LooksAt.Locks))), "threads that stand still");
        using var text = new StringWriter();
        Flare.Write(view.Dump, text, DumpFormat.Text, new RenderOptions { GroupIdenticalStacks = false });
        string[] blocks = text.ToString().Split("\n\n");
        return new(target.Truth.Threads.ToDictionary(
            t => t.Name!,
            t => LinesOf(blocks.Single(b => b.StartsWith('"') && b.Contains($" tid={t.OsId} ", StringComparison.Ordinal)))));
    }

    /// <summary>None of the threads sleeps but between two looks at what it waits for.</summary>
    private static bool IsStill(DumpThread thread, bool isWaitKnown) => thread.Activity is not (ThreadActivity.Running or ThreadActivity.Sleeping or ThreadActivity.Unknown)
        && !thread.Frames.Any(static f => f.Method.FullName.EndsWith(".Host.Arrive", StringComparison.Ordinal))
        && (!isWaitKnown || thread.WaitingFor is null or { IsForKnown: true });

    private static string[] LinesOf(string block)
    {
        string[] lines = [.. block.Split('\n').Where(l => !l.StartsWith("   at System.Threading.Thread.StartCallback(", StringComparison.Ordinal)).Select(Lasting)];
        // One frame says what it waits in.
        int wait = Array.FindIndex(lines, IsProgram);
        Assert.True(lines[1..wait].Count(IsOfPlatform) <= 1, block);
        return lines;
    }

    /// <summary>
    /// Without ids, times and addresses. Which of the methods that call each other to wait is the outermost is for the compiler to say, which compiles
    /// small ones into their callers: their type is what they have in common. A monitor's waiting has one of its own on .NET 11.
    /// </summary>
    private static string Lasting(string line)
    {
        if (line.StartsWith('"'))
            return Activity().Match(line).Value;
        if (IsOfPlatform(line))
            return Condition().Replace(Method().Replace(line, ""), "Monitor");
        // How exactly the runtime maps code to lines differs from version to version. The owner of a Mutex is known on .NET 11.
        return RestOfTheHour().Replace(Passing().Replace(line, ""), "1h").Replace(" (approximate)", "", StringComparison.Ordinal)
            .Replace("(System.Threading.Mutex) held by \"mutex holder\" ", "(System.Threading.Mutex)", StringComparison.Ordinal);
    }

    private static string[] Without(string[] lines, Predicate<string> what) => [.. lines.Where(l => !what(l))];

    private static bool IsNote(string line) => line.StartsWith("   - ", StringComparison.Ordinal);

    private static bool IsProgram(string line) => line.StartsWith("   at Stackflare.", StringComparison.Ordinal);

    private static bool IsOfPlatform(string line) => line.StartsWith("   at System.", StringComparison.Ordinal);

    [GeneratedRegex("running|waiting|blocked|sleeping")]
    private static partial Regex Activity();

    [GeneratedRegex(@"\.\w+\(.*")]
    private static partial Regex Method();

    [GeneratedRegex(@"Condition$")]
    private static partial Regex Condition();

    /// <summary>What is left of a time limit when a thread has spun and then waits.</summary>
    [GeneratedRegex(@"\b59m5\ds")]
    private static partial Regex RestOfTheHour();

    [GeneratedRegex(@"<0x\w+>|, for at least \w+|#\d+|tid=\d+")]
    private static partial Regex Passing();
}
