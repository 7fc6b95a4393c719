using Stackflare.Tests.NativeProbe;

namespace Stackflare.Tests.Triggers;

/// <summary>The native trap by itself, in a process that has no runtime to be patient with it.</summary>
public sealed class TrapStressTests
{
    [Fact]
    public void TrapsAndTheHandlersAroundThemHoldInAStormOfSignals() =>
        NativeProgram.CompileAndRun(["tests/trap_stress.c", "entry/trap.c"], "2000");
}
