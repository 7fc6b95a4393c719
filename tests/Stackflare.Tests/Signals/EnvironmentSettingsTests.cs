using Stackflare.Signals;

namespace Stackflare.Tests.Signals;

public sealed class EnvironmentSettingsTests
{
    [Fact]
    public void EveryFormatCanBeSetAndIsNamedInTheRemedy()
    {
        string remedy = Assert.Throws<StackflareException>(() => EnvironmentSettings.ParseFormat("xml")).Remedy;
        foreach (var format in Enum.GetValues<DumpFormat>())
        {
            string name = format.ToString().ToLowerInvariant();
            Assert.Equal(format, EnvironmentSettings.ParseFormat(name));
            Assert.Contains(name, remedy, StringComparison.Ordinal);
        }
    }

    /// <summary>A list of formats is none, although two of an enumeration's names make a third one's number.</summary>
    [Theory]
    [InlineData("traceback,json")]
    [InlineData("text,text")]
    [InlineData("2")]
    [InlineData(" json")]
    [InlineData("")]
    public void WhatIsNoNameIsRefused(string text) => Assert.Throws<StackflareException>(() => EnvironmentSettings.ParseFormat(text));
}
