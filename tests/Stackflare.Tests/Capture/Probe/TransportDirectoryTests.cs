using System.Runtime.Versioning;
using Stackflare.Capture.Probe;
using Stackflare.Processes;
using Stackflare.Tests.Outputs;

namespace Stackflare.Tests.Capture.Probe;

[SupportedOSPlatform("linux")]
public sealed class TransportDirectoryTests
{
    private static readonly TargetProcess Target = TargetProcess.Inspect(Environment.ProcessId);

    [Fact]
    public void IsOursAloneAndGoesAwayWithWhatIsInIt()
    {
        string probe;
        using (TransportDirectory directory = TransportDirectory.Create(Target))
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

    /// <summary>By the thread that ends the tool: the one that has the directory may be about to use it.</summary>
    [Fact]
    public void WhenItsFilesAreRemovedByAnotherThreadNoDescriptorIsClosed()
    {
        using TransportDirectory directory = TransportDirectory.Create(Target);
        string path = Path.GetDirectoryName(directory.WriteProbe("not a library"u8))!;
        var thread = new Thread(directory.RemoveFiles);
        thread.Start();
        thread.Join();
        Assert.False(Directory.Exists(path));
        // It is nowhere any more, and nothing else is written to in its place.
        var error = Assert.Throws<IOException>(() => directory.WriteProbe("not a library"u8));
        Assert.Contains("No such file", error.Message, StringComparison.Ordinal);
        directory.Dispose();
        directory.RemoveFiles();
    }

    [Fact]
    public void WhatAKilledToolLeftIsRemoved()
    {
        string abandoned = NewName();
        Directory.CreateDirectory(abandoned);
        File.WriteAllText($"{abandoned}/probe.so", "");
        TransportDirectory.Create(Target).Dispose();
        Assert.False(Directory.Exists(abandoned));
    }

    [Fact]
    public void WhatAnotherToolUsesIsNot()
    {
        using TransportDirectory first = TransportDirectory.Create(Target);
        string probe = first.WriteProbe("in use"u8);
        TransportDirectory.Create(Target).Dispose();
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
            TransportDirectory.Create(Target).Dispose();
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

    /// <summary>What has the directory's name may be another one by then, put there by whoever owns the directory around it.</summary>
    [Fact]
    public void WhatTakesItsPlaceIsNotTouched()
    {
        using var other = new TemporaryDirectory();
        File.WriteAllText(other["probe.so"], "mine");
        File.SetUnixFileMode(other["probe.so"], UnixFileMode.UserRead);
        TransportDirectory directory = TransportDirectory.Create(Target);
        string path = Path.GetDirectoryName(directory.SocketAddress)!, aside = NewName();
        Directory.Move(path, aside);
        Directory.CreateSymbolicLink(path, other.Path);
        try
        {
            directory.WriteProbe("the probe"u8);
            using (directory.Listen())
            {
                Assert.Equal(["probe.so", "s"], Directory.GetFileSystemEntries(aside).Select(Path.GetFileName).Order());
            }
            Assert.Equal(["probe.so"], Directory.GetFileSystemEntries(other.Path).Select(Path.GetFileName));
            Assert.Equal(UnixFileMode.UserRead, File.GetUnixFileMode(other["probe.so"]));
            directory.Dispose();
            Assert.Equal("mine", File.ReadAllText(other["probe.so"]));
            Assert.Empty(Directory.GetFileSystemEntries(aside));
        }
        finally
        {
            File.Delete(path);
            Directory.Delete(aside);
        }
    }

    private static string NewName() => Path.Combine(Target.TempDirectory, $"stackflare-{Guid.NewGuid():N}");
}
