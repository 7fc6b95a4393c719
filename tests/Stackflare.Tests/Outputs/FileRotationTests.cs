using System.Runtime.Versioning;
using Stackflare.Tests.Writers;

namespace Stackflare.Tests.Outputs;

/// <summary>The limits for the space of dumps, and what they must not touch.</summary>
[SupportedOSPlatform("linux")]
public sealed class FileRotationTests : IDisposable
{
    private static readonly ThreadDump Dump = SampleDumps.Get("ordinary");
    private static readonly string Text = Render.Text(Dump);

    private readonly TemporaryDirectory _directory = new();

    private string[] Names => [.. Directory.GetFileSystemEntries(_directory.Path).Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal)];

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void AFileThatIsFullIsRenamed()
    {
        DumpOutput output = DumpOutput.File(_directory["dump"], new FileRotation { MaxFiles = 3, MaxFileBytes = Text.Length * 5 / 2 });
        output.Validate();
        for (int i = 1; i <= 9; i++)
            Write(output, i);
        Assert.Equal(["dump", "dump.1", "dump.2"], Names);
        Assert.Equal([9], Seconds("dump"));
        Assert.Equal([7, 8], Seconds("dump.1"));
        Assert.Equal([5, 6], Seconds("dump.2"));
        Assert.All(Names, n => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_directory[n])));
    }

    [Fact]
    public void ADumpIsNeverSplit()
    {
        DumpOutput output = DumpOutput.File(_directory["dump"], new FileRotation { MaxFiles = 2, MaxFileBytes = 10 });
        for (int i = 1; i <= 3; i++)
            Write(output, i);
        Assert.Equal(["dump", "dump.1"], Names);
        Assert.Equal([3], Seconds("dump"));
        Assert.Equal([2], Seconds("dump.1"));
    }

    [Fact]
    public void OneFileIsReplaced()
    {
        DumpOutput output = DumpOutput.File(_directory["dump"], new FileRotation { MaxFiles = 1, MaxFileBytes = 10 });
        for (int i = 1; i <= 3; i++)
            Write(output, i);
        Assert.Equal(["dump"], Names);
        Assert.Equal([3], Seconds("dump"));
    }

    [Fact]
    public void TheOldestOfManyFilesAreDeleted()
    {
        string[] others = ["dump-42-notes.txt", "dump-42-20261122T173500.txt", "dump-x-20261122T173500.000Z.txt", "dump-42-20261122T173500.000Z.txt.gz"];
        foreach (string other in others)
            File.WriteAllText(_directory[other], "precious");
        string before = "dump-41-20261122T173459.000Z.txt", link = "dump-40-20261122T173459.000Z.txt", folder = "dump-39-20261122T173459.000Z.txt";
        File.WriteAllText(_directory[before], "an earlier process");
        File.SetLastWriteTimeUtc(_directory[before], new DateTime(2026, 11, 22, 17, 34, 59, DateTimeKind.Utc));
        File.CreateSymbolicLink(_directory[link], _directory[others[0]]);
        Directory.CreateDirectory(_directory[folder]);
        DumpOutput output = DumpOutput.File(_directory["dump-{pid}-{time}.txt"], new FileRotation { MaxFiles = 3 });
        for (int i = 1; i <= 5; i++)
        {
            Write(output, i);
            // The kernel's clock for files ticks every few milliseconds.
            File.SetLastWriteTimeUtc(_directory[$"dump-4242-20261122T17350{i}.123Z.txt"], new DateTime(2026, 11, 22, 17, 35, i, DateTimeKind.Utc));
        }
        Assert.Equal(
            [.. others.Append(link).Append(folder).Concat(Enumerable.Range(3, 3).Select(i => $"dump-4242-20261122T17350{i}.123Z.txt")).Order(StringComparer.Ordinal)], Names);
        Assert.All(others, o => Assert.Equal("precious", File.ReadAllText(_directory[o])));
    }

    /// <summary>A name that somebody else has taken is left alone, and the dump is written.</summary>
    [Fact]
    public void WhatIsNotADumpIsNotReplaced()
    {
        File.WriteAllText(_directory["target"], "precious");
        File.CreateSymbolicLink(_directory["dump.1"], _directory["target"]);
        DumpOutput output = DumpOutput.File(_directory["dump"], new FileRotation { MaxFiles = 2, MaxFileBytes = 10 });
        Write(output, 1);
        Write(output, 2);
        Assert.Equal("precious", File.ReadAllText(_directory["dump.1"]));
        Assert.Equal([1, 2], Seconds("dump"));
    }

    [Fact]
    public void SeveralOutputsAreAllWritten()
    {
        var received = new List<ThreadDump>();
        DumpOutput output = DumpOutput.All(DumpOutput.To(received.Add), DumpOutput.To(_ => throw new FormatException("a fault of the test")), DumpOutput.File(_directory["dump"]));
        var error = Assert.Throws<OutputException>(() => Write(output, 1));
        Assert.Contains("a fault of the test", error.Message, StringComparison.Ordinal);
        Assert.Single(received);
        Assert.Equal([1], Seconds("dump"));
        Assert.Throws<ArgumentException>(() => DumpOutput.All());
        Assert.Throws<OutputException>(() => DumpOutput.All(DumpOutput.StandardError, DumpOutput.File("/nonexistent/dump")).Validate());
    }

    private static void Write(DumpOutput output, int second) =>
        output.Write(Dump with { CapturedAt = new DateTimeOffset(2026, 11, 22, 17, 35, second, 123, TimeSpan.Zero) }, DumpFormat.Text, RenderOptions.Default);

    /// <summary>Of each dump in a file, in their order, the second of its time.</summary>
    private int[] Seconds(string name) =>
        [.. File.ReadAllLines(_directory[name]).Where(l => l.StartsWith("Thread dump of ", StringComparison.Ordinal)).Select(l => int.Parse(l.Split("17:35:")[1].AsSpan(0, 2), null))];
}
