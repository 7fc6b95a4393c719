using System.Runtime.Versioning;
using Stackflare.Capture;

namespace Stackflare.Tests.Capture;

[SupportedOSPlatform("linux")]
public sealed class RouteDirectoryTests
{
    private static readonly TargetProcess Target = TargetProcess.Inspect(Environment.ProcessId);

    [Fact]
    public void IsOursAloneAndGoesAwayWithWhatIsInIt()
    {
        string probe;
        using (RouteDirectory directory = RouteDirectory.Create(Target))
        {
            probe = directory.WriteProbe("not a library"u8);
            Assert.Equal("not a library", File.ReadAllText(probe));
            using var socket = directory.Listen();
            string path = Path.GetDirectoryName(probe)!;
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(path));
            Assert.False(File.GetUnixFileMode(probe).HasFlag(UnixFileMode.UserWrite));
            Assert.True(File.Exists(directory.SocketAddress));
            directory.RemoveProbe();
            Assert.False(File.Exists(probe));
            Assert.True(Directory.Exists(path));
        }
        Assert.False(Directory.Exists(Path.GetDirectoryName(probe)));
    }

    [Fact]
    public void WhatAKilledToolLeftIsRemoved()
    {
        string abandoned = NewName();
        Directory.CreateDirectory(abandoned);
        File.WriteAllText($"{abandoned}/probe.so", "");
        RouteDirectory.Create(Target).Dispose();
        Assert.False(Directory.Exists(abandoned));
    }

    [Fact]
    public void WhatAnotherToolUsesIsNot()
    {
        using RouteDirectory first = RouteDirectory.Create(Target);
        string probe = first.WriteProbe("in use"u8);
        RouteDirectory.Create(Target).Dispose();
        Assert.True(File.Exists(probe));
    }

    [Fact]
    public void NothingElseIsTouched()
    {
        string other = Path.Combine(Target.TempDirectory, $"stackflare-notes-{Guid.NewGuid():N}"), full = NewName(), link = NewName();
        Directory.CreateDirectory(other);
        Directory.CreateDirectory(full);
        File.WriteAllText($"{full}/something else", "");
        Directory.CreateSymbolicLink(link, other);
        try
        {
            RouteDirectory.Create(Target).Dispose();
            Assert.True(Directory.Exists(other));
            Assert.True(File.Exists($"{full}/something else"));
            Assert.True(Directory.Exists(link));
        }
        finally
        {
            Directory.Delete(link);
            Directory.Delete(other);
            Directory.Delete(full, recursive: true);
        }
    }

    private static string NewName() => Path.Combine(Target.TempDirectory, $"stackflare-{Guid.NewGuid():N}");
}
