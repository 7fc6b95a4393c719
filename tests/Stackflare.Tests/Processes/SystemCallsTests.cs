using System.Runtime.InteropServices;
using Stackflare.Processes;

namespace Stackflare.Tests.Processes;

/// <summary>The names of system calls, by their numbers on each processor.</summary>
public sealed class SystemCallsTests
{
    [Theory]
    [InlineData(0, Architecture.X64, "read")]
    [InlineData(202, Architecture.X64, "futex")]
    [InlineData(63, Architecture.Arm64, "read")]
    [InlineData(98, Architecture.Arm64, "futex")]
    [InlineData(449, Architecture.X64, "futex_waitv")]
    [InlineData(449, Architecture.Arm64, "futex_waitv")]
    [InlineData(9999, Architecture.X64, "9999")]
    public void ACallHasANameOrItsNumber(int number, Architecture processor, string name) => Assert.Equal(name, SystemCalls.Name(number, processor));
}
