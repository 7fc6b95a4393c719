using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using Stackflare.EndToEnd.Cli.Harness;
using Stackflare.EndToEnd.Harness;
using Stackflare.Writers;

namespace Stackflare.EndToEnd.Cli;

/// <summary><c>--redact</c>: nothing that is printed names the program.</summary>
public sealed class RedactTests(StillTarget still) : IClassFixture<StillTarget>
{
    /// <summary>Parts of names, paths and source lines of the target, none of which is a word of Stackflare's own.</summary>
    private static readonly string[] Secrets = ["Stackflare.Targets", "NamedThreads", "a name that the kernel", "a name that the", "Fäden", "Shapes", "tests/Targets", "host.Park", "track.Here", "StartThread", TestPaths.RepositoryRoot];

    public static TheoryData<string> Formats => [.. DumpFormats.Names];

    [Theory, MemberData(nameof(Formats))]
    public async Task NoFormatNamesTheProgram(string format)
    {
        string plain = (await Tool.RunAsync(still.Id, "-f", format, "--all")).Output, redacted = (await Tool.RunAsync(still.Id, "-f", format, "--all", "--redact")).Output;
        // The target's names are what the test takes them for.
        Assert.Contains(Secrets, secret => plain.Contains(secret, StringComparison.Ordinal));
        AssertNoSecret(redacted);
        Assert.Contains("System.Threading.", redacted, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("folded")]
    [InlineData("html")]
    [InlineData("firefox")]
    [InlineData("pprof")]
    public async Task NoRecordingNamesTheProgram(string format)
    {
        using var folder = new TemporaryFolder();
        string file = Path.Combine(folder.Path, "recorded");
        ToolResult result = await Tool.RunAsync("record", still.Id, "-d", "0.5", "--redact", "-f", format, "-o", file);
        Assert.True(result.ExitCode == 0, result.ToString());
        byte[] bytes = await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken);
        using var reader = new StreamReader(format == "pprof" ? new GZipStream(new MemoryStream(bytes), CompressionMode.Decompress) : new MemoryStream(bytes), Encoding.UTF8);
        AssertNoSecret(await reader.ReadToEndAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task ASavedSnapshotIsRedactedWhenItIsShown()
    {
        using var folder = new TemporaryFolder();
        string file = Path.Combine(folder.Path, "a.snapshot");
        Assert.Empty((await Tool.RunAsync(still.Id, "--raw", file)).Output);
        string shown = (await Tool.RunAsync("show", file, "--redact")).Output;
        AssertNoSecret(shown);
        Assert.Contains("\nNote: Redacted: ", shown, StringComparison.Ordinal);
    }

    /// <summary>The program of a thread, as its frames in the JSON have it, is the same in two dumps with one key, and in no two dumps without.</summary>
    [Fact]
    public async Task AKeyGivesANameTheSameReplacementEachTime()
    {
        using var folder = new TemporaryFolder();
        string key = Path.Combine(folder.Path, "key");
        await File.WriteAllBytesAsync(key, RandomNumberGenerator.GetBytes(32), TestContext.Current.CancellationToken);
        string first = await NameAsync("--redact-key", key), random = await NameAsync("--redact");
        Assert.Equal(first, await NameAsync("--redact-key", key));
        Assert.NotEqual(first, random);
        Assert.NotEqual(random, await NameAsync("--redact"));

        async Task<string> NameAsync(params string[] arguments)
        {
            string name = (await Tool.RunAsync([still.Id, "-f", "json", .. arguments])).Json.Root.GetProperty("process").GetProperty("name").GetString()!;
            Assert.StartsWith("_", name, StringComparison.Ordinal);
            return name;
        }
    }

    /// <summary>Threads are selected by their real names, which the output does not have.</summary>
    [Fact]
    public async Task ThreadsAreChosenByTheirNames()
    {
        string text = (await Tool.RunAsync(still.Id, "--redact", "--threads", "kernel would")).Output;
        AssertNoSecret(text);
        Assert.DoesNotContain("kernel would", text, StringComparison.Ordinal);
        Assert.Contains("Only selected threads: 1 of ", text, StringComparison.Ordinal);
        Assert.Contains($" tid={still.Process.Truth.Threads.Single(static t => t.Name!.StartsWith("a name", StringComparison.Ordinal)).OsId} ", text, StringComparison.Ordinal);
    }

    private static void AssertNoSecret(string text) => Assert.All(Secrets, secret => Assert.DoesNotContain(secret, text, StringComparison.Ordinal));
}
