using Stackflare.Processes;

namespace Stackflare.Tests.Processes;

public sealed class MountOptionsTests
{
    private static readonly string[] Mounts =
    [
        "22 1 254:0 / / rw,relatime - ext4 /dev/vda rw",
        "23 22 0:21 / /tmp rw,nosuid,nodev,noexec - tmpfs tmpfs rw",
        "24 23 0:22 / /tmp/build rw,relatime - tmpfs tmpfs rw",
        "25 22 0:23 / /opt rw,relatime - tmpfs tmpfs rw",
        "26 25 0:24 / /opt ro,noexec - tmpfs tmpfs rw",
        "27 22 0:25 /",
    ];

    [Theory]
    [InlineData("/home", false)]
    [InlineData("/tmp", true)]
    [InlineData("/tmp/a/b", true)]
    [InlineData("/tmpfiles", false)] // begins like a mount point and is not in it
    [InlineData("/tmp/build", false)]
    [InlineData("/tmp/build/x", false)]
    [InlineData("/opt/x", true)] // two mounts at one place: the later is what is seen
    public void TheInnermostMountCounts(string directory, bool forbidden) =>
        Assert.Equal(forbidden, MountOptions.ForbidExecution(Mounts, directory));

    [Fact]
    public void NothingIsForbiddenWhereNothingIsKnown() => Assert.False(MountOptions.ForbidExecution(int.MaxValue, "/tmp"));
}
