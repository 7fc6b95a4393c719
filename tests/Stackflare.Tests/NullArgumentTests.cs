using Stackflare.Tests.Writers;

namespace Stackflare.Tests;

/// <summary>Null where it has no meaning is an ArgumentNullException that names what is null, at once and not in the middle of a dump.</summary>
public sealed class NullArgumentTests
{
    private static readonly Dictionary<string, Action> Calls = new()
    {
        ["Limits"] = () => _ = new CaptureOptions { Limits = null! },
        ["Output"] = () => _ = new SignalOptions { Output = null! },
        ["Capture"] = () => _ = new SignalOptions { Capture = null! },
        ["Render"] = () => _ = new SignalOptions { Render = null! },
        ["Address"] = () => _ = new ListenOptions { Address = null! },
        ["options"] = () => Flare.Listen(null!),
        ["receiver"] = () => DumpOutput.To(null!),
        ["pattern"] = () => DumpOutput.File(null!),
        ["rotation"] = () => DumpOutput.File("dump", null!),
        ["outputs"] = () => DumpOutput.All(DumpOutput.StandardError, null!),
        ["text"] = () => Signal.Parse(null!),
        ["dump"] = () => Flare.Write(null!, TextWriter.Null),
        ["writer"] = () => Flare.Write(Build.Dump(), (TextWriter)null!),
    };

    public static TheoryData<string> Names => [.. Calls.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void AreRefused(string name) => Assert.Equal(name, Assert.Throws<ArgumentNullException>(Calls[name]).ParamName);

    [Fact]
    public void TheWriterOfADumpThatIsYetToBeTakenIsLookedAtFirst() =>
        Assert.Equal("writer", Assert.Throws<ArgumentNullException>(() => Flare.Dump(null!)).ParamName);

    [Fact]
    public void AModeThatThereIsNotIsRefused() =>
        Assert.Equal("AsyncStacks", Assert.Throws<ArgumentOutOfRangeException>(() => new CaptureOptions { AsyncStacks = (AsyncStackMode)3 }).ParamName);
}
