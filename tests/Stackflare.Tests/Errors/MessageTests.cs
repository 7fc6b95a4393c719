namespace Stackflare.Tests.Errors;

public sealed class MessageTests
{
    [Fact]
    public void SecondsAreInvariant() =>
        Assert.Equal("No stacks within 0.5 s: the runtime accepts no connection.", new CaptureTimeoutException(TimeSpan.FromSeconds(0.5), "the runtime accepts no connection").Problem);
}
