using System.Text.RegularExpressions;

namespace Stackflare.Tests.NativeProbe;

/// <summary>The probe's folders: includes go one way.</summary>
public sealed partial class ProbeRoomsTests
{
    public static TheoryData<string> Rooms => [.. NativeProgram.Rooms];

    [Theory]
    [MemberData(nameof(Rooms))]
    public void ARoomIncludesOnlyThoseBeforeIt(string room)
    {
        string[] allowed = [.. NativeProgram.Rooms.TakeWhile(r => r != room), room];
        string[] files = [.. Sources(Path.Combine(NativeProgram.Directory, room))];
        Assert.NotEmpty(files);
        foreach (string file in files)
        {
            foreach (Match include in OwnInclude().Matches(File.ReadAllText(file)))
            {
                string[] path = include.Groups[1].Value.Split('/');
                Assert.True(path.Length == 2 && allowed.Contains(path[0]), $"{room}/{Path.GetFileName(file)} includes {include.Groups[1].Value}");
                Assert.True(File.Exists(Path.Combine(NativeProgram.Directory, path[0], path[1])), $"{include.Groups[1].Value} is not there");
            }
        }
    }

    [Fact]
    public void EverySourceIsInARoom() =>
        Assert.Empty(Sources(NativeProgram.Directory)
            .Select(f => Path.GetRelativePath(NativeProgram.Directory, f).Split('/')[0])
            .Except([.. NativeProgram.Rooms, "tests"]));

    private static IEnumerable<string> Sources(string folder) =>
        Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Where(f => Path.GetExtension(f) is ".c" or ".h");

    [GeneratedRegex("""^#include "([^"]+)"$""", RegexOptions.Multiline)]
    private static partial Regex OwnInclude();
}
