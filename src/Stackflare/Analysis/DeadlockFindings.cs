using System.Globalization;

namespace Stackflare.Analysis;

/// <summary>Describes cycles of waiting threads.</summary>
internal static class DeadlockFindings
{
    public static Finding ForDeadlock(Deadlock deadlock) =>
        Describe(deadlock, FindingKind.Deadlock, $"Deadlock{DiagnosisText.Through(deadlock)}: {DiagnosisText.Cycle(deadlock)} forever");

    /// <summary>A cycle with a wait that ends by itself, or may end.</summary>
    public static Finding ForTimedDeadlock(Deadlock deadlock)
    {
        DeadlockStep[] limited = [.. deadlock.Steps.Where(static s => s.Wait is { MayEnd: true, Timeout: not null })];
        if (limited.Length == 0)
        {
            DumpThread unknown = deadlock.Steps.First(static s => s.Wait.MayEnd).Thread;
            return Describe(deadlock, FindingKind.TimedDeadlock,
                $"{DiagnosisText.Cycle(deadlock)} forever if {DiagnosisText.Describe(unknown)} waits without a time limit, which is not known");
        }
        DeadlockStep first = limited.MinBy(static s => s.Wait.Timeout)!;
        return Describe(deadlock, FindingKind.TimedDeadlock, string.Create(CultureInfo.InvariantCulture,
            $"{DiagnosisText.Cycle(deadlock)} until {DiagnosisText.Describe(first.Thread)} gives up: its time limit is {first.Wait.Timeout!.Value.TotalSeconds:0.###} s"));
    }

    private static Finding Describe(Deadlock deadlock, FindingKind kind, string summary)
    {
        var evidence = deadlock.Steps.SelectMany(static s => ContextOf(s) is { } context ? [Step(s), DiagnosisText.Continues(context)] : (string[])[Step(s)]).ToList();
        if (deadlock.Behind.Count > 0)
            evidence.Add($"{DiagnosisText.Count(deadlock.Behind.Count, "more thread waits", "more threads wait")} behind them");
        return new Finding(kind, summary, evidence, [.. deadlock.Steps.Select(static s => s.Thread)])
        {
            Locks = [.. deadlock.Steps.Select(static s => s.Wait.Lock).OfType<DumpLock>().Distinct()],
            Frames = [.. from frame in deadlock.Steps.Select(static s => s.Frame).OfType<DumpFrame>() select new FindingFrame(frame, 1)],
        };
    }

    /// <summary>The context in which a method must continue, if it is the reason why a step's thread waits for the next.</summary>
    public static CapturedContext? ContextOf(DeadlockStep step) => step.Wait.CapturedContext is { } context && context.Thread == step.WaitsFor ? context : null;

    /// <summary>Which thread waits for what, and where. Not escaped: the caller escapes it.</summary>
    public static string Step(DeadlockStep step)
    {
        string line = $"{DiagnosisText.Describe(step.Thread)} {DiagnosisText.Waits(step)} {DiagnosisText.Describe(step.WaitsFor)}";
        return step.Frame is { } frame ? $"{line}, at {DiagnosisText.Location(frame)}" : line;
    }
}
