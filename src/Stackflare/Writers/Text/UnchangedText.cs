using System.Globalization;
using Stackflare.Analysis;
using Stackflare.Views;

namespace Stackflare.Writers.Text;

/// <summary>Says of a dump in a series what has not run since the first one.</summary>
internal static class UnchangedText
{
    /// <summary>For example <c>, unchanged in all 3 dumps</c> or <c>, 9 of them unchanged in all 3 dumps</c>; empty if none of a group is unchanged.</summary>
    public static string After(ThreadDump dump, long? unchanged, long of) => In(dump, unchanged, of) is { } text ? ", " + text : "";

    /// <summary>The same without the comma; null if none of a group is unchanged.</summary>
    public static string? In(ThreadDump dump, long? unchanged, long of) => unchanged is not > 0 ? null
        : unchanged >= of ? $"unchanged in {Dumps(dump.Unchanged!)}"
        : string.Create(CultureInfo.InvariantCulture, $"{unchanged:N0} of them unchanged in {Dumps(dump.Unchanged!)}");

    /// <summary>The line of the heading: how much is unchanged, without what belongs to the framework.</summary>
    public static void AppendSum(RenderBuffer buffer, DumpView view)
    {
        if (view.Dump.Unchanged is not { } series)
            return;
        (long unchanged, long all, long unchangedStacks, long allStacks) = (0, 0, 0, 0);
        view.Sections.Visit(
            group =>
            {
                if (view.UnchangedIn(group) is { } count)
                    (unchanged, all) = (unchanged + count, all + group.Threads.Count);
            },
            group =>
            {
                if (view.UnchangedIn(group) is { } count)
                    (unchangedStacks, allStacks) = (AsyncStackGroup.Sum(unchangedStacks, count), AsyncStackGroup.Sum(allStacks, group.Count));
            });
        string[] parts = [.. ((string?[])[Part(unchanged, all, "thread"), Part(unchangedStacks, allStacks, "async stack")]).OfType<string>()];
        if (parts.Length > 0)
            buffer.Append("Unchanged in ").Append(Dumps(series)).Append(", over ").Append(Durations.Until(series.Elapsed)).Append(": ").Append(string.Join(", ", parts)).AppendLine();
    }

    private static string? Part(long unchanged, long all, string what) =>
        all == 0 ? null : string.Create(CultureInfo.InvariantCulture, $"{unchanged:N0} of {DiagnosisText.Count(all, what)}");

    private static string Dumps(UnchangedParts series) =>
        series.Dumps == 2 ? "both dumps" : string.Create(CultureInfo.InvariantCulture, $"all {series.Dumps:N0} dumps");
}
