using Stackflare.Capture.External;

namespace Stackflare.Tests.Capture.External;

public sealed class ThreadLookTests
{
    [Fact]
    public void ACallHasItsPlace()
    {
        var look = new ThreadLook('S', "202 0x7f5fe0 0x189 0x0 0x0 0x0 0xffffffff 0x7ffc00 0x7f12ab", 1, false);
        Assert.Equal((0x7ffc00ul, 0x7f12abul), (look.InCall!.Value.Sp, look.InCall.Value.Ip));
    }

    /// <summary>In none of them the other registers may be anything.</summary>
    [Theory]
    [InlineData("running")]
    [InlineData("-1 0x7ffc00 0x7f12ab")]
    [InlineData("-1 0x7f5fe0 0x189 0x0 0x0 0x0 0xffffffff 0x7ffc00 0x7f12ab")]
    [InlineData("202 0x7f5fe0")]
    [InlineData("202 a b c d e f g h")]
    [InlineData("")]
    public void OtherThreadsMustBeStopped(string call) => Assert.Null(new ThreadLook('S', call, 1, false).InCall);
}
