using System.Runtime.Versioning;
using Stackflare.Interop;
using Stackflare.Tests.Outputs;

namespace Stackflare.Tests.Interop;

[SupportedOSPlatform("linux")]
public sealed class AtomicFileTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void PiecesBecomeAFile()
    {
        Write("file", "one, "u8.ToArray(), default, "two"u8.ToArray());
        Assert.Equal("one, two", File.ReadAllText(_directory["file"]));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_directory["file"]));
        Assert.Single(Directory.GetFileSystemEntries(_directory.Path));
    }

    [Fact]
    public void AFileThatIsThereIsReplaced()
    {
        File.WriteAllText(_directory["file"], "earlier, and longer");
        using var reader = File.OpenText(_directory["file"]);
        Write("file", "now"u8.ToArray());
        Assert.Equal("now", File.ReadAllText(_directory["file"]));
        // Whoever reads the earlier one reads it to its end.
        Assert.Equal("earlier, and longer", reader.ReadToEnd());
    }

    [Fact]
    public void LongestNameIsNoTrouble()
    {
        string name = new('n', 255);
        Write(name, "x"u8.ToArray());
        Assert.Equal("x", File.ReadAllText(_directory[name]));
    }

    [Fact]
    public void FailureHalfWayLeavesWhatWasThere()
    {
        File.WriteAllText(_directory["file"], "earlier");
        Assert.Throws<InvalidOperationException>(() => AtomicFile.Write(_directory["file"], "It", Failing()));
        Assert.Equal("earlier", File.ReadAllText(_directory["file"]));
        Assert.Throws<InvalidOperationException>(() => AtomicFile.Write(_directory["new"], "It", Failing()));
        Assert.Equal([_directory["file"]], Directory.GetFileSystemEntries(_directory.Path));

        static IEnumerable<ReadOnlyMemory<byte>> Failing()
        {
            yield return "half"u8.ToArray();
            throw new InvalidOperationException();
        }
    }

    [Fact]
    public void FailureToTakeTheNameLeavesNothing()
    {
        // It was not there when it was looked for, and is a directory when the file is to take its place.
        var error = Assert.Throws<OutputException>(() => AtomicFile.Write(_directory["late"], "It", Pieces()));
        Assert.Contains("s a directory", error.Message, StringComparison.Ordinal);
        Assert.Equal([_directory["late"]], Directory.GetFileSystemEntries(_directory.Path));

        IEnumerable<ReadOnlyMemory<byte>> Pieces()
        {
            Directory.CreateDirectory(_directory["late"]);
            yield return "x"u8.ToArray();
        }
    }

    [Fact]
    public void OnlyRegularFilesAreReplaced()
    {
        File.WriteAllText(_directory["target"], "precious");
        File.CreateSymbolicLink(_directory["link"], _directory["target"]);
        File.CreateSymbolicLink(_directory["dangling"], _directory["nothing"]);
        Assert.Equal(0, Native.MakeFifo(_directory["fifo"], 0x180));
        Directory.CreateDirectory(_directory["sub"]);
        string[] before = [.. Directory.GetFileSystemEntries(_directory.Path).Order()];

        Refused("link", "it is a symbolic link");
        Refused("dangling", "it is a symbolic link");
        Refused("fifo", "it is not a regular file");
        Refused("sub", "s a directory");
        Refused("sub/", "s a directory");
        Refused("none/file", "No such file or directory");
        Refused("target/file", "Not a directory");
        Assert.Equal(before, Directory.GetFileSystemEntries(_directory.Path).Order());
        Assert.Equal("precious", File.ReadAllText(_directory["target"]));
    }

    [UnprivilegedFact]
    public void DirectoryMustBeWritable()
    {
        Directory.CreateDirectory(_directory["closed"], UnixFileMode.UserRead | UnixFileMode.UserExecute);
        Refused("closed/file", "Permission denied");
    }

    private void Write(string name, params ReadOnlyMemory<byte>[] pieces) => AtomicFile.Write(_directory[name], "It", pieces);

    private void Refused(string name, string reason) => Assert.Contains(
        reason, Assert.Throws<OutputException>(() => Write(name, "x"u8.ToArray())).Message, StringComparison.Ordinal);
}
