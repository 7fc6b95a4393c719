using Stackflare.Analysis;
using Stackflare.Model;

namespace Stackflare.Writers.Text;

/// <summary>The part of the text formats between the heading and the first thread: deadlocks and findings.</summary>
/// <param name="buffer">The destination.</param>
/// <param name="options">With <see cref="RenderOptions.ShowHidden"/> nothing is shortened.</param>
/// <param name="dialect">The format.</param>
internal sealed class DiagnosisSection(RenderBuffer buffer, RenderOptions options, TextDialect dialect)
{
    internal const int MaxDeadlocks = 8;
    internal const int MaxSteps = 20;
    internal const int MaxEvidence = 20;

    /// <summary>Writes the sections that are not empty.</summary>
    public void Append(ThreadDump dump)
    {
        int shown = Most(dump.Deadlocks.Count, MaxDeadlocks);
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
        if (findings.Count == 0)
            return;
        Begin();
        buffer.Begin(TextRole.Heading).Append("Diagnosis:").End().AppendLine();
        findings.ForEach(AppendFinding);
        End();
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
        buffer.Begin(TextRole.Deadlock).Append("Deadlock: ").Append(DiagnosisText.Cycle(deadlock)).Append(" forever");
        if (deadlock.Behind.Count > 0)
        {
            buffer.Append("; ").AppendCount(deadlock.Behind.Count).Append(deadlock.Behind.Count == 1 ? " more waits behind " : " more wait behind ")
                .Append(deadlock.Steps.Count == 1 ? "it" : "them");
        }
        buffer.End().AppendLine();

        int shown = Most(deadlock.Steps.Count, MaxSteps);
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
        buffer.Append(dialect.Subject(step.Thread)).Append(' ').Append(DiagnosisText.Waits(step.Wait, LockLines.Type)).Append(' ')
            .Append(dialect.Reference(step.WaitsFor)).Append(LockLines.Times(step.Wait)).AppendLine();
        if (step.Frame is { } frame)
            buffer.Append(dialect.Format(frame));
    }

    private void AppendFinding(Finding finding)
    {
        buffer.Append("- ").Append(EscapedText.Plain(finding.Summary)).AppendLine();
        int shown = Most(finding.Evidence.Count, MaxEvidence);
        for (int i = 0; i < shown; i++)
            buffer.Append("    ").Append(EscapedText.Plain(finding.Evidence[i])).AppendLine();
        if (shown < finding.Evidence.Count)
            buffer.Append("    ... and ").AppendCount(finding.Evidence.Count - shown).Append(" more").AppendLine();
    }

    private int Most(int count, int limit) => options.ShowHidden ? count : Math.Min(count, limit);
}
