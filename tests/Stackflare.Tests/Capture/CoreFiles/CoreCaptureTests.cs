using Stackflare.Capture.CoreFiles;
using Stackflare.Tests.Outputs;

namespace Stackflare.Tests.Capture.CoreFiles;

/// <summary>Cores in which there is nothing to read.</summary>
public sealed class CoreCaptureTests : IDisposable
{
    private readonly TemporaryDirectory _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void AProcessWithoutDotNetIsRefused()
    {
        StackflareException error = Error(new CoreBuilder().Thread(1).Memory(0x1000, new byte[64]));
        Assert.Equal(StackflareError.NotDotNet, error.Error);
    }

    [Fact]
    public void AProgramOfNativeAotIsRefused()
    {
        // A table of strings in a file is enough for the reader of executables.
        byte[] program = new byte[512];
        "\u007fELF\u0002\u0001\u0001"u8.CopyTo(program);
        (program[40], program[60]) = (64, 1);
        (program[64 + 4], program[64 + 24], program[64 + 32]) = (3, 128, 64);
        "\0DotNetRuntimeDebugHeader\0"u8.CopyTo(program.AsSpan(128));
        string path = _folder["program"];
        File.WriteAllBytes(path, program);
        StackflareException error = Error(new CoreBuilder().Thread(1).File(0x1000, 0x2000, path));
        Assert.Equal(StackflareError.NativeAot, error.Error);
    }

    /// <summary>A core can name a large file any number of times. Each search of it takes a while.</summary>
    [Fact]
    public void ALibraryThatIsNamedOftenIsSearchedOnce()
    {
        const int names = 4 << 20;
        byte[] library = new byte[256 + names];
        "\u007fELF\u0002\u0001\u0001"u8.CopyTo(library);
        (library[40], library[60]) = (64, 1);
        (library[64 + 4], library[64 + 25], library[64 + 34]) = (3, 1, names >> 16);
        string path = _folder["library.so"];
        File.WriteAllBytes(path, library);
        var core = new CoreBuilder().Thread(1);
        for (ulong i = 1; i <= 50_000; i++)
            core.File(i << 12, (i + 1) << 12, path);
        Effort effort = Effort.Begin();
        Assert.Equal(StackflareError.NotDotNet, Error(core).Error);
        Assert.InRange(effort.Used.TotalSeconds, 0, 10);
    }

    [Fact]
    public void ACoreThatIsCutShortSaysSo()
    {
        byte[] whole = new CoreBuilder().Thread(1).Memory(0x1000, new byte[64]).Build();
        StackflareException error = Error(whole[..^10]);
        Assert.Equal(StackflareError.InvalidCore, error.Error);
        Assert.Contains("cut short: 10 bytes", error.Problem, StringComparison.Ordinal);
    }

    /// <summary>An update replaces the library while the process runs.</summary>
    [Theory]
    [InlineData("/nowhere/libcoreclr.so")]
    [InlineData("/nowhere/libcoreclr.so (deleted)")]
    public void WithoutTheRuntimesLibraryThereIsNothing(string path)
    {
        StackflareException error = Error(new CoreBuilder().Thread(1).File(0x1000, 0x2000, path));
        Assert.Equal(StackflareError.InvalidCore, error.Error);
        Assert.Contains("library", error.Problem, StringComparison.Ordinal);
    }

    /// <summary>It could have the runtime in it.</summary>
    [Fact]
    public void AProgramThatIsNotThereIsNotCalledAnother()
    {
        byte[] vector = new byte[32];
        (vector[0], vector[8 + 1]) = (3, 0x10);
        byte[] page = ElfBuilder.Library(1)[..0x400];
        StackflareException error = Error(new CoreBuilder().Thread(1).Note(6, vector).File(0x1000, 0x3000, "/nowhere/Shop (deleted)").Memory(0x1000, page[..0x200]));
        Assert.Equal(StackflareError.InvalidCore, error.Error);
        Assert.Contains("program", error.Problem, StringComparison.Ordinal);
    }

    private StackflareException Error(CoreBuilder core) => Error(core.Build());

    private StackflareException Error(byte[] bytes)
    {
        string path = _folder["core"];
        File.WriteAllBytes(path, bytes);
        return Assert.ThrowsAny<StackflareException>(() => CoreCapture.Take(path, DumpLimits.Default, out _));
    }
}
