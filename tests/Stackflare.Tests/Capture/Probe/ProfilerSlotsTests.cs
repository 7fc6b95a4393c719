using System.Text;
using Stackflare.Capture.Probe;

namespace Stackflare.Tests.Capture.Probe;

public sealed class ProfilerSlotsTests
{
    [Theory]
    [InlineData("70000 12000 4000 1 0 9000 0\n", 8000)]
    [InlineData("70000 4000 12000 1 0 9000 0\n", 0)]
    [InlineData("70000 12000", 0)]
    [InlineData("", 0)]
    [InlineData("70000 x 1", 0)]
    public void WhatIsResidentAndNoFilesIsTheProcesssOwn(string statm, long pages) =>
        Assert.Equal(pages, ProfilerSlots.ParsePrivatePages(Encoding.ASCII.GetBytes(statm)));

    [Fact]
    public void TheOwnProcessHasMemory() => Assert.True(ProfilerSlots.Inspect(Environment.ProcessId, Environment.Version).PrivateBytes() > 1 << 20);

    [Fact]
    public void AProcessThatIsNotSeenHasNoKnownMemory() => Assert.Equal(0, ProfilerSlots.Inspect(0, runtime: null).PrivateBytes());

    [Theory]
    [InlineData(true, false, false, "None")]
    [InlineData(false, false, false, "MainForbidden")]
    [InlineData(true, true, false, "MainForbidden")]
    [InlineData(true, false, true, "OthersBeside")]
    public void TheMainPlaceIsTakenUnlessThatIsForbiddenOrHarmsOthers(bool allowed, bool variable, bool othersBeside, string expected) =>
        Assert.Equal(
            expected,
            new ProfilerSlots { IsMainForbidden = variable, HasOthersBeside = othersBeside }.WhyMainIsNotTaken(new CaptureOptions { AllowMainProfiler = allowed }).ToString());
}
