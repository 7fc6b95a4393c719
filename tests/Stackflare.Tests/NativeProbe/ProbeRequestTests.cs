namespace Stackflare.Tests.NativeProbe;

/// <summary>What any program of the same user may send to the probe, and hosts that do not read.</summary>
public sealed class ProbeRequestTests
{
    [Fact]
    public void TheProbeRefusesWhatWouldHoldUpTheRuntime() =>
        NativeProgram.CompileAndRun(["tests/request.c", .. NativeProgram.Sources(NativeProgram.Rooms)]);
}
