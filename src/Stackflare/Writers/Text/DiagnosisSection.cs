using Stackflare.Analysis;
using Stackflare.Model;
using Stackflare.Views;

namespace Stackflare.Writers.Text;

/// <summary>
/// The part of the text formats between the heading and the first stack: deadlocks, findings, the places where most of the program is, and the oldest
/// requests.
/// </summary>
/// <param name="buffer">The destination.</param>
/// <param name="view">The dump.</param>
/// <param name="dialect">The format.</param>
internal sealed class DiagnosisSection(RenderBuffer buffer, DumpView view, TextDialect dialect)
{
    private readonly DiagnosisLimits _limits = view.FirstScreen.Diagnosis;

    /// <summary>Writes the sections that are not empty.</summary>
    public void Append()
    {
        ThreadDump dump = view.Dump;
        int shown = Math.Min(dump.Deadlocks.Count, _limits.Deadlocks);
        for (int i = 0; i < shown; i++)
        {
            Begin();
            AppendDeadlock(dump.Deadlocks[i]);
            End();
        }
        if (shown < dump.Deadlocks.Count)
        {
            Begin();
            buffer.AppendCount(dump.Deadlocks.Count - shown).Append(" more deadlocks. ").Append(dialect.ShowsAll).Append(" shows them.").AppendLine();
            End();
        }

        // Deadlocks have sections of their own.
        List<Finding> findings = [.. dump.Findings.Where(static f => f.Kind != FindingKind.Deadlock)];
        if (findings.Count > 0)
        {
            Begin();
            buffer.Begin(TextRole.Heading).Append("Diagnosis:").End().AppendLine();
            findings.ForEach(AppendFinding);
            End();
        }
        if (view.FirstScreen.Places is { Count: > 0 } places)
        {
            Begin();
            buffer.Begin(TextRole.Heading).Append("Where most of the program is:").End().AppendLine();
            foreach (ProgramPlace place in places)
                AppendPlace(place);
            End();
        }
        AppendRequests();
    }

    private void AppendRequests()
    {
        IReadOnlyList<RequestInFlight> requests = view.Dump.Requests;
        if (requests.Count == 0)
            return;
        Begin();
        int upgraded = requests.Count(static r => r.IsUpgraded);
        buffer.Begin(TextRole.Heading).Append(DiagnosisText.Count(requests.Count, "request")).Append(" in flight").Append(upgraded == 0 ? "" : FormattableString.Invariant($" ({upgraded:N0} of them upgraded)")).Append(requests.Count > 1 && requests[0].Age is not null ? ", the oldest first:" : ":").End().AppendLine();
        int shown = view.FirstScreen.Requests;
        for (int i = 0; i < shown; i++)
        {
            DumpFrame? place = view.Sections.PlaceOf(requests[i]);
            buffer.Append("- ").Append(EscapedText.Plain(RequestText.Describe(requests[i], place))).AppendLine();
        }
        if (shown < requests.Count)
            buffer.Append("... and ").AppendCount(requests.Count - shown).Append(" more. ").Append(dialect.ShowsAll).Append(" shows them.").AppendLine();
        End();
    }

    private void AppendPlace(ProgramPlace place)
    {
        buffer.Append("- ").Append(DiagnosisText.Counts(place.Threads, place.AsyncStacks)).Append(' ').Append(EscapedText.Plain(DiagnosisText.At(place.Frame))).AppendLine();
    }

    private void Begin()
    {
        if (dialect.Separator is { } separator)
            buffer.Append(separator).AppendLine();
    }

    private void End()
    {
        if (dialect.Separator is null)
            buffer.AppendLine();
    }

    private void AppendDeadlock(Deadlock deadlock)
    {
        buffer.Begin(TextRole.Deadlock).Append("Deadlock").Append(DiagnosisText.Through(deadlock)).Append(": ").Append(DiagnosisText.Cycle(deadlock)).Append(" forever");
        if (deadlock.Behind.Count > 0)
        {
            buffer.Append("; ").AppendCount(deadlock.Behind.Count).Append(deadlock.Behind.Count == 1 ? " more waits behind " : " more wait behind ")
                .Append(deadlock.Steps.Count == 1 ? "it" : "them");
        }
        buffer.End().AppendLine();

        int shown = Math.Min(deadlock.Steps.Count, _limits.Steps);
        int last = deadlock.Steps.Count - 1;
        for (int i = 0; i < shown - 1; i++)
            AppendStep(deadlock.Steps[i]);
        if (shown - 1 < last)
            buffer.Append("... ").AppendCount(last - shown + 1).Append(" more, each of which waits for the next").AppendLine();
        // The last step closes the cycle.
        AppendStep(deadlock.Steps[last]);
    }

    private void AppendStep(DeadlockStep step)
    {
        buffer.Append(dialect.Subject(step.Thread)).Append(' ').Append(DiagnosisText.Waits(step, LockLines.Type)).Append(' ')
            .Append(dialect.Reference(step.WaitsFor)).Append(LockLines.Times(step.Wait)).AppendLine();
        if (step.Frame is { } frame)
            buffer.Append(dialect.Format(frame));
        if (DeadlockFindings.ContextOf(step) is { } context)
            buffer.Append("    ").Append(EscapedText.Plain(DiagnosisText.Continues(context))).AppendLine();
    }

    private void AppendFinding(Finding finding)
    {
        buffer.Append("- ").Append(EscapedText.Plain(finding.Summary)).AppendLine();
        int shown = Math.Min(finding.Evidence.Count, _limits.Evidence);
        for (int i = 0; i < shown; i++)
            buffer.Append("    ").Append(EscapedText.Plain(finding.Evidence[i])).AppendLine();
        if (shown < finding.Evidence.Count)
            buffer.Append("    ... and ").AppendCount(finding.Evidence.Count - shown).Append(" more").AppendLine();
    }
}
