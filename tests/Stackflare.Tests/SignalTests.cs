namespace Stackflare.Tests;

public sealed class SignalTests
{
    [Theory]
    [InlineData("SIGUSR1", 10)]
    [InlineData("usr2", 12)]
    [InlineData("SIGQUIT", 3)]
    [InlineData("SIGRTMIN+3", 37)]
    [InlineData("RTMAX-1", 63)]
    [InlineData("64", 64)]
    public void ReadsNamesAndNumbers(string text, int number)
    {
        Signal signal = Signal.Parse(text);
        Assert.Equal(number, signal.Number);
        Assert.Equal(signal, Signal.Parse(signal.ToString()));
    }

    [Theory]
    [InlineData("SIGKILL")]
    [InlineData("SIGSEGV")]
    [InlineData("SIGRTMIN")]
    [InlineData("SIGRTMIN+31")]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("999")]
    [InlineData("")]
    [InlineData("SIGRTMIN+x")]
    public void RefusesWhatCannotAskForADump(string text) =>
        Assert.EndsWith("SIGRTMAX.", Assert.Throws<StackflareException>(() => Signal.Parse(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void ADefaultValueIsSigUsr1()
    {
        Assert.Equal(Signal.Usr1.Number, default(Signal).Number);
        Assert.Equal(Signal.Usr1, default);
    }
}
