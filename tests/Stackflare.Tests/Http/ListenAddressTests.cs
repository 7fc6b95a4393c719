using Stackflare.Http;

namespace Stackflare.Tests.Http;

public sealed class ListenAddressTests
{
    [Theory]
    [InlineData("unix:/run/app/stackflare.sock", "unix:/run/app/stackflare.sock")]
    [InlineData("UNIX:///run/app.sock", "unix:/run/app.sock")]
    [InlineData("http://127.0.0.1:9123", "http://127.0.0.1:9123")]
    [InlineData("http://127.0.0.9:1/", "http://127.0.0.9:1")]
    [InlineData("http://localhost:0", "http://localhost:0")]
    [InlineData("http://[::1]:9123", "http://[::1]:9123")]
    public void SocketsAndLoopbackPortsAreAddresses(string text, string expected) => Assert.Equal(expected, ListenAddress.Parse(text).ToString());

    [Fact]
    public void TheProcessCanBePartOfThePath() => Assert.Equal($"/tmp/app-{Environment.ProcessId}.sock", ListenAddress.Parse("unix:/tmp/app-{pid}.sock").Path);

    [Theory]
    [InlineData("")]
    [InlineData("9123")]
    [InlineData("/run/app.sock")]
    [InlineData("unix:")]
    [InlineData("unix:/")]
    [InlineData("unix:relative.sock")]
    [InlineData("unix:@abstract")]
    [InlineData("unix:/run/")]
    [InlineData("unix:/run/{PID}")]
    [InlineData("http://0.0.0.0:9123")]
    [InlineData("http://[::]:9123")]
    [InlineData("http://10.0.0.1:9123")]
    [InlineData("http://[::ffff:127.0.0.1]:9123")]
    [InlineData("http://example.org:9123")]
    [InlineData("http://localhost.example.org:9123")]
    [InlineData("http://*:9123")]
    [InlineData("http://127.0.0.1")]
    [InlineData("http://127.0.0.1:")]
    [InlineData("http://127.0.0.1:65536")]
    [InlineData("http://127.0.0.1:9123/path")]
    [InlineData("http://::1:9123")]
    [InlineData("https://127.0.0.1:9123")]
    public void NothingElseIs(string text)
    {
        var error = Assert.Throws<StackflareException>(() => ListenAddress.Parse(text));
        Assert.Equal(StackflareError.ListenFailed, error.Error);
        Assert.Contains($"'{text}'", error.Problem, StringComparison.Ordinal);
        Assert.Contains("unix:/", error.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void APathThatTheKernelCannotTakeIsRefused() =>
        Assert.Contains("107", Assert.Throws<StackflareException>(() => ListenAddress.Parse("unix:/" + new string('a', 108))).Problem, StringComparison.Ordinal);
}
