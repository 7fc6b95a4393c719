using System.Text.RegularExpressions;

namespace Stackflare.Tests;

/// <summary>Each room of the library knows the earlier ones only, and none knows the tool.</summary>
public sealed partial class LayerTests
{
    /// <summary>From the lowest on. A room within one is part of it, unless it stands here itself.</summary>
    private static readonly string[] Rooms =
        ["Interop", "Model", "Errors", "Processes", "Snapshots", "Runtime", "Capture.CoreFiles", "Capture.External", "Capture.Probe", "Symbols", "Analysis", "Building", "Redacting", "Views", "Writers", "Capture", "Outputs", "Triggers", "Http"];

    public static TheoryData<string> All => [.. Rooms];

    [Theory, MemberData(nameof(All))]
    public void NamesNoLaterRoom(string room) => Assert.All(Sources(room), file => Assert.Empty(LaterThan(room, File.ReadAllText(file))));

    [Theory, MemberData(nameof(All))]
    public void NamesNoOptionOfTheTool(string room) =>
        Assert.All(Sources(room), file => Assert.DoesNotMatch(ToolOption(), File.ReadAllText(file)));

    /// <summary>A check of the check: an arrow that is turned is seen.</summary>
    [Theory]
    [InlineData("Symbols", "using Stackflare.Building.Waits;", true)]
    [InlineData("Symbols", "var x = new Stackflare.Writers.RenderBuffer();", true)]
    [InlineData("Capture.Probe", "using Stackflare.Capture;", true)]
    [InlineData("Snapshots", "using Stackflare.Capture.Probe;", true)]
    [InlineData("Runtime", "using Stackflare.Capture.CoreFiles;", true)]
    [InlineData("Runtime", "using Stackflare.Symbols;", true)]
    [InlineData("Capture.CoreFiles", "using Stackflare.Runtime.Stacks;", false)]
    [InlineData("Symbols", "using Stackflare.Snapshots.Format;", false)]
    [InlineData("Building", "using Stackflare.Building.Async;", false)]
    [InlineData("Capture", "using Stackflare.Capture.Probe;", false)]
    [InlineData("Http", "using Stackflare.AspNetCore;", true)]
    [InlineData("Http", "using Stackflare.Cli;", true)]
    public void ATurnedArrowIsSeen(string room, string source, bool isTurned) => Assert.Equal(isTurned, LaterThan(room, source).Any());

    [Fact]
    public void EveryFolderIsARoom()
    {
        string root = Path.Combine(Golden.RepositoryRoot, "src", "Stackflare");
        string[] folders = [.. Directory.GetDirectories(root).Select(d => Path.GetFileName(d)!).Except(["bin", "obj", "build"])];
        Assert.Equal(folders.Order(), Rooms.Select(r => r.Split('.')[0]).Distinct().Order());
    }

    private static IEnumerable<string> LaterThan(string room, string source)
    {
        int at = Array.IndexOf(Rooms, room);
        return Namespace().Matches(source).Select(m => RoomOf(m.Groups[1].Value)).Where(r => Array.IndexOf(Rooms, r) > at || r is "Cli" or "AspNetCore");
    }

    /// <summary>The room of a name that begins with a namespace; empty for a type of the library's own namespace.</summary>
    private static string RoomOf(string name) =>
        name.Split('.')[0] is "Cli" or "AspNetCore" ? name.Split('.')[0]
        : Rooms.Where(r => name == r || name.StartsWith(r + ".", StringComparison.Ordinal)).MaxBy(r => r.Length) ?? "";

    private static string[] Sources(string room)
    {
        string folder = Path.Combine(Golden.RepositoryRoot, "src", "Stackflare", room.Replace('.', '/'));
        string[] inner = [.. Rooms.Where(r => r.StartsWith(room + ".", StringComparison.Ordinal)).Select(r => Path.Combine(Golden.RepositoryRoot, "src", "Stackflare", r.Replace('.', '/')))];
        string[] files = [.. Directory.GetFiles(folder, "*.cs", SearchOption.AllDirectories).Where(f => !Array.Exists(inner, i => f.StartsWith(i + "/", StringComparison.Ordinal)))];
        Assert.NotEmpty(files);
        return files;
    }

    [GeneratedRegex(@"Stackflare\.([A-Z]\w+(?:\.[A-Z]\w+)*)")]
    private static partial Regex Namespace();

    [GeneratedRegex("(?:\"[^\"\\n]*|<c>)(?<![-\\w])--[a-z]")]
    private static partial Regex ToolOption();
}
