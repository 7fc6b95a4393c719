using Stackflare.Analysis;
using Stackflare.Model;

namespace Stackflare;

public sealed partial record Deadlock
{
    /// <summary>What is said of it in a diagnosis: a line, and one for each step. Names are escaped.</summary>
    public override string ToString() => DeadlockFindings.Of(this).ToString();
}

public sealed partial record DeadlockStep
{
    /// <summary>Who waits for what, and where, one line. Names are escaped.</summary>
    public override string ToString() => EscapedText.Plain(DeadlockFindings.Step(this));
}
