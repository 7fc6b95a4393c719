namespace Stackflare.EndToEnd.Harness;

/// <summary>Lines of a target's source that end with a comment, by which tests find them.</summary>
internal static class SourceMarks
{
    /// <summary>The number of the only line whose comment is the mark.</summary>
    public static int LineOf(string file, string mark) => Assert.Single(LinesOf(file, mark));

    /// <summary>The numbers of the lines whose comment is the mark.</summary>
    public static IEnumerable<int> LinesOf(string file, string mark) =>
        from line in File.ReadAllLines(file).Index()
        where line.Item.EndsWith($" // {mark}", StringComparison.Ordinal)
        select line.Index + 1;
}
