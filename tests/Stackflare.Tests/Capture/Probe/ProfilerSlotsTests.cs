using Stackflare.Capture.Probe;

namespace Stackflare.Tests.Capture.Probe;

public sealed class ProfilerSlotsTests
{
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
