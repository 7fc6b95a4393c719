using System.Runtime.Versioning;
using Stackflare.Interop;
using Stackflare.Outputs;
using Stackflare.Tests.Writers;

namespace Stackflare.Tests.Outputs;

[SupportedOSPlatform("linux")]
public sealed class FileOutputTests : IDisposable
{
    private static readonly ThreadDump Dump = SampleDumps.Get("ordinary");

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void FillsInThePattern()
    {
        var output = DumpOutput.File(_directory["dump-{pid}-{time}.txt"]);
        output.Validate();
        Assert.Empty(Directory.GetFileSystemEntries(_directory.Path));

        Write(output);
        string path = Assert.Single(Directory.GetFileSystemEntries(_directory.Path));
        Assert.Equal("dump-4242-20261122T173500.123Z.txt", Path.GetFileName(path));
        Assert.Equal(Render.Text(Dump), File.ReadAllText(path));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
    }

    [Fact]
    public void AppendsToEarlierDumps()
    {
        var output = DumpOutput.File(_directory["dump"]);
        File.WriteAllText(_directory["dump"], "earlier\n");
        output.Validate();
        Write(output);
        Write(output);
        Assert.Equal("earlier\n" + Render.Text(Dump) + Render.Text(Dump), File.ReadAllText(_directory["dump"]));
    }

    [Fact]
    public void RelativePathIsOfTheTimeOfTheCall() =>
        Assert.Equal(Path.GetFullPath("x"), new PathPattern("x").For(1, DateTimeOffset.UnixEpoch));

    [Theory, InlineData(""), InlineData("  "), InlineData("/tmp/{PID}"), InlineData("/tmp/{date}-{pid}"), InlineData("/tmp/a\0b")]
    public void SlipsInThePatternAreRefused(string pattern) => Assert.Throws<ArgumentException>(() => DumpOutput.File(pattern));

    [Fact]
    public void OtherBracesArePartOfTheName() =>
        Assert.Equal("/tmp/{}{1}{a-b}{7", new PathPattern("/tmp/{}{1}{a-b}{{pid}").For(7, DateTimeOffset.UnixEpoch));

    [Fact]
    public void LinkIsRefused()
    {
        File.WriteAllText(_directory["target"], "precious");
        File.CreateSymbolicLink(_directory["link"], _directory["target"]);
        Refused("link", "it is a symbolic link");
        Assert.Equal("precious", File.ReadAllText(_directory["target"]));

        File.CreateSymbolicLink(_directory["dangling"], _directory["nothing"]);
        Refused("dangling", "it is a symbolic link");
        Assert.False(File.Exists(_directory["nothing"]));
    }

    [Fact]
    public void FifoIsRefusedWithAndWithoutReader()
    {
        Assert.Equal(0, Native.MakeFifo(_directory["fifo"], 0x180));
        Refused("fifo", "it is not a regular file");
        int reader = Native.Open(_directory["fifo"], Native.NonBlocking, 0);
        Refused("fifo", "it is not a regular file");
        Posix.Close(reader);
    }

    [Fact]
    public void DirectoryIsRefused()
    {
        Directory.CreateDirectory(_directory["sub"]);
        Refused("sub", "Is a directory");
        Refused("sub/", "Is a directory");
        Refused("none/", "o such file or directory|s a directory");
    }

    [Fact]
    public void DirectoryMustExist()
    {
        Refused("none/dump", "No such file or directory");
        File.WriteAllText(_directory["file"], "");
        Refused("file/dump", "Not a directory");
    }

    [Fact]
    public void DeviceIsRefused()
    {
        var output = DumpOutput.File("/dev/full");
        Assert.Contains("it is not a regular file", Assert.Throws<OutputException>(output.Validate).Message, StringComparison.Ordinal);
        Assert.Throws<OutputException>(() => Write(output));
    }

    [RootFact]
    public void FileOfAnotherUserIsRefused()
    {
        File.WriteAllText(_directory["theirs"], "");
        Assert.Equal(0, Native.ChangeOwner(_directory["theirs"], 12345, 12345));
        Refused("theirs", "it belongs to another user");
        Assert.Empty(File.ReadAllText(_directory["theirs"]));
    }

