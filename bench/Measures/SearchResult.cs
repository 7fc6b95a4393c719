namespace Stackflare.Bench.Measures;

/// <summary>Dumps with and without the search for async methods, of a program with many types. Times are in milliseconds.</summary>
/// <param name="Runtime">What the program runs on.</param>
/// <param name="Without">From the request to the finished dump, without the search.</param>
/// <param name="With">The same with it.</param>
/// <param name="Search">The part of the pause that it takes.</param>
/// <param name="ToolWithout">The command-line tool from start to exit, without the search.</param>
/// <param name="ToolWith">The same with it.</param>
internal sealed record SearchResult(
    string Runtime, Distribution Without, Distribution With, Distribution Search, Distribution ToolWithout, Distribution ToolWith)
{
    internal const string What = "20,000 objects of 1,000 types";

    /// <summary>What the library takes with the search against without.</summary>
    internal double Ratio => With.Median / Without.Median;

    /// <summary>What the tool takes with the search against without.</summary>
    internal double ToolRatio => ToolWith.Median / ToolWithout.Median;
}
