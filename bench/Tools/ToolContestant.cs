namespace Stackflare.Bench.Tools;

/// <summary>A program that prints the threads of another process.</summary>
/// <param name="Kind">Who it is.</param>
/// <param name="Name">Its name in the tables.</param>
/// <param name="Shows">What its output has of a frame.</param>
/// <param name="Mark">What stands in its output once for each thread of the target's shape, so that one can tell whether all are there.</param>
/// <param name="Variants">Its command lines, the usual one first; the others are for targets where that one does not print all.</param>
internal sealed record ToolContestant(ToolKind Kind, string Name, string Shows, string Mark, IReadOnlyList<ToolVariant> Variants)
{
    // Threads of the target have stacks of twelve kinds.
    private const int Kinds = 12;

    internal bool IsOurs => Kind is ToolKind.StackflareEverything or ToolKind.StackflareDefault;

    internal bool LooksAtJvm => Kind == ToolKind.Jstack;

    /// <summary>Whether a run on a program of this shape ended well and printed all threads.</summary>
    internal bool IsComplete(Shape shape, ToolSample sample) => sample.ExitCode == 0 && sample.Marks >= Marks(shape);

    private int Marks(Shape shape) => Kind == ToolKind.StackflareDefault ? Math.Min(shape.Threads, Kinds) : shape.Threads;
}
