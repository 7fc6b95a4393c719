using Stackflare.Analysis;
using Stackflare.Model;

namespace Stackflare;

public sealed partial record Deadlock
{
    /// <summary>The text of the diagnosis: a summary line, and a line for each step. Names are escaped.</summary>
    public override string ToString() => DeadlockFindings.ForDeadlock(this).ToString();
}

public sealed partial record DeadlockStep
{
    /// <summary>Which thread waits for what, and where, in one line. Names are escaped.</summary>
    public override string ToString() => EscapedText.Plain(DeadlockFindings.Step(this));
}