    [Fact]
    public void FailedAppendLeavesTheFileAsItWas()
    {
        // A file a few bytes short of the largest one that the file system can have: the kernel takes those few, then no more.
        File.WriteAllText(_directory["huge"], "earlier\n");
        long length = LargestLength(_directory["huge"]) - 10;
        using (var file = File.OpenWrite(_directory["huge"]))
            file.SetLength(length);

        var error = Assert.Throws<OutputException>(() => Write(DumpOutput.File(_directory["huge"])));
        Assert.Equal($"The file '{_directory["huge"]}' cannot be written: File too large.", error.Problem);
        Assert.Equal(length, new FileInfo(_directory["huge"]).Length);
        using var reader = new StreamReader(_directory["huge"]);
        Assert.Equal("earlier", reader.ReadLine());
    }

    [Fact]
    public void FileAtTheProcessLimitIsAnErrorAndNotTheEnd()
    {
        // Without care the kernel would end this process. The limit is so large that no other test can meet it.
        const ulong Limit = 1UL << 40;
        File.WriteAllText(_directory["limited"], "earlier\n");
        using (var file = File.OpenWrite(_directory["limited"]))
            file.SetLength((long)Limit - 10);

        ulong before = Native.LimitFiles(Limit);
        try
        {
            var error = Assert.Throws<OutputException>(() => Write(DumpOutput.File(_directory["limited"])));
            Assert.Contains("File too large", error.Problem, StringComparison.Ordinal);
            Assert.Equal((long)Limit - 10, new FileInfo(_directory["limited"]).Length);
        }
        finally
        {
            Native.LimitFiles(before);
        }
    }

    [UnprivilegedFact]
    public void DirectoryMustBeWritable()
    {
        Directory.CreateDirectory(_directory["locked"], UnixFileMode.UserRead | UnixFileMode.UserExecute);
        Refused("locked/dump", "Permission denied");
        File.WriteAllText(_directory["locked-file"], "");
        File.SetUnixFileMode(_directory["locked-file"], UnixFileMode.UserRead);
        Refused("locked-file", "Permission denied");
    }

    [Theory, InlineData(null), InlineData("earlier\n")]
    public unsafe void WriteThatFailsHalfWayIsTakenBack(string? earlier)
    {
        if (earlier is not null)
            File.WriteAllText(_directory["dump"], earlier);

        // The second of two pages cannot be read: the kernel writes the first, then fails. It does not matter to the file why.
        const int Page = 65536, ReadWrite = 3, PrivateAnonymous = 0x22;
        nint memory = Native.Map(0, 2 * Page, ReadWrite, PrivateAnonymous, -1, 0);
        Assert.Equal(0, Native.Protect(memory + Page, Page, 0));
        Assert.Throws<OutputException>(() => FileOutput.Append(_directory["dump"], new ReadOnlySpan<byte>((void*)memory, 2 * Page)));
        Assert.Equal(0, Native.Unmap(memory, 2 * Page));

        Assert.Equal(earlier, File.Exists(_directory["dump"]) ? File.ReadAllText(_directory["dump"]) : null);
    }

    [Fact]
    public void ReceiverGetsTheDump()
    {
        ThreadDump? received = null;
        Write(DumpOutput.To(d => received = d));
        Assert.Same(Dump, received);
        Assert.Throws<ArgumentNullException>(() => DumpOutput.To(null!));
    }

    [Fact]
    public void ReceiverThatThrowsIsAnOutputError()
    {
        var thrown = new InvalidOperationException("out of paper");
        var error = Assert.Throws<OutputException>(() => Write(DumpOutput.To(_ => throw thrown)));
        Assert.Same(thrown, error.InnerException);
        Assert.Contains("System.InvalidOperationException: out of paper", error.Problem, StringComparison.Ordinal);
    }

    private static void Write(DumpOutput output) => output.Write(Dump, DumpFormat.Text, RenderOptions.Default);

    /// <summary>Refused at registration and again when a dump comes.</summary>
    private void Refused(string name, string reason)
    {
        var output = DumpOutput.File(_directory[name]);
        Assert.Matches(reason, Assert.Throws<OutputException>(output.Validate).Problem);
        var error = Assert.Throws<OutputException>(() => Write(output));
        Assert.Matches(reason, error.Problem);
        Assert.NotEmpty(error.Remedy);
    }

    private static long LargestLength(string path)
    {
        using var file = File.OpenWrite(path);
        long low = 0, high = long.MaxValue;
        while (low < high)
        {
            long middle = low + ((high - low) / 2) + 1;
            try
            {
                file.SetLength(middle);
                low = middle;
            }
            catch (Exception exception) when (exception is IOException or ArgumentException)
            {
                high = middle - 1;
            }
        }
        return low;
    }
}
