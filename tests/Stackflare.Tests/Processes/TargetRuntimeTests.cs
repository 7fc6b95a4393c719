using System.Diagnostics;
using System.Runtime.InteropServices;
using Stackflare.Processes;

namespace Stackflare.Tests.Processes;

public sealed class TargetRuntimeTests
{
    [Fact]
    public void TheRuntimeOfThisProcessIsFoundWithItsVersion()
    {
        Version own = Environment.Version;
        Assert.Equal(
            new TargetRuntime(RuntimeKind.CoreClr, new Version(own.Major, own.Minor, own.Build), IsMusl: RuntimeInformation.RuntimeIdentifier.Contains("musl", StringComparison.Ordinal), RuntimeInformation.ProcessArchitecture),
            TargetRuntime.Inspect(Environment.ProcessId));
    }

    [Fact]
    public void AProgramWithoutRuntimeHasNone()
    {
        using Process program = Process.Start(new ProcessStartInfo("cat") { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        Assert.Equal((RuntimeKind.None, null), (TargetRuntime.Inspect(program.Id).Kind, TargetRuntime.Inspect(program.Id).Version));
        program.StandardInput.Close();
        program.WaitForExit();
    }

    [Fact]
    public void AProcessThatHasEndedIsAnError()
    {
        using Process program = Process.Start("true");
        program.WaitForExit();
        Assert.Equal(StackflareError.NoSuchProcess, Assert.Throws<StackflareException>(() => TargetRuntime.Inspect(program.Id)).Error);
    }
}
