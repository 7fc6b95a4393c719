using Stackflare.Bench.Subjects;
using Stackflare.Bench.Tools;

namespace Stackflare.Bench.Measures;

/// <summary>The tools that can look at a program of one shape, and how each is called for it.</summary>
/// <param name="Shape">The shape.</param>
/// <param name="Members">Who, and how.</param>
/// <param name="Failed">Who printed nothing of a program of this shape, or not all, however it was called.</param>
internal sealed record ToolSet(Shape Shape, IReadOnlyList<(ToolContestant Contestant, ToolVariant Variant)> Members, IReadOnlyList<ToolContestant> Failed)
{
    /// <summary>Tries them once each, which also brings their files into memory.</summary>
    /// <param name="contestants">Who there is.</param>
    /// <param name="runner">Runs them.</param>
    /// <param name="targets">The program for each of them.</param>
    /// <param name="shape">Its shape.</param>
    internal static ToolSet Choose(IReadOnlyList<ToolContestant> contestants, ToolRunner runner, Func<ToolContestant, Subject> targets, Shape shape)
    {
        List<(ToolContestant, ToolVariant)> members = [];
        List<ToolContestant> failed = [];
        foreach (ToolContestant contestant in contestants)
        {
            string process = $"{targets(contestant).Id}";
            ToolVariant? works = contestant.Variants.FirstOrDefault(
                variant => contestant.IsComplete(shape, runner.Run(variant.Command(process), contestant.Mark)));
            if (works is not null)
                members.Add((contestant, works));
            else if (contestant.IsOurs)
                throw new BenchException($"{contestant.Name} did not print all of {shape}.");
            else
                failed.Add(contestant);
        }

        return new ToolSet(shape, members, failed);
    }
}
